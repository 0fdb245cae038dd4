/// The kinds of host keys that this libssh2 can verify, and what a peer offers.
enum HostKeyKinds {
    /// In order of preference. `ssh-rsa` is missing: it means SHA-1, which servers no longer do.
    static let supported = [
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
    ]

    static let whyNoRSA =
        "libssh2 1.10 signs and verifies RSA only with SHA-1 (ssh-rsa), which sshd has switched off; it lacks rsa-sha2"

    /// The kind that a public key says it is.
    static func kind(of key: [UInt8]) -> String {
        var reader = PacketReader(key)
        return reader.text() ?? "unknown"
    }

    /// A key's fingerprint as `ssh-keygen -l` prints it.
    static func fingerprint(_ key: [UInt8]) -> String {
        var digest = SHA256Digest()
        digest.update(key)
        return "SHA256:" + Base64.encode(digest.bytes(), isPadded: false)
    }

    /// The host key algorithms in what a server said first: banner lines, then KEXINIT (RFC 4253, 7.1).
    static func offered(in beginning: [UInt8]) -> [String]? {
        guard let packet = afterBanner(beginning) else { return nil }
        var reader = PacketReader(packet)
        guard reader.skip(5), reader.byte() == 20, reader.skip(16), reader.names() != nil else { return nil }
        return reader.names()
    }

    /// True when the peer greeted as SSH servers do.
    static func hasBanner(_ beginning: [UInt8]) -> Bool { afterBanner(beginning) != nil }

    private static func afterBanner(_ beginning: [UInt8]) -> ArraySlice<UInt8>? {
        var rest = beginning[...]
        while let end = rest.firstIndex(of: 10) {
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            if line.starts(with: Array("SSH-".utf8)) { return rest }
        }
        return nil
    }
}
