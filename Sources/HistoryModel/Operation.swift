/// An invocation with its completion, if there was one: a view into a history.
public struct Operation: Sendable {
    let storage: HistoryStorage
    /// Its place in `History.operations`.
    public let ordinal: Int
}

extension Operation {
    /// The history that it stands in.
    public var history: History { History(storage: storage) }

    /// Who did it.
    public var process: ProcessID { .client(storage.clients[Int(storage.columns.process[ordinal])]) }

    public var invocation: EventView { EventView(storage: storage, ordinal: ordinal, isCompletion: false) }

    /// `nil` while open at the end of the history: the same as `info`.
    public var completion: EventView? {
        guard storage.columns.completion[ordinal] >= 0 else { return nil }
        return EventView(storage: storage, ordinal: ordinal, isCompletion: true)
    }

    /// The index of the invocation, by which evidence names an operation.
    public var index: Int { storage.lines.index(Int(storage.columns.invocation[ordinal])) }

    public var f: String { storage.functions[Int(storage.columns.function[ordinal].number)] }

    public var key: String? { storage.name(storage.columns.key[ordinal]) }

    /// How it ended; an operation that is still open counts as `info`.
    public var outcome: EventType { storage.columns.outcome[ordinal] }

    /// What was asked: the value that is written, `[old, new]` of a `cas`, `null` of a read.
    public var argument: Value { storage.values.value(storage.columns.argument[ordinal]) }

    /// The same as a reference: nothing is made.
    public var argumentRef: ValueRef { storage.columns.argument[ordinal] }

    /// What an `ok` operation brought back; `null` for the others.
    public var result: Value { storage.values.value(resultRef) }

    /// The same as a reference: nothing is made.
    public var resultRef: ValueRef { outcome == .ok ? storage.columns.answer[ordinal] : .null }

    /// The node that answered or, failing that, was asked.
    public var node: String? { completion?.node ?? invocation.node }

    /// What the system said beside the value.
    public var meta: Value { completion?.meta ?? .null }
}

extension Operation: Hashable {
    /// Equal if what was asked and what came of it are, in whatever history.
    public static func == (left: Operation, right: Operation) -> Bool {
        left.storage === right.storage && left.ordinal == right.ordinal
            || left.invocation.event == right.invocation.event && left.completion?.event == right.completion?.event
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(invocation.event)
        hasher.combine(completion?.event)
    }
}

/// One end of an operation: what its event says, read from the history one by one.
public struct EventView: Sendable {
    let storage: HistoryStorage
    let ordinal: Int
    let isCompletion: Bool

    /// The place among the events.
    public var position: Int {
        Int(isCompletion ? storage.columns.completion[ordinal] : storage.columns.invocation[ordinal])
    }
    public var index: Int { storage.lines.index(position) }
    /// Nanoseconds since the start of the run.
    public var time: Int64 { storage.lines.time(position) }
    public var process: ProcessID { .client(storage.clients[Int(storage.columns.process[ordinal])]) }
    public var type: EventType { isCompletion ? storage.columns.outcome[ordinal] : .invoke }
    public var f: String { storage.functions[Int(storage.columns.function[ordinal].number)] }
    public var key: String? {
        storage.lines.isKeyless[position] == 1 ? nil : storage.name(storage.columns.key[ordinal])
    }
    public var value: Value {
        storage.values.value(isCompletion ? storage.columns.answer[ordinal] : storage.columns.argument[ordinal])
    }
    public var node: String? {
        storage.name(NodeID(Int32(bitPattern: storage.lines.nodes[position])))
    }
    public var error: String? { storage.values.string(ValueRef(bits: storage.lines.errors[position])) }
    public var meta: Value { storage.values.value(ValueRef(bits: storage.lines.metas[position])) }

    /// The event by itself.
    public var event: Event {
        Event(
            index: index, time: time, process: process, type: type, f: f, key: key, value: value, node: node,
            error: error, meta: meta)
    }
}
