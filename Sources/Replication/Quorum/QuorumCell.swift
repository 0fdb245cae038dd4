/// What one write left: a value, or a deletion.
struct QuorumValue: Hashable, Sendable {
    /// `nil` for a deletion.
    var bytes: [UInt8]?
    /// When it was written by the wall clock of its coordinator, nanoseconds since 1970; deletions age by it.
    var written: Int64
}

/// All that a replica knows of one register, or of one element of a set.
enum QuorumCell: Hashable, Sendable {
    case stamped(Stamp, QuorumValue)
    case dotted(DottedVersions<QuorumValue>)

    /// The newer of two, or the siblings of both; of two kinds the first stays.
    func merged(with other: QuorumCell) -> QuorumCell {
        switch (self, other) {
        case (.stamped(let stamp, let value), .stamped(let stamp2, let value2)):
            Self.isNewer(stamp2, value2, than: stamp, value) ? other : self
        case (.dotted(let mine), .dotted(let theirs)): .dotted(mine.merged(with: theirs))
        case (.stamped, .dotted), (.dotted, .stamped): self
        }
    }

    /// Two writes with one stamp, after a clock stood still across a restart: a deletion wins, then the greater bytes.
    private static func isNewer(
        _ stamp: Stamp, _ value: QuorumValue, than other: Stamp, _ otherValue: QuorumValue
    ) -> Bool {
        guard stamp == other else { return stamp > other }
        guard let bytes = value.bytes else { return otherValue.bytes != nil }
        return otherValue.bytes.map { $0.lexicographicallyPrecedes(bytes) } ?? false
    }

    /// The values that are there, the one to answer with first.
    var values: [QuorumValue] {
        switch self {
        case .stamped(_, let value): [value]
        case .dotted(let versions):
            versions.siblings.sorted { ($0.dot.number, $0.dot.replica) > ($1.dot.number, $1.dot.replica) }.map(
                \.value)
        }
    }

    /// What a reader sees; of siblings the one of the greatest dot, whatever replica is asked.
    var shown: [[UInt8]] { values.compactMap(\.bytes) }

    /// Whether nothing is there but a deletion.
    var isTombstone: Bool { shown.isEmpty }

    /// Whether it is a deletion from before that time.
    func isTombstone(before time: Int64) -> Bool { isTombstone && values.allSatisfy { $0.written < time } }

    /// About how many bytes it takes in a message; for limits.
    var weight: Int {
        switch self {
        case .stamped(_, let value): 32 + (value.bytes?.count ?? 0)
        case .dotted(let versions):
            versions.values.reduce(24 * versions.context.replicas.count) { $0 + 32 + ($1.bytes?.count ?? 0) }
        }
    }

    var stamp: Stamp? { if case .stamped(let stamp, _) = self { stamp } else { nil } }
    var context: VersionVector? { if case .dotted(let versions) = self { versions.context } else { nil } }
}

/// A cell with its place: the register of a key, or an element of its set.
struct QuorumEntry: Hashable, Sendable {
    var key: [UInt8]
    /// `nil` for the register.
    var element: [UInt8]?
    var cell: QuorumCell

    var place: QuorumPlace { QuorumPlace(key: key, element: element) }
    /// About how many bytes it takes in a message; for limits.
    var weight: Int { key.count + (element?.count ?? 0) + cell.weight }
}

extension Sequence<QuorumEntry> {
    /// About how many bytes they take in a message; for limits.
    var weight: Int { reduce(0) { $0 + $1.weight } }

    /// As many from the first on as go into one message; at least one.
    var batch: [QuorumEntry] { prefix(QuorumLimit.batch).first(bytes: QuorumLimit.batchBytes, \.weight) }
}

/// The register of a key, or an element of its set. A key may have both: nobody could forbid it without asking all.
struct QuorumPlace: Hashable, Comparable, Sendable {
    var key: [UInt8]
    var element: [UInt8]?

    static func < (left: QuorumPlace, right: QuorumPlace) -> Bool {
        if left.key != right.key { return left.key.lexicographicallyPrecedes(right.key) }
        guard let element = right.element else { return false }
        return left.element?.lexicographicallyPrecedes(element) ?? true
    }
}

extension ByteWriter {
    private mutating func optional(_ bytes: [UInt8]?) {
        byte(bytes == nil ? 0 : 1)
        if let bytes { counted(bytes) }
    }

    private mutating func quorumValue(_ value: QuorumValue) {
        optional(value.bytes)
        signed(value.written)
    }

    mutating func place(_ place: QuorumPlace) {
        counted(place.key)
        optional(place.element)
    }

    mutating func entry(_ entry: QuorumEntry) {
        place(entry.place)
        switch entry.cell {
        case .stamped(let stamp, let value):
            byte(0)
            self.stamp(stamp)
            quorumValue(value)
        case .dotted(let versions):
            byte(1)
            self.versions(versions) { $0.quorumValue($1) }
        }
    }

    mutating func entries(_ entries: [QuorumEntry]) {
        number(UInt64(entries.count))
        entries.forEach { entry($0) }
    }
}

extension ByteReader {
    private mutating func optional() throws(DecodingFailure) -> [UInt8]? {
        switch try byte() {
        case 0: nil
        case 1: try counted()
        case let other: throw DecodingFailure("\(other) is neither there nor absent")
        }
    }

    private mutating func quorumValue() throws(DecodingFailure) -> QuorumValue {
        QuorumValue(bytes: try optional(), written: try signed())
    }

    mutating func place() throws(DecodingFailure) -> QuorumPlace {
        QuorumPlace(key: try counted(), element: try optional())
    }

    mutating func entry() throws(DecodingFailure) -> QuorumEntry {
        let place = try place()
        let cell: QuorumCell
        switch try byte() {
        case 0: cell = .stamped(try stamp(), try quorumValue())
        case 1:
            cell = .dotted(
                try versions { (reader: inout ByteReader) throws(DecodingFailure) in try reader.quorumValue() })
        case let other: throw DecodingFailure("a cell of unknown kind \(other)")
        }
        return QuorumEntry(key: place.key, element: place.element, cell: cell)
    }

    mutating func entries() throws(DecodingFailure) -> [QuorumEntry] {
        var entries: [QuorumEntry] = []
        for _ in 0..<(try count()) { entries.append(try entry()) }
        return entries
    }
}
