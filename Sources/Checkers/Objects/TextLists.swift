/// Strings as lists of the strings that were appended to make them.
///
/// Possible where none of these is the beginning of another: then at every place of a string at most one fits.
struct TextLists {
    /// A string that was written or appended.
    struct Text {
        var bytes: [UInt8]
        var number: Int32
    }

    /// In the order of their bytes.
    private let texts: [Text]
    /// By the first element of a list: the longest string that was taken apart.
    private var longest: [Int32: Parts] = [:]

    private struct Parts {
        var bytes: [UInt8] = []
        var elements: [Int32] = []
        /// Where each element ends in `bytes`.
        var ends: [Int] = []
    }

    /// Different strings; `nil` if one of them is empty or the beginning of another.
    init?(_ texts: [Text]) {
        self.texts = texts.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        if self.texts.first?.bytes.isEmpty ?? false { return nil }
        // What begins with a string follows right behind it.
        for (text, next) in zip(self.texts, self.texts.dropFirst()) where next.bytes.starts(with: text.bytes) {
            return nil
        }
    }

    /// The elements of a string; `rest` is true if there is more that nobody appended.
    mutating func elements(_ bytes: [UInt8]) -> (elements: ArraySlice<Int32>, hasRest: Bool) {
        guard let first = text(at: 0, in: bytes) else { return ([], !bytes.isEmpty) }
        let known = longest[first.number] ?? Parts()
        if bytes.count <= known.bytes.count, known.bytes.starts(with: bytes) {
            let count = known.ends.partitioningIndex { $0 > bytes.count }
            return (known.elements[..<count], known.ends[count - 1] < bytes.count)
        }
        var parts = bytes.starts(with: known.bytes) ? known : Parts()
        parts.bytes = bytes
        while let next = text(at: parts.ends.last ?? 0, in: bytes) {
            parts.elements.append(next.number)
            parts.ends.append((parts.ends.last ?? 0) + next.bytes.count)
        }
        let end = parts.ends.last ?? 0
        let elements = parts.elements[...]
        if end == bytes.count, bytes.count > known.bytes.count { longest[first.number] = parts }
        return (elements, end < bytes.count)
    }

    /// The only one of the strings that can stand at a place: the last that does not come behind all of the rest.
    private func text(at start: Int, in bytes: [UInt8]) -> Text? {
        let rest = bytes[start...]
        let count = texts.partitioningIndex { rest.lexicographicallyPrecedes($0.bytes) }
        guard count > 0, rest.starts(with: texts[count - 1].bytes) else { return nil }
        return texts[count - 1]
    }
}
