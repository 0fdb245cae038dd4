/// Numbers that do not fit into a reference, each stored once.
struct NumberTable: Sendable {
    /// What the bits of a number are.
    enum Kind: UInt8 {
        case int, double
        /// The number of its digits in the table of these: it is beyond 64 bits.
        case digits
    }

    private var bits: [UInt64] = []
    private var kinds: [Kind] = []
    private var digits = InternTable()
    /// Open addressing: the place plus one; 0 is free.
    private var slots = [UInt32](repeating: 0, count: 16)

    /// The place of a number, new if it has none yet; `tooLarge` where `limit` are there already.
    mutating func place(_ number: UInt64, _ kind: Kind, limit: Int) throws(HistoryError) -> Int {
        var slot = Self.start(number, kind, slots.count)
        while slots[slot] != 0 {
            let place = Int(slots[slot]) - 1
            if bits[place] == number, kinds[place] == kind { return place }
            slot = (slot + 1) & (slots.count - 1)
        }
        guard bits.count < limit else {
            throw HistoryError(.tooLarge, "more than \(limit) different large numbers")
        }
        bits.append(number)
        kinds.append(kind)
        slots[slot] = UInt32(truncatingIfNeeded: bits.count)
        if 4 * bits.count > 3 * slots.count { grow() }
        return bits.count - 1
    }

    func find(_ number: UInt64, _ kind: Kind) -> Int? {
        var slot = Self.start(number, kind, slots.count)
        while slots[slot] != 0 {
            let place = Int(slots[slot]) - 1
            if bits[place] == number, kinds[place] == kind { return place }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// The place of a whole number beyond 64 bits, by its digits.
    mutating func place(digits text: String, limit: Int) throws(HistoryError) -> Int {
        try place(UInt64(try digits.number(text, limit: limit)), .digits, limit: limit)
    }

    func find(digits text: String) -> Int? { digits.find(text).flatMap { find(UInt64($0), .digits) } }

    subscript(place: Int) -> Value {
        switch kinds[place] {
        case .int: .int(Int64(bitPattern: bits[place]))
        case .double: .double(Double(bitPattern: bits[place]))
        case .digits: .digits(digits[Int(bits[place])])
        }
    }

    private static func start(_ number: UInt64, _ kind: Kind, _ size: Int) -> Int {
        Int(truncatingIfNeeded: ByteWords.hash(kind == .int ? number : ~number)) & (size - 1)
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: 2 * slots.count)
        for place in bits.indices {
            var slot = Self.start(bits[place], kinds[place], slots.count)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(truncatingIfNeeded: place + 1)
        }
    }
}
