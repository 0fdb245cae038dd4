/// A value of a history in 32 bits.
///
/// Within one history scalars are equal if and only if their references are; `null`, `true` and `false` are the same in
/// every history, and so are whole numbers from -2^29 up to 2^29 - 1. Lists and objects have a reference of their own at
/// every place: `ValueStore.areEqual` compares them.
public struct ValueRef: Hashable, Sendable {
    /// The bits; nothing but a name for the value.
    public let bits: UInt32

    // 0...     list: where its length stands in `ValueStore.lists`
    // 10..     whole number, plus 2^29
    // 110.     string: its number
    // 1110     object: where its length stands in `ValueStore.objects`
    // 1111     null, false, true, and the numbers of `ValueStore.numbers`
    @usableFromInline
    init(bits: UInt32) { self.bits = bits }

    @inlinable
    public static var null: ValueRef { ValueRef(bits: 0xF000_0000) }
    @inlinable
    public static var `false`: ValueRef { ValueRef(bits: 0xF000_0001) }
    @inlinable
    public static var `true`: ValueRef { ValueRef(bits: 0xF000_0002) }

    @inlinable
    public var isNull: Bool { bits == 0xF000_0000 }
    @inlinable
    public var isList: Bool { bits & 0x8000_0000 == 0 }
    @inlinable
    public var isString: Bool { bits & 0xE000_0000 == 0xC000_0000 }
    @inlinable
    public var isObject: Bool { bits & 0xF000_0000 == 0xE000_0000 }
    /// True for what is neither list nor object: then equality of references is equality of values.
    @inlinable
    public var isScalar: Bool { !isList && !isObject }

    /// The whole number, if it is one from -2^29 up to 2^29 - 1; `ValueStore.int` knows the others.
    @inlinable
    public var smallInt: Int? {
        bits & 0xC000_0000 == 0x8000_0000 ? Int(bits & 0x3FFF_FFFF) - 0x2000_0000 : nil
    }

    /// The reference of a whole number, if it is one from -2^29 up to 2^29 - 1.
    @inlinable
    public init?(smallInt: Int64) {
        guard smallInt >= -0x2000_0000, smallInt < 0x2000_0000 else { return nil }
        self.init(bits: 0x8000_0000 | UInt32(truncatingIfNeeded: smallInt + 0x2000_0000))
    }

    static let listLimit = 0x8000_0000
    static let stringLimit = 0x2000_0000
    static let objectLimit = 0x1000_0000
    /// Three places are taken.
    static let numberLimit = 0x1000_0000 - 3

    init(list place: Int) { bits = UInt32(truncatingIfNeeded: place) }
    init(string number: Int) { bits = 0xC000_0000 | UInt32(truncatingIfNeeded: number) }
    init(object place: Int) { bits = 0xE000_0000 | UInt32(truncatingIfNeeded: place) }
    init(number place: Int) { bits = 0xF000_0000 | UInt32(truncatingIfNeeded: place + 3) }

    /// Where a list's length stands, or an object's; a string's number.
    @usableFromInline var listPlace: Int { Int(bits) }
    var stringNumber: Int { Int(bits & 0x1FFF_FFFF) }
    var objectPlace: Int { Int(bits & 0x0FFF_FFFF) }
    /// The place in the table of numbers, if it stands there.
    var numberPlace: Int? { bits >= 0xF000_0003 ? Int(bits & 0x0FFF_FFFF) - 3 : nil }
}
