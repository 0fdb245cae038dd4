extension JSONLineReader {
    mutating func value(depth: Int) throws(HistoryError) -> ValueRef {
        scanner.skipSpace()
        switch scanner.byte {
        case UInt8(ascii: "\""):
            scanner.advance()
            return try string()
        case UInt8(ascii: "["): return try list(depth: depth + 1)
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "n") where scanner.skip("null"): return .null
        case UInt8(ascii: "t") where scanner.skip("true"): return .true
        case UInt8(ascii: "f") where scanner.skip("false"): return .false
        default:
            if let int = scanner.shortInt() { return try builder.int(int) }
            return try builder.value(try scanner.anyNumber())
        }
    }

    /// A string whose opening quote is behind.
    @inline(__always)
    private mutating func string() throws(HistoryError) -> ValueRef {
        if let plain = unsafe try scanner.plainString() { return unsafe try builder.string(plain) }
        return try builder.string(try scanner.escapedString())
    }

    private mutating func enter(_ depth: Int) throws(HistoryError) {
        guard depth <= JSONScanner.deepest else { throw scanner.error("more than \(JSONScanner.deepest) levels") }
        scanner.advance()
    }

    private mutating func list(depth: Int) throws(HistoryError) -> ValueRef {
        try enter(depth)
        let mark = builder.begin()
        if !scanner.take(UInt8(ascii: "]")) {
            repeat {
                // Long lists are lists of whole numbers.
                if let int = scanner.shortInt() {
                    builder.push(try builder.int(int))
                } else {
                    builder.push(try value(depth: depth))
                }
            } while scanner.take(UInt8(ascii: ","))
            guard scanner.take(UInt8(ascii: "]")) else { throw scanner.error("',' or ']' is missing") }
        }
        return try builder.list(from: mark)
    }

    private mutating func object(depth: Int) throws(HistoryError) -> ValueRef {
        try enter(depth)
        let mark = builder.begin()
        if !scanner.take(UInt8(ascii: "}")) {
            repeat {
                guard scanner.take(UInt8(ascii: "\"")) else { throw scanner.error("a name is missing") }
                builder.push(try string())
                guard scanner.take(UInt8(ascii: ":")) else { throw scanner.error("':' is missing") }
                builder.push(try value(depth: depth))
            } while scanner.take(UInt8(ascii: ","))
            guard scanner.take(UInt8(ascii: "}")) else { throw scanner.error("',' or '}' is missing") }
        }
        return try builder.object(from: mark)
    }
}
