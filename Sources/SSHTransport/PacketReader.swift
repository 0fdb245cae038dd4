/// Reads the fields of SSH's binary encoding (RFC 4251, section 5). Nil is what a field cut short gives.
struct PacketReader {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: some Sequence<UInt8>) { self.bytes = ArraySlice(bytes) }

    mutating func byte() -> UInt8? { bytes.popFirst() }

    mutating func skip(_ count: Int) -> Bool {
        guard count >= 0, bytes.count >= count else { return false }
        bytes.removeFirst(count)
        return true
    }

    mutating func number() -> UInt32? {
        guard bytes.count >= 4 else { return nil }
        defer { bytes.removeFirst(4) }
        return bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func string() -> [UInt8]? {
        guard let count = number(), bytes.count >= Int(count) else { return nil }
        defer { bytes.removeFirst(Int(count)) }
        return Array(bytes.prefix(Int(count)))
    }

    mutating func text() -> String? { string().map { String(decoding: $0, as: UTF8.self) } }

    mutating func names() -> [String]? { text().map { $0.split(separator: ",").map(String.init) } }

    /// The encoding of a string field.
    static func encoded(_ bytes: [UInt8]) -> [UInt8] { encoded(UInt32(bytes.count)) + bytes }

    static func encoded(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
    }
}

/// RFC 4648 base 64, as key files, known_hosts files and fingerprints use it.
enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8], isPadded: Bool = true) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for index in 0...group.count { text.append(digits[Int(bits >> UInt32(18 - 6 * index)) & 63]) }
            if isPadded { text += [UInt8](repeating: UInt8(ascii: "="), count: 3 - group.count) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Line ends are skipped, decoding stops at padding; nil for other characters.
    static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for character in text where character != 10 && character != 13 {
            if character == UInt8(ascii: "=") { break }
            guard let digit = digits.firstIndex(of: character) else { return nil }
            bits = bits << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
