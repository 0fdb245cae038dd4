extension HistoryBuilder {
    /// Appends an event and pairs it.
    ///
    /// Throws, with the line, and leaves the builder as it was: `twoOpenInvocations`, `completionWithoutInvocation`,
    /// `completionOfAnother` (another function or key than the process' open invocation), `duplicateIndex`,
    /// `indexRunsBackwards` (gaps are fine), `timeRunsBackwards`, `missingField` for a time that only some events have,
    /// `badField` for a negative process or index and for a time further than 2^62 ns (146 years) from zero, and `tooLarge`
    /// beyond 2^30 events.
    ///
    /// A process that goes on after `info` is accepted: its earlier operation stays open, and a new session begins.
    public mutating func append(_ row: EventRow, line: Int? = nil) throws(HistoryError) {
        guard lines.count < Self.eventLimit else {
            throw HistoryError(.tooLarge, line: line, "more than \(Self.eventLimit) events")
        }
        let index = row.index ?? lastIndex &+ 1
        let time = row.time ?? Int64(lines.count)
        guard index > lastIndex, time >= lastTime, (row.time != nil) != lines.times.isEmpty || lines.count == 0,
            time.magnitude <= Self.farthestTime
        else {
            throw misplaced(row, index, time, line)
        }
        switch row.process {
        case .nemesis: addNemesis(row, index, time)
        case .client(let number):
            guard number >= 0 else { throw HistoryError(.badField, line: line, "process \(number) is negative") }
            if row.type == .invoke {
                try invoke(row, number, line)
            } else {
                try complete(row, number, line)
            }
        }
        stamp(row, index, time)
    }

    /// Appends an event, whose time does not count without `hasTime`; throws as the other `append` does.
    public mutating func append(_ event: Event, line: Int? = nil, hasTime: Bool = true) throws(HistoryError) {
        let row = EventRow(
            process: event.process, type: event.type, function: try function(event.f),
            key: try event.key.map { key throws(HistoryError) in try self.key(key) } ?? .none,
            value: try value(event.value),
            node: try event.node.map { node throws(HistoryError) in try self.node(node) } ?? .none,
            error: try event.error.map { error throws(HistoryError) in try string(error) } ?? .null,
            meta: try value(event.meta), index: event.index, time: hasTime ? event.time : nil)
        try append(row, line: line)
    }

    private func misplaced(_ row: EventRow, _ index: Int, _ time: Int64, _ line: Int?) -> HistoryError {
        if index < 0 { return HistoryError(.badField, line: line, "index \(index) is negative") }
        if index == lastIndex { return HistoryError(.duplicateIndex, line: line, "index \(index) is there twice") }
        if index < lastIndex {
            return HistoryError(.indexRunsBackwards, line: line, "index \(index) comes after \(lastIndex)")
        }
        if (row.time != nil) == lines.times.isEmpty, lines.count > 0 {
            return HistoryError(.missingField, line: line, "'time' must be in all lines or in none")
        }
        if time.magnitude > Self.farthestTime {
            return HistoryError(.badField, line: line, "time \(time) is more than 2^62 ns from zero")
        }
        return HistoryError(.timeRunsBackwards, line: line, "time \(time) comes after \(lastTime)")
    }

    private mutating func invoke(_ row: EventRow, _ number: Int, _ line: Int?) throws(HistoryError) {
        let process = processes.place(number)
        if process == open.count { open.append(-1) }
        guard open[process] < 0 else {
            let earlier = lines.index(Int(columns.invocation[Int(open[process])]))
            throw HistoryError(
                .twoOpenInvocations, line: line,
                "process \(number) invokes \(functions[Int(row.function.number)]) while operation \(earlier) is open"
            )
        }
        let ordinal = columns.count
        open[process] = Int32(truncatingIfNeeded: ordinal)
        columns.append(row, process: process, position: lines.count)
        lines.subject.append(Int32(truncatingIfNeeded: ordinal << 1))
    }

    private mutating func complete(_ row: EventRow, _ number: Int, _ line: Int?) throws(HistoryError) {
        guard let process = processes.find(number), open[process] >= 0 else {
            throw HistoryError(
                .completionWithoutInvocation, line: line,
                "process \(number) completes \(functions[Int(row.function.number)]), which it has not invoked")
        }
        let ordinal = Int(open[process])
        guard columns.function[ordinal] == row.function, row.key == .none || columns.key[ordinal] == row.key else {
            throw HistoryError(
                .completionOfAnother, line: line,
                "process \(number) invoked \(words(columns.function[ordinal], columns.key[ordinal])) and completes "
                    + words(row.function, row.key))
        }
        open[process] = -1
        columns.complete(ordinal, row, position: lines.count)
        if row.key != columns.key[ordinal] { lines.isKeyless.append(1, row: lines.count) }
        lines.subject.append(Int32(truncatingIfNeeded: ordinal << 1 | 1))
    }

    private func words(_ function: FunctionID, _ key: KeyID) -> String {
        let name = functions[Int(function.number)]
        return key == .none ? name : "\(name) of \"\(keys[Int(key.number)])\""
    }

    private mutating func addNemesis(_ row: EventRow, _ index: Int, _ time: Int64) {
        lines.subject.append(~Int32(truncatingIfNeeded: nemesis.events.count))
        nemesis.append(
            Event(
                index: index, time: time, process: .nemesis, type: row.type, f: functions[Int(row.function.number)],
                key: row.key == .none ? nil : keys[Int(row.key.number)], value: values.value(row.value),
                node: row.node == .none ? nil : nodes[Int(row.node.number)], error: values.string(row.error),
                meta: values.value(row.meta)))
    }

    /// Takes down what every event has.
    private mutating func stamp(_ row: EventRow, _ index: Int, _ time: Int64) {
        let position = lines.subject.count - 1
        if !lines.indices.isEmpty || index != position { appendIndex(index, position) }
        if !lines.instants.isEmpty || time == lastTime { appendInstant(time, position) }
        if row.time != nil { lines.times.append(time) }
        lastIndex = index
        lastTime = time
        guard row.process != .nemesis else { return }
        if row.node != .none { lines.nodes.append(UInt32(bitPattern: row.node.number), row: position) }
        if !row.error.isNull { lines.errors.append(row.error.bits, row: position) }
        if !row.meta.isNull { lines.metas.append(row.meta.bits, row: position) }
    }

    private mutating func appendIndex(_ index: Int, _ position: Int) {
        if lines.indices.isEmpty { lines.indices = Array(0..<position) }
        lines.indices.append(index)
    }

    private mutating func appendInstant(_ time: Int64, _ position: Int) {
        if lines.instants.isEmpty { lines.instants = (0..<position).map { Int32(truncatingIfNeeded: $0) } }
        let last = lines.instants.last ?? 0
        lines.instants.append(position == 0 || time == lastTime ? last : last + 1)
    }
}
