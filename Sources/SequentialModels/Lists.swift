public import HistoryModel

/// A list with `append` and `read`, which returns all elements in order; an empty list may read as `null`.
public struct ListModel: SequentialModel {
    public let initial: [Value] = []
    public let functions: Set<Call.Function> = [.append, .read]

    public init() {}

    public func step(_ state: [Value], _ call: Call) -> [Value]? {
        switch call.function {
        case .append: return state + [call.argument]
        case .read:
            guard let result = call.result else { return state }
            return (result.isNull ? [] : result.list) == state ? state : nil
        default: return nil
        }
    }

    public func size(of state: [Value]) -> Int { state.count }

    public func values(in call: Call) -> [Value] {
        call.function == .append ? [call.argument] : call.result?.list ?? []
    }

    public func without(_ values: Set<Value>, _ call: Call) -> Call? {
        if call.function == .append { return values.contains(call.argument) ? nil : call }
        var call = call
        if let elements = call.result?.list { call.result = .list(elements.filter { !values.contains($0) }) }
        return call
    }
}

/// A text with `put`, which replaces it, `append`, and `get`; empty at first, and an empty text may be got as `null`.
public struct TextModel: SequentialModel {
    public let initial = ""
    public let functions: Set<Call.Function> = ["put", .append, "get"]

    public init() {}

    public func step(_ state: String, _ call: Call) -> String? {
        switch call.function {
        case "put": return call.argument.string
        case .append: return call.argument.string.map { state + $0 }
        case "get":
            guard let result = call.result else { return state }
            return (result.isNull ? "" : result.string) == state ? state : nil
        default: return nil
        }
    }

    public func call(_ operation: HistoryModel.Operation) -> Call {
        var call = Call(operation)
        if call.function != "get" { call.result = nil }
        return call
    }

    public func isRead(_ call: Call) -> Bool { call.function == "get" }

    /// In units of sixteen characters.
    public func size(of state: String) -> Int { 1 + state.utf8.count / 16 }
}
