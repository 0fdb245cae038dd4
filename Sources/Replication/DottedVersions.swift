/// The values of one key that no other value replaced, and the causal past of them all.
///
/// A vector by server cannot tell two clients apart that write at one server with the same context. So each value has
/// the *dot* of its own write beside the past that it shares with its siblings (Preguiça, Baquero, Almeida, Fonte,
/// Gonçalves: "Dotted version vectors", 2010; as sets: Almeida and others, DAIS 2014).
///
/// A merge is commutative, associative and idempotent as long as no dot is given twice: a replica must not forget a
/// write of its own that another may have seen.
public struct DottedVersions<Value: Hashable & Sendable>: Hashable, Sendable {
    public struct Sibling: Hashable, Sendable {
        public var dot: Dot
        public var value: Value

        public init(_ dot: Dot, _ value: Value) {
            self.dot = dot
            self.value = value
        }
    }

    /// In the order of dots, none of them newer than another.
    public private(set) var siblings: [Sibling] = []
    /// All writes that are here or were replaced by what is here; what a client sends back with its next write.
    public private(set) var context = VersionVector()

    /// Nothing was ever written.
    public init() {}

    /// As it was stored; `nil` when siblings do not ascend by their dots or lie outside the context.
    public init?(siblings: [Sibling], context: VersionVector) {
        guard siblings.allSatisfy({ context.contains($0.dot) }),
            zip(siblings, siblings.dropFirst()).allSatisfy({ $0.dot < $1.dot })
        else { return nil }
        self.siblings = siblings
        self.context = context
    }

    public var values: [Value] { siblings.map(\.value) }

    /// A write at a replica by a client that had read what `past` covers: it replaces that, and nothing else.
    ///
    /// - Returns: the dot of the write.
    @discardableResult
    public mutating func put(_ value: Value, at replica: NodeName, after past: VersionVector) -> Dot {
        siblings.removeAll { past.contains($0.dot) }
        context.merge(past)
        let dot = context.next(replica)
        insert(Sibling(dot, value))
        return dot
    }

    /// What a client has read goes, and nothing takes its place.
    public mutating func remove(after past: VersionVector) {
        siblings.removeAll { past.contains($0.dot) }
        context.merge(past)
    }

    /// Takes in the state of another replica: a value stays if the other has it, or has never heard of it.
    public mutating func merge(_ other: DottedVersions) {
        let mine = Set(siblings.map(\.dot))
        let theirs = Set(other.siblings.map(\.dot))
        siblings.removeAll { !theirs.contains($0.dot) && other.context.contains($0.dot) }
        for sibling in other.siblings where !mine.contains(sibling.dot) && !context.contains(sibling.dot) {
            insert(sibling)
        }
        context.merge(other.context)
    }

    public func merged(with other: DottedVersions) -> DottedVersions {
        var result = self
        result.merge(other)
        return result
    }

    private mutating func insert(_ sibling: Sibling) {
        let place = siblings.firstIndex { sibling.dot < $0.dot } ?? siblings.endIndex
        siblings.insert(sibling, at: place)
    }
}

extension ByteWriter {
    /// Dots, values as `value` writes them, context.
    public mutating func versions<Value>(
        _ versions: DottedVersions<Value>, _ value: (inout ByteWriter, Value) -> Void
    ) {
        number(UInt64(versions.siblings.count))
        for sibling in versions.siblings {
            dot(sibling.dot)
            value(&self, sibling.value)
        }
        vector(versions.context)
    }
}

extension ByteReader {
    /// What `versions` wrote, with values as `value` reads them.
    public mutating func versions<Value>(
        _ value: (inout ByteReader) throws(DecodingFailure) -> Value
    ) throws(DecodingFailure) -> DottedVersions<Value> {
        var siblings: [DottedVersions<Value>.Sibling] = []
        for _ in 0..<(try count()) {
            let dot = try dot()
            siblings.append(DottedVersions<Value>.Sibling(dot, try value(&self)))
        }
        guard let versions = DottedVersions(siblings: siblings, context: try vector()) else {
            throw DecodingFailure("siblings outside their context, or in no order")
        }
        return versions
    }
}
