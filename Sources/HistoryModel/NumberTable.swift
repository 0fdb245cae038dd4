/// Numbers that do not fit into a reference, each stored once.
struct NumberTable: Sendable {
    /// The bits of each number.
    private var bits: [UInt64] = []
    private var isDouble: [Bool] = []
    /// Open addressing: the place plus one; 0 is free.
    private var slots = [UInt32](repeating: 0, count: 16)

    /// The place of a whole number or of a double, new if it has none yet; `tooLarge` where `limit` are there already.
    mutating func place(_ number: UInt64, isDouble kind: Bool, limit: Int) throws(HistoryError) -> Int {
        var slot = Self.start(number, kind, slots.count)
        while slots[slot] != 0 {
            let place = Int(slots[slot]) - 1
            if bits[place] == number, isDouble[place] == kind { return place }
            slot = (slot + 1) & (slots.count - 1)
        }
        guard bits.count < limit else {
            throw HistoryError(.tooLarge, "more than \(limit) different large numbers")
        }
        bits.append(number)
        isDouble.append(kind)
        slots[slot] = UInt32(truncatingIfNeeded: bits.count)
        if 4 * bits.count > 3 * slots.count { grow() }
        return bits.count - 1
    }

    func find(_ number: UInt64, isDouble kind: Bool) -> Int? {
        var slot = Self.start(number, kind, slots.count)
        while slots[slot] != 0 {
            let place = Int(slots[slot]) - 1
            if bits[place] == number, isDouble[place] == kind { return place }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    subscript(place: Int) -> Value {
        isDouble[place] ? .double(Double(bitPattern: bits[place])) : .int(Int64(bitPattern: bits[place]))
    }

    private static func start(_ number: UInt64, _ kind: Bool, _ size: Int) -> Int {
        Int(truncatingIfNeeded: ByteWords.hash(kind ? ~number : number)) & (size - 1)
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: 2 * slots.count)
        for place in bits.indices {
            var slot = Self.start(bits[place], isDouble[place], slots.count)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(truncatingIfNeeded: place + 1)
        }
    }
}
