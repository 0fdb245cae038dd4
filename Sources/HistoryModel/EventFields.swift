/// What a line has said of its event.
struct EventFields {
    /// Where unknown keys and their values start on the builder's stack.
    let mark: Int
    var row = EventRow(process: .nemesis, type: .info, function: FunctionID(0))
    /// One bit for each field that was there.
    private var seen: UInt16 = 0
    /// One bit for each field that was there and was not null.
    private var isSaid: UInt16 = 0

    init(mark: Int) { self.mark = mark }

    @inline(__always)
    mutating func note(_ field: EventField, isNull: Bool) throws(HistoryError) {
        let bit: UInt16 = 1 << field.number
        guard seen & bit == 0 else { throw HistoryError(.badField, "'\(field.rawValue)' is there twice") }
        seen |= bit
        if !isNull { isSaid |= bit }
    }

    @inline(__always)
    func complete() throws(HistoryError) -> EventRow {
        let required = EventField.type.bit | EventField.f.bit | EventField.process.bit
        guard isSaid & required == required else { throw missing() }
        return row
    }

    private func missing() -> HistoryError {
        let needed: [EventField] = [.type, .f, .process]
        let field = needed.first { isSaid & $0.bit == 0 } ?? .type
        return HistoryError(.missingField, "'\(field.rawValue)' is missing")
    }
}

/// The keys that a line may have; all others are metadata.
enum EventField: String {
    case index, time, process, type, f, key, value, node, error, meta

    @inline(__always)
    var number: UInt16 {
        switch self {
        case .index: 0
        case .time: 1
        case .process: 2
        case .type: 3
        case .f: 4
        case .key: 5
        case .value: 6
        case .node: 7
        case .error: 8
        case .meta: 9
        }
    }

    var bit: UInt16 { 1 << number }
}

extension JSONScanner {
    /// Moves over a known key with its closing quote; the opening one is behind.
    @inline(__always)
    mutating func field() -> EventField? {
        switch byte {
        case UInt8(ascii: "p"): skip("process\"") ? .process : nil
        case UInt8(ascii: "t"): skip("type\"") ? .type : skip("time\"") ? .time : nil
        case UInt8(ascii: "f"): skip("f\"") ? .f : nil
        case UInt8(ascii: "k"): skip("key\"") ? .key : nil
        case UInt8(ascii: "v"): skip("value\"") ? .value : nil
        case UInt8(ascii: "i"): skip("index\"") ? .index : nil
        case UInt8(ascii: "n"): skip("node\"") ? .node : nil
        case UInt8(ascii: "e"): skip("error\"") ? .error : nil
        case UInt8(ascii: "m"): skip("meta\"") ? .meta : nil
        default: nil
        }
    }
}
