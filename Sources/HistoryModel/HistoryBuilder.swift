/// Makes a history event by event, from names and values as they stand in a file: no `Event` and no `Value` is made.
///
/// ```swift
/// var builder = HistoryBuilder()
/// let write = try builder.function("write")
/// let x = try builder.key("x")
/// try builder.append(
///     EventRow(process: .client(0), type: .invoke, function: write, key: x, value: try builder.int(1)), line: 1)
/// let history = builder.finish()
/// ```
///
/// A list is put together from the inside: `let mark = builder.begin()`, then `push` for each element (which may itself
/// be a list made in between), then `list(from: mark)`; an object the same way from names and values in turn.
public struct HistoryBuilder: ~Copyable {
    var columns = OperationColumns()
    var lines = LineColumns()
    var values = ValueStore()
    var functions = InternTable()
    var keys = InternTable()
    var nodes = InternTable()
    var processes = ProcessTable()
    /// By process: its open operation, -1 for none.
    var open: [Int32] = []
    /// Elements of lists that are not complete yet.
    var pending = ValueStack()
    var nemesis = NemesisRecord()
    var lastTime = Int64.min
    var lastIndex = -1

    /// Twice an operation's ordinal must fit 32 bits.
    static var eventLimit: Int { 1 << 30 }

    /// Differences of times must fit 64 bits.
    static var farthestTime: UInt64 { 1 << 62 }

    public init() {}

    /// Makes room for so many events beforehand: arrays that grow are copied.
    public mutating func reserve(events: Int) {
        let events = min(max(events, 0), Self.eventLimit)
        columns.reserve(events / 2 + 1)
        lines.subject.reserveCapacity(events)
        lines.times.reserveCapacity(events)
    }

    /// How many events were appended.
    public var count: Int { lines.count }

    /// The history of the events that were appended.
    public consuming func finish() -> History {
        History(
            storage: HistoryStorage(
                columns: columns, values: values, lines: lines, clients: processes.clients,
                functions: Array(Names(table: functions)), keys: Names(table: keys), nodes: Names(table: nodes),
                nemesis: nemesis.events, faultWindows: nemesis.windows))
    }
}

// MARK: Names

extension HistoryBuilder {
    /// The number of a function's name in UTF-8.
    @inline(__always)
    public mutating func function(_ utf8: UnsafeRawBufferPointer) throws(HistoryError) -> FunctionID {
        FunctionID(UInt16(truncatingIfNeeded: unsafe try functions.number(utf8, limit: 1 << 16)))
    }

    public mutating func function(_ name: String) throws(HistoryError) -> FunctionID {
        FunctionID(UInt16(truncatingIfNeeded: try functions.number(name, limit: 1 << 16)))
    }

    /// The number of a key's name in UTF-8.
    @inline(__always)
    public mutating func key(_ utf8: UnsafeRawBufferPointer) throws(HistoryError) -> KeyID {
        KeyID(Int32(truncatingIfNeeded: unsafe try keys.number(utf8, limit: 1 << 31)))
    }

    public mutating func key(_ name: String) throws(HistoryError) -> KeyID {
        KeyID(Int32(truncatingIfNeeded: try keys.number(name, limit: 1 << 31)))
    }

    /// The number of a node's name in UTF-8.
    @inline(__always)
    public mutating func node(_ utf8: UnsafeRawBufferPointer) throws(HistoryError) -> NodeID {
        NodeID(Int32(truncatingIfNeeded: unsafe try nodes.number(utf8, limit: 1 << 31)))
    }

    public mutating func node(_ name: String) throws(HistoryError) -> NodeID {
        NodeID(Int32(truncatingIfNeeded: try nodes.number(name, limit: 1 << 31)))
    }
}

// MARK: Values

extension HistoryBuilder {
    @inline(__always)
    public mutating func int(_ int: Int64) throws(HistoryError) -> ValueRef {
        if let small = ValueRef(smallInt: int) { return small }
        return try values.wide(int)
    }

    public mutating func double(_ double: Double) throws(HistoryError) -> ValueRef { try values.double(double) }

    /// A string in UTF-8; throws `badSyntax` if it is none.
    @inline(__always)
    public mutating func string(_ utf8: UnsafeRawBufferPointer) throws(HistoryError) -> ValueRef {
        ValueRef(string: unsafe try values.strings.number(utf8, limit: ValueRef.stringLimit))
    }

    public mutating func string(_ string: String) throws(HistoryError) -> ValueRef {
        ValueRef(string: try values.strings.number(string, limit: ValueRef.stringLimit))
    }

    /// Starts a list or an object; the mark is what its end takes.
    @inline(__always)
    public func begin() -> Int { pending.count }

    /// Adds an element to the innermost list, or a name or a value to the innermost object.
    @inline(__always)
    public mutating func push(_ element: ValueRef) { pending.push(element) }

    /// A list of all that was pushed since the mark.
    public mutating func list(from mark: Int) throws(HistoryError) -> ValueRef {
        unsafe try pending.pop(from: mark) { elements throws(HistoryError) in unsafe try values.addList(elements) }
    }

    /// An object of the names (strings) and values that were pushed in turn since the mark.
    public mutating func object(from mark: Int) throws(HistoryError) -> ValueRef {
        unsafe try pending.pop(from: mark) { elements throws(HistoryError) in unsafe try values.addObject(elements)
        }
    }

    /// Any value, however deep.
    public mutating func value(_ value: Value) throws(HistoryError) -> ValueRef {
        switch value {
        case .null: return .null
        case .bool(let bool): return bool ? .true : .false
        case .int(let int): return try self.int(int)
        case .double(let double): return try self.double(double)
        case .digits(let digits): return try values.wide(digits)
        case .string(let string): return try self.string(string)
        case .list(let elements):
            let mark = begin()
            for element in elements { push(try self.value(element)) }
            return try list(from: mark)
        case .object(let members):
            let mark = begin()
            for member in members {
                push(try string(member.name))
                push(try self.value(member.value))
            }
            return try object(from: mark)
        }
    }

    /// What a reference stands for.
    public func value(of ref: ValueRef) -> Value { values.value(ref) }
}

extension HistoryBuilder {
    /// Metadata with more members, whose names and values were pushed since the mark.
    ///
    /// Metadata that is no object becomes the member `meta` of one.
    mutating func meta(_ meta: ValueRef, and mark: Int) throws(HistoryError) -> ValueRef {
        let more = unsafe pending.pop(from: mark) { unsafe Array($0) }
        if meta.isObject {
            for member in values.members(meta) {
                push(member.name)
                push(member.value)
            }
        } else if !meta.isNull {
            push(try string("meta"))
            push(meta)
        }
        for element in more { push(element) }
        return try object(from: mark)
    }
}
