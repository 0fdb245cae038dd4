import Glibc

/// What a private key file is, found out before libssh2 sees it, because its errors say little.
struct KeyFile {
    enum Kind: Hashable { case usable, rsa, dsa, hardware, unknown }

    /// A larger file is no key.
    static let maximumBytes = 64 * 1024

    let bytes: [UInt8]
    private(set) var kind: Kind = .unknown
    private(set) var isEncrypted = false

    init(bytes: [UInt8]) {
        self.bytes = bytes
        let text = String(decoding: bytes, as: UTF8.self)
        guard let begin = text.range(of: "-----BEGIN "), let end = text[begin.upperBound...].range(of: "-----")
        else {
            return
        }
        let label = text[begin.upperBound..<end.lowerBound]
        let body = text[end.upperBound...].prefix { $0 != "-" }
        switch label {
        case "RSA PRIVATE KEY": kind = .rsa
        case "DSA PRIVATE KEY": kind = .dsa
        case "EC PRIVATE KEY":
            kind = .usable
            isEncrypted = text.contains("ENCRYPTED")
        case "ENCRYPTED PRIVATE KEY":
            kind = .usable
            isEncrypted = true
        case "PRIVATE KEY": kind = Self.kindOfPKCS8(Base64.decode(body.utf8) ?? [])
        case "OPENSSH PRIVATE KEY": readOpenSSH(Base64.decode(body.utf8) ?? [])
        default: break
        }
    }

    static func read(_ path: String) throws(SystemFailure) -> KeyFile {
        let file = try Descriptor(opening: path, flags: O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        return KeyFile(bytes: try file.contents(atMost: maximumBytes))
    }

    static func kind(named name: String) -> Kind {
        if HostKeyKinds.supported.contains(name) { return .usable }
        if name == "ssh-rsa" { return .rsa }
        if name == "ssh-dss" { return .dsa }
        return name.hasPrefix("sk-") ? .hardware : .unknown
    }

    /// OpenSSH's PROTOCOL.key: magic, cipher, key derivation and its options, number of keys, public key, ...
    private mutating func readOpenSSH(_ blob: [UInt8]) {
        let magic = Array("openssh-key-v1\0".utf8)
        guard blob.starts(with: magic) else { return }
        var reader = PacketReader(blob.dropFirst(magic.count))
        guard let cipher = reader.text(), reader.string() != nil, reader.string() != nil, reader.number() == 1,
            let key = reader.string()
        else { return }
        isEncrypted = cipher != "none"
        kind = Self.kind(named: HostKeyKinds.kind(of: key))
    }

    /// An unencrypted PKCS #8 file names its algorithm by object identifier near the beginning.
    private static func kindOfPKCS8(_ der: [UInt8]) -> Kind {
        let rsa: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]
        let head = der.prefix(40)
        let isRSA = head.indices.contains { head[$0...].starts(with: rsa) }
        return isRSA ? .rsa : der.isEmpty ? .unknown : .usable
    }
}

extension StringProtocol {
    /// The first occurrence of `text`, without Foundation.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
