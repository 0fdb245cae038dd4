public import HistoryModel

/// Accounts between which money is transferred, as one object: `transfer` of `{"from": a, "to": b, "amount": n}`, which
/// fails where an account would be overdrawn, and `read`, which answers all balances by account.
///
/// Accounts are named by texts or by whole numbers. A bank cannot be judged account by account.
public struct BankModel: SequentialModel {
    public let initial: [String: Int64]
    public let functions: Set<Call.Function> = [.transfer, .read]
    private let allowsOverdraft: Bool

    /// Accounts with what is in each at first. With `allowsOverdraft` balances may be negative.
    public init(accounts: [String: Int64], allowsOverdraft: Bool = false) {
        initial = accounts
        self.allowsOverdraft = allowsOverdraft
    }

    public func step(_ state: [String: Int64], _ call: Call) -> [String: Int64]? {
        switch call.function {
        case .read: return call.result.map { Self.balances($0) == state } ?? true ? state : nil
        case .transfer: return transferred(call.argument, state)
        default: return nil
        }
    }

    /// What a transfer answers says nothing.
    public func call(_ operation: HistoryModel.Operation) -> Call {
        var call = Call(operation)
        if call.function == .transfer { call.result = nil }
        return call
    }

    public func object(of operation: HistoryModel.Operation) -> Value { .null }

    public func size(of state: [String: Int64]) -> Int { state.count }

    private func transferred(_ transfer: Value, _ state: [String: Int64]) -> [String: Int64]? {
        guard let from = transfer["from"].flatMap(Self.name), let to = transfer["to"].flatMap(Self.name),
            let amount = transfer["amount"]?.int, let balance = state[from], state[to] != nil,
            allowsOverdraft || balance >= amount
        else { return nil }
        var state = state
        state[from, default: 0] &-= amount
        state[to, default: 0] &+= amount
        return state
    }

    /// What a read shows; `nil` if it shows no balances.
    private static func balances(_ answer: Value) -> [String: Int64]? {
        guard case .object(let members) = answer else { return nil }
        var balances: [String: Int64] = [:]
        for member in members {
            guard let balance = member.value.int, balances[member.name] == nil else { return nil }
            balances[member.name] = balance
        }
        return balances
    }

    private static func name(_ account: Value) -> String? { account.string ?? account.int.map { String($0) } }
}
