import HistoryModel

/// What a bank promises beside the sum of all balances.
public struct BankRules: Hashable, Sendable {
    /// The sum of all balances; `nil`: what most reads show.
    public var total: Int64?
    /// Whether an account may be overdrawn.
    public var allowsNegativeBalances: Bool

    public init(total: Int64? = nil, allowsNegativeBalances: Bool = false) {
        self.total = total
        self.allowsNegativeBalances = allowsNegativeBalances
    }
}

/// Transfers between accounts change no total: every read of all accounts shows the same sum, and no balance below zero
/// unless that is allowed. What a transfer's outcome was does not matter: the sum is the same with it and without.
///
/// A read answers with an object, balances by account, or with pairs, or is a transaction of reads. Where an `open` says
/// what was in the accounts, a read that shows none of them may have seen the time before; a final one may not.
struct Bank {
    private let history: History
    private let rules: BankRules
    private var draft: VerdictDraft

    /// One answered read of accounts.
    private struct Statement {
        var operation: Int
        var total: Int128
        var accounts: Int
        /// Of these, those that have a balance.
        var balances = 0
        var least: (account: String, balance: Int64)?
        /// An account without a balance.
        var missing: String?
    }

    static func draft(_ history: History, _ options: CheckOptions) -> VerdictDraft {
        Bank(history, options).draft
    }

    private init(_ history: History, _ options: CheckOptions) {
        self.history = history
        rules = options.bank
        draft = VerdictDraft(.bank, options, algorithm: "sums of the balances that reads show (exact)")
        let functions = history.functions
        let columns = history.columns
        let opens = functions.contains("open")
        var statements: [KeyID: [Statement]] = [:]
        for ordinal in 0..<columns.count {
            let function = functions[Int(columns.function[ordinal].number)]
            if function == "transfer", columns.outcome[ordinal] == .ok { draft.count("transfers") }
            guard function == "read" || function == "txn", columns.outcome[ordinal] == .ok else { continue }
            guard let statement = statement(ordinal) else {
                draft.doubt("operation \(history.operations[ordinal].index) shows no balances of accounts")
                continue
            }
            let isBefore = opens && statement.balances == 0 && !history.isFinal(ordinal)
            if statement.accounts > 0, !isBefore { statements[columns.key[ordinal], default: []].append(statement) }
        }
        for (_, bank) in statements.sorted(by: { $0.key.number < $1.key.number }) { check(bank) }
    }

    private func statement(_ ordinal: Int) -> Statement? {
        guard let balances = balances(history.columns.answer[ordinal]) else { return nil }
        var statement = Statement(operation: ordinal, total: 0, accounts: balances.count)
        for (account, balance) in balances {
            if balance.isNull {
                statement.missing = statement.missing ?? account
                continue
            }
            guard let balance = history.values.int(balance) else { return nil }
            statement.total += Int128(balance)
            statement.balances += 1
            if balance < statement.least?.balance ?? 0 { statement.least = (account, balance) }
        }
        return statement
    }

    /// Accounts and balances of an answer; `nil` if it shows none.
    private func balances(_ answer: ValueRef) -> [(account: String, balance: ValueRef)]? {
        let values = history.values
        if answer.isNull { return [] }
        if answer.isObject { return values.members(answer).map { (values.string($0.name) ?? "", $0.value) } }
        guard let parts = values.elements(answer) else { return nil }
        var balances: [(account: String, balance: ValueRef)] = []
        for part in parts {
            guard let pair = values.elements(part), let balance = pair.last, pair.count == 2 || pair.count == 3,
                pair.count == 2 || values.string(pair[pair.startIndex]) == "r",
                let account = MicroRead.keyName(values.value(pair[pair.endIndex - 2]))
            else { return nil }
            balances.append((account, balance))
        }
        return balances
    }

    private mutating func check(_ statements: [Statement]) {
        let whole = statements.filter { $0.missing == nil }
        let all = whole.map(\.accounts).max() ?? 0
        // A transaction may read some of the accounts only.
        let full = whole.filter { $0.accounts == all }
        let total = rules.total.map { Int128($0) } ?? Self.commonest(full.map(\.total))
        draft.count("totals-read", full.count)
        let fitting = full.first { $0.total == total }
        for statement in statements {
            if let account = statement.missing {
                report(.missingBalance, nil, statement, "account \(account) has no balance")
            } else if statement.accounts == all, let total, statement.total != total {
                report(
                    .wrongTotal, rules.total == nil ? fitting : nil, statement,
                    "the balances add up to \(statement.total) instead of \(total)")
            }
            if !rules.allowsNegativeBalances, let least = statement.least {
                report(
                    .negativeBalance, nil, statement, "account \(least.account) has \(least.balance)")
            }
        }
    }

    /// Of several that are as common the first.
    private static func commonest(_ totals: [Int128]) -> Int128? {
        var counts: [Int128: Int] = [:]
        for total in totals { counts[total, default: 0] += 1 }
        let most = counts.values.max()
        return totals.first { counts[$0] == most }
    }

    private mutating func report(
        _ kind: Anomaly.Kind, _ earlier: Statement?, _ statement: Statement, _ detail: String
    ) {
        let operation = history.operations[statement.operation]
        let known = earlier.map { [Anomaly.Step(history.operations[$0.operation].index, .orderWitness)] } ?? []
        draft.report(
            Anomaly(
                kind, key: operation.key, known + [Anomaly.Step(operation.index, .violatingRead)], detail: detail))
    }
}
