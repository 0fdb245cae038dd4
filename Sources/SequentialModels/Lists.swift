public import HistoryModel

/// A list with `append`, `read`, which returns all elements in order, and `write`, which replaces it by another list; an
/// empty list may read as `null`.
public struct ListModel: SequentialModel {
    public let initial: [Value] = []
    public let functions: Set<Call.Function> = [.append, .read, .write]

    public init() {}

    public func step(_ state: [Value], _ call: Call) -> [Value]? {
        var state = state
        return apply(call, to: &state) ? state : nil
    }

    public func apply(_ call: Call, to state: inout [Value]) -> Bool {
        switch call.function {
        case .append: state.append(call.argument)
        case .write:
            guard let list = call.argument.list else { return false }
            state = list
        case .read:
            guard let result = call.result else { return true }
            return (result.isNull ? [] : result.list) == state
        default: return false
        }
        return true
    }

    public func size(of state: [Value]) -> Int { state.count }

    public func values(in call: Call) -> [Value] {
        switch call.function {
        case .append: [call.argument]
        case .write: call.argument.list ?? []
        default: call.result?.list ?? []
        }
    }

    public func without(_ values: Set<Value>, _ call: Call) -> Call? {
        if call.function == .append { return values.contains(call.argument) ? nil : call }
        var call = call
        if call.function == .write, let elements = call.argument.list {
            call.argument = .list(elements.filter { !values.contains($0) })
        }
        if let elements = call.result?.list { call.result = .list(elements.filter { !values.contains($0) }) }
        return call
    }
}

/// A text with `put`, which replaces it, `append`, and `get`; empty at first, and an empty text may be got as `null`. `write`
/// and `read` are other names of `put` and `get`.
public struct TextModel: SequentialModel {
    public let initial = ""
    public let functions: Set<Call.Function> = ["put", .write, .append, "get", .read]

    public init() {}

    public func step(_ state: String, _ call: Call) -> String? {
        var state = state
        return apply(call, to: &state) ? state : nil
    }

    public func apply(_ call: Call, to state: inout String) -> Bool {
        switch call.function {
        case "put", .write:
            guard let text = call.argument.string else { return false }
            state = text
        case .append:
            guard let text = call.argument.string else { return false }
            state.append(text)
        case "get", .read:
            guard let result = call.result else { return true }
            return (result.isNull ? "" : result.string) == state
        default: return false
        }
        return true
    }

    public func call(_ operation: HistoryModel.Operation) -> Call {
        var call = Call(operation)
        if !isRead(call) { call.result = nil }
        return call
    }

    public func isRead(_ call: Call) -> Bool { call.function == "get" || call.function == .read }

    /// In units of sixteen characters.
    public func size(of state: String) -> Int { 1 + state.utf8.count / 16 }
}
