import HistoryModel

/// Numbers for pairs of a key and a value, in the order in which they are met.
///
/// A hash table with open addressing: it is asked for every value that a history's transactions wrote or saw.
struct VersionNumbers {
    /// By number: the value.
    private(set) var refs: [ValueRef] = []
    private var keys: [Int32] = []
    /// A number, -1 where there is none; twice as many entries as numbers at least.
    private var slots = [Int32](repeating: -1, count: 1024)
    /// Lists and objects have a reference at every place: the first one stands for all that are equal.
    private var composites: [Value: ValueRef] = [:]

    mutating func number(_ key: Int32, _ ref: ValueRef, _ values: ValueStore) -> Int32 {
        let ref = ref.isScalar ? ref : canonical(ref, values)
        let mask = slots.count - 1
        var slot = Self.hash(key, ref) & mask
        while slots[slot] >= 0 {
            let number = Int(slots[slot])
            if refs[number] == ref, keys[number] == key { return slots[slot] }
            slot = (slot + 1) & mask
        }
        let number = Int32(refs.count)
        slots[slot] = number
        refs.append(ref)
        keys.append(key)
        if 2 * refs.count > slots.count { grow() }
        return number
    }

    private mutating func canonical(_ ref: ValueRef, _ values: ValueStore) -> ValueRef {
        let value = values.value(ref)
        if let known = composites[value] { return known }
        composites[value] = ref
        return ref
    }

    private mutating func grow() {
        slots = [Int32](repeating: -1, count: 4 * slots.count)
        let mask = slots.count - 1
        for number in refs.indices {
            var slot = Self.hash(keys[number], refs[number]) & mask
            while slots[slot] >= 0 { slot = (slot + 1) & mask }
            slots[slot] = Int32(number)
        }
    }

    private static func hash(_ key: Int32, _ ref: ValueRef) -> Int {
        let mixed = (UInt64(UInt32(bitPattern: key)) << 32 | UInt64(ref.bits)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: (mixed ^ mixed >> 29) >> 8)
    }
}

/// Numbers for keys: those of operations and those within transactions are the same if they read the same.
struct KeyNumbers {
    private(set) var names: [String] = []
    private var byName: [String: Int32] = [:]
    private var byRef: [ValueRef: Int32] = [:]
    private var byID: [KeyID: Int32] = [:]

    /// The number of a key within a transaction, `nil` if it is neither text nor a whole number.
    mutating func number(_ ref: ValueRef, _ values: ValueStore) -> Int32? {
        if let known = byRef[ref] { return known }
        guard let name = values.keyName(ref) else { return nil }
        let number = number(name)
        byRef[ref] = number
        return number
    }

    /// The number of an operation's key; no key at all is one too.
    mutating func number(_ id: KeyID, _ history: History) -> Int32 {
        if let known = byID[id] { return known }
        let number = number(id == .none ? "" : history.keys[Int(id.number)])
        byID[id] = number
        return number
    }

    private mutating func number(_ name: String) -> Int32 {
        if let known = byName[name] { return known }
        let number = another(name)
        byName[name] = number
        return number
    }

    /// A number for a part of a key, which has the key's name.
    mutating func another(_ name: String) -> Int32 {
        names.append(name)
        return Int32(names.count - 1)
    }
}

/// The reads of lists: those that are a prefix of the longest one of their key share its elements.
struct ListReads {
    private struct Known {
        /// The longest read so far, in the store of the values, and its versions.
        var range = 0..<0
        var versions: [Int32] = []
    }

    private var known: [Known]
    /// Reads that are a prefix of the longest one.
    private var shared: [(micro: Int32, key: Int32, count: Int32)] = []
    /// Reads that are not, with their versions.
    private var others: [(micro: Int32, versions: [Int32])] = []

    init(keyCount: Int) {
        known = [Known](repeating: Known(), count: keyCount)
    }

    mutating func add(
        _ micro: Int, _ key: Int32, _ ref: ValueRef, _ values: ValueStore, _ versions: inout VersionNumbers
    ) {
        let range = values.range(ofList: ref)
        let longest = known[Int(key)].range
        guard Self.isPrefix(range, longest, values.lists) else {
            others.append((Int32(micro), range.map { versions.number(key, values.lists[$0], values) }))
            return
        }
        if range.count > longest.count {
            for place in range.dropFirst(longest.count) {
                known[Int(key)].versions.append(versions.number(key, values.lists[place], values))
            }
            known[Int(key)].range = range
        }
        shared.append((Int32(micro), key, Int32(range.count)))
    }

    /// Whether the shorter of two ranges begins like the longer one. References of lists within lists differ even where
    /// these are equal: such reads share nothing.
    private static func isPrefix(_ left: Range<Int>, _ right: Range<Int>, _ refs: [ValueRef]) -> Bool {
        let count = min(left.count, right.count)
        for offset in 0..<count where refs[left.lowerBound + offset] != refs[right.lowerBound + offset] {
            return false
        }
        return true
    }

    /// Writes the elements and where each read has its own.
    func place(in table: inout TransactionTable) {
        var first: [Int32] = []
        for key in known.indices {
            first.append(Int32(table.elements.count))
            table.elements += known[key].versions
        }
        for read in shared {
            table.listFirst[Int(read.micro)] = first[Int(read.key)]
            table.listCount[Int(read.micro)] = read.count
        }
        for read in others {
            table.listFirst[Int(read.micro)] = Int32(table.elements.count)
            table.listCount[Int(read.micro)] = Int32(read.versions.count)
            table.elements += read.versions
        }
    }
}
