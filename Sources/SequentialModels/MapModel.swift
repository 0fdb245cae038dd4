public import HistoryModel

/// Registers and lists by key as one object: `read`, `write` and `cas [old, new]` of single registers, `read` and `append` of
/// single lists, and `txn`, a list of `["r", key, value]`, `["w", key, value]` and `["append", key, value]` that take effect
/// at once. Registers are absent, `null`, at first; an empty list may read as `null`.
///
/// With transactions this is strict serializability. Without any, keys can be judged apart, which is much faster.
public struct MapModel: SequentialModel {
    public let initial: [String: Value] = [:]
    public let functions: Set<Call.Function> = [.read, .write, .cas, .append, .txn]
    private let lists: Set<String>

    /// Keys that are lists; all others are registers.
    public init(lists: Set<String> = []) { self.lists = lists }

    public func step(_ state: [String: Value], _ call: Call) -> [String: Value]? {
        guard let steps = steps(call) else { return nil }
        var state = state
        for step in steps {
            if let seen = step.seen, state[step.key] ?? step.absent != seen { return nil }
            if let written = step.written { state[step.key] = written.isNull ? nil : written }
            if let appended = step.appended { state[step.key] = .list((state[step.key]?.list ?? []) + [appended]) }
        }
        return state
    }

    public func call(_ operation: HistoryModel.Operation) -> Call {
        var call = Call(operation)
        call.key = operation.key
        return call
    }

    public func object(of operation: HistoryModel.Operation) -> Value { .null }

    public func isRead(_ call: Call) -> Bool { steps(call)?.allSatisfy { !$0.isUpdate } ?? false }

    public func size(of state: [String: Value]) -> Int {
        state.count + lists.reduce(0) { $0 + (state[$1]?.list?.count ?? 0) }
    }

    public func values(in call: Call) -> [Value] { (steps(call) ?? []).flatMap(\.values) }

    /// What neither saw nor wrote one of the values; without the value it compares with, a cas always succeeds. Lists that
    /// were read lose their elements.
    public func without(_ values: Set<Value>, _ call: Call) -> Call? {
        guard let steps = steps(call) else { return call }
        let kept = steps.indices.filter { !steps[$0].isAbout(values) }
        if call.function == .cas, kept.isEmpty, let written = steps[0].written,
            !values.contains(steps[0].pair(written))
        {
            return Call(.write, key: call.key, written)
        }
        guard !kept.isEmpty else { return nil }
        var call = call
        if call.function == .txn {
            let micros = Value.list(kept.map { steps[$0].without(values).micro })
            call.argument = call.result.map { _ in .null } ?? micros
            call.result = call.result.map { _ in micros }
        } else if call.function == .read {
            call.result = steps[0].without(values).seen
        }
        return call
    }

    /// What is done to one key.
    private struct Step {
        var key: String
        var isList: Bool
        /// What it must hold; `nil` if nobody knows, or cares. Of a list that is a list.
        var seen: Value?
        var written: Value?
        var appended: Value?

        var isUpdate: Bool { written != nil || appended != nil }
        /// What it holds at first.
        var absent: Value { isList ? [] : .null }

        func pair(_ value: Value) -> Value { [.string(key), value] }

        /// A list that was read is about its elements.
        var values: [Value] {
            let held = isList ? (seen?.list ?? []) : seen.map { [$0] } ?? []
            return (held + [written, appended].compactMap(\.self)).map(pair)
        }

        /// Whether nothing of it is left without these values: reads of lists only lose elements.
        func isAbout(_ values: Set<Value>) -> Bool {
            [isList ? .none : seen, written, appended].contains { $0.map { values.contains(pair($0)) } ?? false }
        }

        func without(_ values: Set<Value>) -> Step {
            guard isList, let elements = seen?.list else { return self }
            var step = self
            step.seen = .list(elements.filter { !values.contains(pair($0)) })
            return step
        }

        var micro: Value {
            if let written { return ["w", .string(key), written] }
            if let appended { return ["append", .string(key), appended] }
            return ["r", .string(key), seen ?? .null]
        }
    }

    /// The steps of a call; `nil` if it makes no sense.
    private func steps(_ call: Call) -> [Step]? {
        guard call.function != .txn else { return transactionSteps(call) }
        let key = call.key ?? ""
        let isList = lists.contains(key)
        switch call.function {
        case .read: return seen(key, call.result).map { [$0] }
        case .write where !isList: return [Step(key: key, isList: false, written: call.argument)]
        case .append where isList: return [Step(key: key, isList: true, appended: call.argument)]
        case .cas where !isList:
            guard let pair = call.argument.list, pair.count == 2 else { return nil }
            return [Step(key: key, isList: false, seen: pair[0], written: pair[1])]
        default: return nil
        }
    }

    private func transactionSteps(_ call: Call) -> [Step]? {
        guard let micros = (call.result ?? call.argument).list else { return nil }
        var steps: [Step] = []
        for micro in micros {
            guard let parts = micro.list, parts.count == 3, let key = parts[1].keyName else { return nil }
            let isList = lists.contains(key)
            switch parts[0].string {
            case "r":
                guard let step = seen(key, call.result.map { _ in parts[2] }) else { return nil }
                steps.append(step)
            case "w" where !isList: steps.append(Step(key: key, isList: false, written: parts[2]))
            case "append" where isList: steps.append(Step(key: key, isList: true, appended: parts[2]))
            default: return nil
            }
        }
        return steps
    }

    /// A read; `nil` if it shows what a list never holds.
    private func seen(_ key: String, _ value: Value?) -> Step? {
        let isList = lists.contains(key)
        guard isList, let value else { return Step(key: key, isList: isList, seen: value) }
        guard value.isNull || value.list != nil else { return nil }
        return Step(key: key, isList: true, seen: value.isNull ? [] : value)
    }
}
