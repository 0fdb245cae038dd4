import HistoryModel
import SequentialModels

/// Keys that a model that comes along judges: leases, deques and banks, which are told by their functions, and locks without
/// owner where they are asked for.
struct KeyedModels {
    private(set) var objects: [ModelledObject] = []
    private let history: History
    private let columns: OperationColumns

    /// What is done to one key.
    private struct Use {
        var key: String?
        var functions: Set<String> = []
        /// The ordinals of those that did not fail.
        var operations: [Int] = []
    }

    private static let leases: Set = ["acquire", "renew", "release"]
    private static let locks: Set = ["acquire", "release", "lock", "unlock"]
    private static let deques: Set = [
        "push-front", "push-back", "pop-front", "pop-back", "peek-front", "peek-back",
    ]
    private static let banks: Set = ["transfer", "open", "read", "txn"]

    /// Functions that no object has but those that are judged so.
    static let functions: Set = deques.union(["renew"])

    init(_ history: History, _ model: OperationModel) {
        self.history = history
        columns = history.columns
        let signs = Self.functions.union(["transfer", "open"])
        guard model == .ownerlessLock || !signs.isDisjoint(with: history.functions) else { return }
        let uses = uses()
        let hasLeases = uses.contains { $0.functions.contains("renew") }
        for use in uses {
            let kind: ModelledObject.Kind? =
                if model == .ownerlessLock {
                    use.functions.isSubset(of: Self.locks) ? .ownerlessLock : nil
                } else if use.functions.isSubset(of: Self.deques) {
                    .deque
                } else if use.functions.isSubset(of: Self.leases), hasLeases {
                    .lease
                } else {
                    Self.isBank(use.functions) ? .bank : nil
                }
            if let kind { add(kind, use) }
        }
        for place in objects.indices where objects[place].kind == .bank { refuseSingleAccounts(place, uses) }
    }

    private static func isBank(_ functions: Set<String>) -> Bool {
        functions.contains("transfer") || functions.contains("open") && functions.isSubset(of: banks)
    }

    /// By key, in the order in which they first come up.
    private func uses() -> [Use] {
        var uses: [Use] = []
        var places: [KeyID: Int] = [:]
        for ordinal in 0..<columns.count {
            let function = function(ordinal)
            guard function != "dump" else { continue }
            let key = columns.key[ordinal]
            if places[key] == nil {
                places[key] = uses.count
                uses.append(Use(key: key == .none ? nil : history.keys[Int(key.number)]))
            }
            guard let place = places[key] else { continue }
            uses[place].functions.insert(function)
            if columns.outcome[ordinal] != .fail { uses[place].operations.append(ordinal) }
        }
        return uses
    }

    private func function(_ ordinal: Int) -> String { history.functions[Int(columns.function[ordinal].number)] }

    private mutating func add(_ kind: ModelledObject.Kind, _ use: Use) {
        var object = ModelledObject(kind, [use.key])
        for ordinal in use.operations {
            let operation = history.operations[ordinal]
            let call =
                switch kind {
                case .deque: Self.deque(operation)
                case .lease: Self.lease(operation)
                case .ownerlessLock: Self.lock(operation)
                case .bank: bank(operation, &object.keys)
                case .map: Told.problem("is of no one key")
                }
            switch call {
            case .call(let call): object.add(ordinal, call)
            case .problem(let problem): object.note("operation \(operation.index) \(problem)")
            case .nothing: break
            }
        }
        objects.append(object)
    }

    /// Accounts that are read or written one by one, too, are no bank's alone.
    private mutating func refuseSingleAccounts(_ place: Int, _ uses: [Use]) {
        let accounts = objects[place].keys.dropFirst()
        for use in uses where use.key != nil && accounts.contains(use.key) {
            guard let first = use.operations.first else { continue }
            objects[place].note(
                "operation \(history.operations[first].index) is '\(function(first))' of one of its accounts")
        }
    }
}

// MARK: - What operations did

extension KeyedModels {
    /// What an operation did, or why it cannot be judged.
    private enum Told {
        case call(Call)
        case problem(String)
        /// It says nothing and changes nothing.
        case nothing
    }

    private static func deque(_ operation: HistoryModel.Operation) -> Told {
        let call = Call(operation)
        let puts = call.function == .pushFront || call.function == .pushBack
        return puts && call.argument.isNull ? .problem("puts in null") : .call(call)
    }

    private static func lock(_ operation: HistoryModel.Operation) -> Told {
        let isAcquisition = ["acquire", "lock"].contains(operation.f)
        let token = isAcquisition && operation.outcome == .ok ? operation.result.int : nil
        return .call(Call(isAcquisition ? .acquire : .release, result: token.map(Value.int)))
    }

    private static func lease(_ operation: HistoryModel.Operation) -> Told {
        var call = LeaseModel().call(operation)
        guard call.function != .acquire else {
            if call.argument.isNull { return .problem("is an acquire that names no owner") }
            if call.result.map(\.isNull) ?? false { call.result = .none }
            let hasToken = call.result.map { $0.int != nil } ?? true
            return hasToken ? .call(call) : .problem("got a token that is no whole number in 64 bits")
        }
        guard let lease = call.argument.list, lease.count == 2, !lease[0].isNull, lease[1].int != nil else {
            return .problem("is a \(operation.f) without [owner, token]")
        }
        return .call(call)
    }

    /// What was done to a bank; its accounts become keys.
    private func bank(_ operation: HistoryModel.Operation, _ keys: inout [String?]) -> Told {
        func note(_ account: String?) {
            if let account, !keys.dropFirst().contains(account) { keys.append(account) }
        }
        switch operation.f {
        case "transfer":
            let (from, to) = (operation.argument["from"]?.keyName, operation.argument["to"]?.keyName)
            let amount = operation.argument["amount"]?.int
            guard from != nil, to != nil, let amount, amount >= 0 else {
                return .problem("is a transfer without from, to and an amount")
            }
            note(from)
            note(to)
            return .call(Call(.transfer, operation.argument))
        case "open":
            guard let pairs = Self.balances(operation.argument), pairs.allSatisfy({ $0.list?[1].int != nil }) else {
                return .problem("opens no accounts")
            }
            for pair in pairs { note(pair.list?[0].string) }
            return .call(Call(.open, .list(pairs)))
        case "read", "txn":
            if operation.f == "txn" {
                guard let reads = MicroRead.all(operation.argumentRef, history.values) else {
                    return .problem("is a txn that does more than read")
                }
                for read in reads { note(read.key) }
            }
            guard operation.outcome == .ok, !operation.result.isNull else { return .nothing }
            let pairs = Self.balances(operation.result)
            return pairs.map { .call(Call(.read, result: .list($0))) } ?? .problem("shows no balances of accounts")
        default: return .problem("is '\(operation.f)', and a bank has open, transfer and read")
        }
    }

    /// Pairs of account and balance, a whole number or `null`; `nil` if there is anything else.
    private static func balances(_ value: Value) -> [Value]? {
        if case .object(let members) = value {
            let areBalances = members.allSatisfy { $0.value.isNull || $0.value.int != nil }
            return areBalances ? members.map { [.string($0.name), $0.value] } : nil
        }
        var pairs: [Value] = []
        for part in value.list ?? [.null] {
            guard let pair = part.list, pair.count == 2 || pair.count == 3 && pair[0] == "r",
                let balance = pair.last,
                let account = pair[pair.count - 2].keyName, balance.isNull || balance.int != nil
            else { return nil }
            pairs.append([.string(account), balance])
        }
        return pairs
    }
}
