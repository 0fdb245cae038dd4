/// A fault's time in the history, from `fault-start` to `fault-end`.
public struct FaultWindow: Hashable, Sendable {
    /// The fault's name in the plan.
    public var fault: String
    /// Its kind: `kill`, `pause`, `partition`, ...
    public var kind: String
    /// Position of its first event.
    public var startIndex: Int
    /// Nanoseconds from the start of the run.
    public var start: Int64
    /// `nil` if it was never healed in the history.
    public var end: Int64?

    public init(fault: String, kind: String, startIndex: Int, start: Int64, end: Int64?) {
        self.fault = fault
        self.kind = kind
        self.startIndex = startIndex
        self.start = start
        self.end = end
    }
}

/// The events of a run in order, paired and known to be well formed.
///
/// Stored by columns, some fifty bytes an operation: names are interned and values are 32-bit references. `operations`
/// and `events` are views made on demand; loops over millions of operations read `columns`, `values` and the instants
/// instead. Made by a `HistoryBuilder`, or from events. Copies share their storage.
public struct History: Sendable {
    @usableFromInline let storage: HistoryStorage

    init(storage: HistoryStorage) { self.storage = storage }

    /// Pairs invocations with completions; without `hasTimes` the times of the events do not count, and their order does.
    ///
    /// Throws `HistoryError`, with an event's place from 1 as its line, for all that `HistoryBuilder.append` refuses.
    public init(_ events: [Event], hasTimes: Bool = true) throws(HistoryError) {
        var builder = HistoryBuilder()
        builder.reserve(events: events.count)
        for (position, event) in events.enumerated() {
            try builder.append(event, line: position + 1, hasTime: hasTimes)
        }
        self = builder.finish()
    }
}

extension History {
    /// The clients' operations by invocation.
    public var operations: Operations { Operations(storage: storage) }

    /// All events in the order of the lines.
    public var events: Events { Events(storage: storage) }

    /// What the nemesis said, in order.
    public var nemesis: [Event] { storage.nemesis }

    public var faultWindows: [FaultWindow] { storage.faultWindows }

    /// The operations by columns.
    @inlinable
    public var columns: OperationColumns { storage.columns }

    /// What the references in the columns stand for.
    @inlinable
    public var values: ValueStore { storage.values }

    /// The numbers of the clients, by the places that the process column holds.
    public var clients: [Int] { storage.clients }

    /// The functions, by the numbers of their `FunctionID`.
    public var functions: [String] { storage.functions }

    /// The keys, by the numbers of their `KeyID`.
    public var keys: Names { storage.keys }

    /// The nodes, by the numbers of their `NodeID`.
    public var nodes: Names { storage.nodes }

    /// What an `ok` operation brought back; `null` for the others.
    @inlinable
    public func result(_ ordinal: Int) -> ValueRef {
        storage.columns.outcome[ordinal] == .ok ? storage.columns.answer[ordinal] : .null
    }

    /// When an operation was invoked, as an *instant*: the rank of that time among the different times of the history.
    ///
    /// Equal times are equal instants, and operations with such ends are concurrent. Where a history has no times, the
    /// place of the event.
    @inlinable
    public func call(_ ordinal: Int) -> Int32 {
        storage.lines.instant(storage.columns.invocation[ordinal])
    }

    /// The instant at which an `ok` or `fail` operation returned; `Int32.max` for those whose end nobody knows.
    @inlinable
    public func ret(_ ordinal: Int) -> Int32 {
        guard storage.columns.outcome[ordinal] != .info else { return .max }
        return storage.lines.instant(storage.columns.completion[ordinal])
    }

    /// The instant of an operation's completion, however it ended; `Int32.max` while open.
    @inlinable
    public func end(_ ordinal: Int) -> Int32 {
        let completion = storage.columns.completion[ordinal]
        return completion < 0 ? .max : storage.lines.instant(completion)
    }

    /// The metadata of an operation's invocation and of its completion, `null` where there is none.
    public func metas(_ ordinal: Int) -> (invocation: ValueRef, completion: ValueRef) {
        let completion = storage.columns.completion[ordinal]
        return (
            ValueRef(bits: storage.lines.metas[Int(storage.columns.invocation[ordinal])]),
            completion < 0 ? .null : ValueRef(bits: storage.lines.metas[Int(completion)])
        )
    }

    /// Which operation an event's index belongs to; `nil` if it is none's.
    public func ordinal(ofIndex index: Int) -> Int? {
        let lines = storage.lines
        let position = lines.indices.isEmpty ? index : lines.indices.partitioningIndex { $0 >= index }
        guard position >= 0, position < lines.count, lines.index(position) == index else { return nil }
        let subject = lines.subject[position]
        return subject < 0 ? nil : Int(subject >> 1)
    }
}

extension History: Hashable {
    /// Equal if all events are.
    public static func == (left: History, right: History) -> Bool {
        left.storage === right.storage || left.events.elementsEqual(right.events)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(events.count)
        hasher.combine(events.first)
        hasher.combine(events.last)
    }
}
