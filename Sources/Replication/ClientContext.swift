/// What a reader saw of a key, for its next write of it: `n1#7,n3#2`. Text, because it passes through histories.
enum ClientContext {
    static func text(_ vector: VersionVector) -> [UInt8] {
        Array(vector.replicas.map { "\($0)#\(vector[$0])" }.joined(separator: ",").utf8)
    }

    /// `nil` for what no node gave.
    static func vector(_ bytes: [UInt8]) -> VersionVector? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var vector = VersionVector()
        for part in text.split(separator: ",", omittingEmptySubsequences: false) where !text.isEmpty {
            guard let mark = part.lastIndex(of: "#"), mark > part.startIndex,
                let number = UInt64(part[part.index(after: mark)...]), number > 0, number < 1 << 56
            else { return nil }
            vector.insert(Dot(replica: String(part[..<mark]), number: number))
        }
        return vector
    }
}
