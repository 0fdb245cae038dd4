public import HistoryModel

/// A set to which elements are added and that is read as a whole; reads list the elements in any order.
///
/// An absent set reads as `null`, which is the same as the empty list.
public struct GrowOnlySetModel: SequentialModel {
    public let initial: Set<Value> = []
    public let functions: Set<Call.Function> = [.read, .add]

    public init() {}

    public func step(_ state: Set<Value>, _ call: Call) -> Set<Value>? {
        var state = state
        return apply(call, to: &state) ? state : nil
    }

    public func apply(_ call: Call, to state: inout Set<Value>) -> Bool {
        switch call.function {
        case .read:
            guard let result = call.result else { return true }
            guard let elements = Self.elements(result) else { return false }
            return elements.count == state.count && elements.allSatisfy(state.contains)
        case .add:
            state.insert(call.argument)
            return true
        default: return false
        }
    }

    public func size(of state: Set<Value>) -> Int { state.count }

    public func values(in call: Call) -> [Value] {
        call.function == .add ? [call.argument] : call.result?.list ?? []
    }

    public func without(_ values: Set<Value>, _ call: Call) -> Call? {
        if call.function == .add { return values.contains(call.argument) ? nil : call }
        var call = call
        if let elements = call.result?.list { call.result = .list(elements.filter { !values.contains($0) }) }
        return call
    }

    /// The elements of an answer, `nil` if it is no set: no list, or a list that names an element twice.
    private static func elements(_ answer: Value) -> [Value]? {
        if answer.isNull { return [] }
        guard let list = answer.list, Set(list).count == list.count else { return nil }
        return list
    }
}
