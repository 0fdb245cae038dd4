/// A set of small numbers: the slots of operations that are under way.
protocol SlotSet: Equatable, Sendable {
    /// Numbers are below this.
    static var capacity: Int { get }
    /// The empty set.
    init()
    init(_ slot: Int)
    var isEmpty: Bool { get }
    /// The lowest number; only of sets that are not empty.
    var lowest: Int { get }
    /// Equal sets have equal hashes.
    var hash: UInt64 { get }
    func contains(_ slot: Int) -> Bool
    mutating func insert(_ slot: Int)
    mutating func remove(_ slot: Int)
    func union(_ other: Self) -> Self
    func intersection(_ other: Self) -> Self
    func subtracting(_ other: Self) -> Self
}

extension SlotSet {
    /// Takes out the lowest number.
    @inline(__always)
    mutating func removeLowest() -> Int {
        let slot = lowest
        remove(slot)
        return slot
    }
}

/// Up to 64 slots, which is enough for nearly all histories.
struct SmallSlotSet: SlotSet {
    private var bits: UInt64

    static var capacity: Int { 64 }

    init() { bits = 0 }
    init(_ slot: Int) { bits = 1 &<< UInt64(slot) }

    var isEmpty: Bool { bits == 0 }
    var lowest: Int { bits.trailingZeroBitCount }
    var hash: UInt64 { bits &* 0x9E37_79B9_7F4A_7C15 }

    func contains(_ slot: Int) -> Bool { bits &>> UInt64(slot) & 1 != 0 }
    mutating func insert(_ slot: Int) { bits |= 1 &<< UInt64(slot) }
    mutating func remove(_ slot: Int) { bits &= ~(1 &<< UInt64(slot)) }
    mutating func removeLowest() -> Int {
        let slot = lowest
        bits &= bits &- 1
        return slot
    }

    func union(_ other: Self) -> Self { Self(bits | other.bits) }
    func intersection(_ other: Self) -> Self { Self(bits & other.bits) }
    func subtracting(_ other: Self) -> Self { Self(bits & ~other.bits) }

    private init(_ bits: UInt64) { self.bits = bits }
}

/// Up to 512 slots.
struct LargeSlotSet: SlotSet {
    private var words: SIMD8<UInt64>

    static var capacity: Int { 512 }

    init() { words = SIMD8(repeating: 0) }
    init(_ slot: Int) {
        words = SIMD8(repeating: 0)
        insert(slot)
    }

    var isEmpty: Bool { words == SIMD8(repeating: 0) }
    var lowest: Int {
        for index in 0..<8 where words[index] != 0 { return index * 64 + words[index].trailingZeroBitCount }
        preconditionFailure("an empty set has no lowest number")
    }
    var hash: UInt64 {
        var hash: UInt64 = 0
        for index in 0..<8 { hash = (hash ^ words[index]) &* 0x9E37_79B9_7F4A_7C15 }
        return hash
    }

    func contains(_ slot: Int) -> Bool { words[slot / 64] &>> UInt64(slot % 64) & 1 != 0 }
    mutating func insert(_ slot: Int) { words[slot / 64] |= 1 &<< UInt64(slot % 64) }
    mutating func remove(_ slot: Int) { words[slot / 64] &= ~(1 &<< UInt64(slot % 64)) }

    func union(_ other: Self) -> Self { Self(words | other.words) }
    func intersection(_ other: Self) -> Self { Self(words & other.words) }
    func subtracting(_ other: Self) -> Self { Self(words & ~other.words) }

    private init(_ words: SIMD8<UInt64>) { self.words = words }
}
