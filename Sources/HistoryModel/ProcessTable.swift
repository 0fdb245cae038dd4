/// The clients of a history by place, in the order in which they first came.
struct ProcessTable {
    /// Numbers up to here are looked up in an array.
    private static let directLimit = 1 << 20

    private(set) var clients: [Int] = []
    /// By number: the place, -1 for none.
    private var direct: [Int32] = []
    private var others: [Int: Int32] = [:]

    /// The place of a client, new if it has none yet.
    @inline(__always)
    mutating func place(_ number: Int) -> Int {
        find(number) ?? add(number)
    }

    /// The place of a client that is there.
    @inline(__always)
    func find(_ number: Int) -> Int? {
        if number < direct.count { return direct[number] < 0 ? nil : Int(direct[number]) }
        return others.isEmpty ? nil : others[number].map(Int.init)
    }

    private mutating func add(_ number: Int) -> Int {
        let place = clients.count
        clients.append(number)
        if number < Self.directLimit {
            // Doubling, so that ascending numbers do not cost a copy each.
            let size = min(max(2 * direct.count, number + 1), Self.directLimit)
            if number >= direct.count {
                direct.append(contentsOf: repeatElement(-1, count: size - direct.count))
            }
            direct[number] = Int32(truncatingIfNeeded: place)
        } else {
            others[number] = Int32(truncatingIfNeeded: place)
        }
        return place
    }
}
