extension ReportValue {
    public static func number(_ value: UInt64) -> ReportValue { .number(Int64(clamping: value)) }

    /// The member of an object with that name; `nil` where there is none.
    public subscript(name: String) -> ReportValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    public var text: String? { if case .string(let text) = self { text } else { nil } }
    public var integer: Int64? { if case .number(let number) = self { number } else { nil } }
}

extension Position {
    /// As reports have it: before the first entry a node is on the first timeline already.
    var reportedTimeline: ReportValue { .number(UInt64(max(1, timeline))) }
}

extension StoredRow {
    /// `[key, value]`.
    var report: ReportValue { .list([.bytes(key), value.report]) }
}

extension StoredValue {
    var report: ReportValue {
        switch self {
        case .register(let bytes): .bytes(bytes)
        case .set(let elements), .list(let elements): .list(elements.map { .bytes($0) })
        case .reservation(let value): .bytes(value.holder)
        }
    }
}

extension LogEntry {
    /// One entry for `log`.
    var report: ReportValue {
        .object(
            [.init("timeline", .number(UInt64(position.timeline))), .init("lsn", .number(lsn))] + change.report)
    }
}

extension Change {
    fileprivate var report: [ReportValue.Member] {
        switch self {
        case .noop: Self.report("noop")
        case .put(let key, let value): Self.report("put", key, .init("value", .bytes(value)))
        case .delete(let key): Self.report("delete", key)
        case .increment(let key, let amount): Self.report("increment", key, .init("by", .number(amount)))
        case .add(let key, let elements): Self.report("add", key, Self.elements(elements))
        case .remove(let key, let elements): Self.report("remove", key, Self.elements(elements))
        case .append(let key, let elements): Self.report("append", key, Self.elements(elements))
        case .reserve(let slot, let holder, _): Self.report("reserve", slot, .init("value", .bytes(holder)))
        case .batch(let changes):
            Self.report("batch", nil, .init("changes", .list(changes.map { .object($0.report) })))
        case .statement(let record): Self.report("statement", nil, .init("text", .bytes(record.text)))
        case .pages(let pages):
            Self.report("pages", nil, .init("numbers", .list(pages.map { .number(Int64($0.number)) })))
        case .timeline(let parent): Self.report("timeline", nil, .init("parent", .string("\(parent)")))
        }
    }

    private static func report(
        _ name: String, _ key: [UInt8]? = nil, _ more: ReportValue.Member? = nil
    ) -> [ReportValue.Member] {
        var members = [ReportValue.Member("change", .string(name))]
        if let key { members.append(.init("key", .bytes(key))) }
        if let more { members.append(more) }
        return members
    }

    private static func elements(_ elements: [[UInt8]]) -> ReportValue.Member {
        .init("elements", .list(elements.map { .bytes($0) }))
    }
}
