import HistoryModel

/// Numbers the values of one object after the other: equal values get equal numbers, from 1 in the order in which they come;
/// null is 0.
///
/// References to scalars are dense for most kinds, so that tables do instead of hashing; a stamp for each object saves
/// clearing them.
struct ValueNumbers {
    private let values: ValueStore
    /// Numbers from 0 up to here are looked up in a table.
    private let directLimit: Int
    private var stamp: UInt64 = 0
    /// How many numbers the object has.
    private(set) var count: Int32 = 1
    private var small: [UInt64] = []
    private var strings: [UInt64] = []
    private var others: [UInt64] = []
    private var sparse: [UInt64: Int32] = [:]
    private var deep: [Value: Int32] = [:]

    init(_ history: History) {
        values = history.values
        directLimit = 8 * history.columns.count + 1024
    }

    /// Goes on to the next object.
    mutating func begin() {
        stamp += 1
        count = 1
        if !deep.isEmpty { deep = [:] }
    }

    /// A number that no value has.
    mutating func fresh() -> Int32 {
        count += 1
        return count - 1
    }

    mutating func number(_ ref: ValueRef) -> Int32 {
        if let int = ref.smallInt, int >= 0, int < directLimit { return Self.look(int, &small, stamp, &count) }
        if ref.isNull { return 0 }
        if ref.isString { return Self.look(Int(ref.bits & 0x1FFF_FFFF), &strings, stamp, &count) }
        guard ref.isScalar else { return lookDeep(values.value(ref)) }
        guard ref.smallInt == nil else { return lookSparse(ref) }
        return Self.look(Int(ref.bits & 0x0FFF_FFFF), &others, stamp, &count)
    }

    @inline(__always)
    private static func look(_ index: Int, _ table: inout [UInt64], _ stamp: UInt64, _ count: inout Int32) -> Int32
    {
        if index >= table.count {
            let size = max(index + 1, 2 * table.count)
            table.append(contentsOf: repeatElement(0, count: size - table.count))
        }
        let known = table[index]
        if known >> 32 == stamp { return Int32(truncatingIfNeeded: known) }
        table[index] = stamp << 32 | UInt64(count)
        count += 1
        return count - 1
    }

    private mutating func lookSparse(_ ref: ValueRef) -> Int32 {
        let key = stamp << 32 | UInt64(ref.bits)
        if let known = sparse[key] { return known }
        sparse[key] = count
        return fresh()
    }

    private mutating func lookDeep(_ value: Value) -> Int32 {
        if let known = deep[value] { return known }
        deep[value] = count
        return fresh()
    }
}
