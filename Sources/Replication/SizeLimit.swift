/// How large things may become that clients write, in bytes.
///
/// A frame between nodes holds 32 MiB and a record on disk 64 MiB. So whatever one value grows to, a message can carry it,
/// even where a few replicas took as much without hearing of each other.
public enum SizeLimit {
    /// One value: the bytes of a register with its siblings, or of the elements of a set or list, each with `element`.
    public static let value = 8 << 20
    /// What an element of a set or list, or a sibling, takes beside its own bytes.
    public static let element = 16
    /// One entry of a log with all that it changes.
    public static let entry = 16 << 20
    /// What one answer holds of several values.
    public static let answer = 16 << 20

    static func weight(_ elements: some Sequence<[UInt8]>) -> Int {
        elements.reduce(0) { $0 + $1.count + element }
    }

    static let valueRefusal = Reply.failed(.tooLarge, "the value would have more than \(value) bytes")
    static let entryRefusal = Reply.failed(.tooLarge, "the write changes more than \(entry) bytes")
    static let answerRefusal = Reply.failed(.tooLarge, "the answer would have more than \(answer) bytes")
}

extension Reply {
    /// About how many bytes it takes; for limits.
    var weight: Int {
        switch self {
        case .ok, .integer, .failed, .unknown, .moved: 16
        case .value(let value): 16 + (value?.count ?? 0)
        case .elements(let elements): SizeLimit.weight(elements)
        case .values(let values): values.reduce(16) { $0 + SizeLimit.element + ($1?.count ?? 0) }
        case .results(let results): results.reduce(16) { $0 + $1.weight }
        }
    }
}

extension Sequence {
    /// From the first on until there are so many bytes: at least one.
    func first(bytes limit: Int, _ weight: (Element) -> Int) -> [Element] {
        var bytes = 0
        var found: [Element] = []
        for element in self {
            guard bytes < limit else { break }
            found.append(element)
            bytes += weight(element)
        }
        return found
    }
}
