import HostProcesses
import Testing

@testable import SSHTransport

@Suite struct FormatTests {
    @Test(
        "digests are those of FIPS 180-4's examples and of sha256sum",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func digest(text: String, expected: String) {
        #expect(SHA256Digest.hex(of: Array(text.utf8)) == expected)
    }

    @Test("digests of every length around the block size equal sha256sum's, however the bytes are cut")
    func lengths() throws {
        let all = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 3) }
        for length in [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 200] {
            let bytes = Array(all.prefix(length))
            let expected = try runCommand(["sha256sum"], input: bytes).standardOutput.prefix(64)
            #expect(SHA256Digest.hex(of: bytes) == expected)
            var digest = SHA256Digest()
            for start in stride(from: 0, to: length, by: 37) {
                digest.update(Array(bytes[start..<min(start + 37, length)]))
            }
            #expect(digest.hex() == expected)
        }
    }

    @Test("base 64 goes there and back", arguments: ["", "f", "fo", "foo", "foob", "fooba", "foobar"])
    func base64(text: String) {
        let encoded = Base64.encode(Array(text.utf8))
        #expect(encoded.utf8.count % 4 == 0)
        #expect(Base64.decode(encoded.utf8) == Array(text.utf8))
        #expect(Base64.decode(Base64.encode(Array(text.utf8), isPadded: false).utf8) == Array(text.utf8))
    }

    @Test("a packet cut short gives nil at every length")
    func cutPackets() {
        let whole = PacketReader.encoded(Array("name".utf8))
        for length in 0..<whole.count {
            var reader = PacketReader(whole.prefix(length))
            #expect(reader.string() == nil)
        }
        var reader = PacketReader(whole)
        #expect(reader.text() == "name")
        #expect(reader.byte() == nil)
    }

    @Test("the host key kinds of a server are found behind its banner, and nothing is made of less")
    func offers() {
        let kex = PacketReader.encoded(Array("curve25519-sha256".utf8))
        let kinds = PacketReader.encoded(Array("rsa-sha2-512,rsa-sha2-256".utf8))
        let packet = PacketReader.encoded(100) + [4, 20] + [UInt8](repeating: 7, count: 16) + kex + kinds
        let beginning = Array("hello\r\nSSH-2.0-OpenSSH_9.2\r\n".utf8) + packet
        #expect(HostKeyKinds.offered(in: beginning) == ["rsa-sha2-512", "rsa-sha2-256"])
        for length in 0..<beginning.count {
            #expect(HostKeyKinds.offered(in: Array(beginning.prefix(length))) == nil)
        }
        #expect(!HostKeyKinds.hasBanner(Array("Exceeded MaxStartups\r\n".utf8)))
    }

    @Test("a passphrase never appears in the text of an identity")
    func secrecy() {
        let identity = SSHIdentity.keyFile("/k", passphrase: "secret")
        var dumped = ""
        dump(identity, to: &dumped)
        for text in ["\(identity)", String(reflecting: identity), dumped] { #expect(!text.contains("secret")) }
    }
}
