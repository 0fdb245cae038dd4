import HistoryModel
import SequentialModels

/// Accounts between which money is transferred, of which nobody need say what was in them at first: as long as no read has
/// shown an account, only what came in and went out is known of it.
///
/// `transfer {"from", "to", "amount"}`, `read` that answers pairs of account and balance, of all accounts or some, and
/// `open` of such pairs, before which there is no account.
struct LedgerModel: SequentialModel {
    /// One account.
    enum Account: Hashable, Sendable {
        case absent
        /// What came in less what went out, and what must have been there at first at least.
        case unread(change: Int128, least: Int128)
        case holds(Int128)
    }

    /// Accounts that nobody has touched are not in it.
    let initial: [String: Account] = [:]
    let functions: Set<Call.Function> = [.transfer, .read, .open]
    /// Whether accounts are opened; they are there from the beginning otherwise.
    let areOpened: Bool
    let allowsOverdraft: Bool

    private var untouched: Account { areOpened ? .absent : .unread(change: 0, least: .min) }

    func step(_ state: [String: Account], _ call: Call) -> [String: Account]? {
        var state = state
        switch call.function {
        case .transfer:
            guard let from = call.argument["from"]?.keyName, let to = call.argument["to"]?.keyName,
                let amount = call.argument["amount"]?.int, let less = taking(Int128(amount), state[from])
            else { return nil }
            state[from] = less
            guard let more = adding(Int128(amount), state[to]) else { return nil }
            state[to] = more
        case .read:
            for (account, balance) in Self.pairs(call.result) {
                guard let shown = showing(balance, state[account]) else { return nil }
                state[account] = shown == untouched ? nil : shown
            }
        case .open:
            for (account, balance) in Self.pairs(call.argument) {
                guard let balance else { return nil }
                state[account] = .holds(Int128(balance))
            }
        default: return nil
        }
        return state
    }

    /// The first read of an account tells what was in it.
    func isRead(_ call: Call) -> Bool { areOpened && call.function == .read }

    func size(of state: [String: Account]) -> Int { state.count }

    private func taking(_ amount: Int128, _ account: Account?) -> Account? {
        switch account ?? untouched {
        case .absent: nil
        case .unread(let change, let least):
            .unread(change: change - amount, least: allowsOverdraft ? least : max(least, amount - change))
        case .holds(let balance): allowsOverdraft || balance >= amount ? .holds(balance - amount) : nil
        }
    }

    private func adding(_ amount: Int128, _ account: Account?) -> Account? {
        switch account ?? untouched {
        case .absent: nil
        case .unread(let change, let least): .unread(change: change + amount, least: least)
        case .holds(let balance): .holds(balance + amount)
        }
    }

    /// The account after it was read, `nil` for absent; `nil` if that cannot be.
    private func showing(_ balance: Int64?, _ account: Account?) -> Account? {
        guard let balance else { return account == nil || account == .absent ? .absent : nil }
        switch account ?? untouched {
        case .absent: return nil
        case .unread(let change, let least):
            return Int128(balance) - change >= least ? .holds(Int128(balance)) : nil
        case .holds(let held): return held == Int128(balance) ? account : nil
        }
    }

    private static func pairs(_ value: Value?) -> [(account: String, balance: Int64?)] {
        (value?.list ?? []).compactMap { pair in
            pair.list.flatMap { $0.count == 2 ? ($0[0].keyName ?? "", $0[1].int) : nil }
        }
    }
}
