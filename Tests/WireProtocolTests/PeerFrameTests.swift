import Testing
import WireProtocol

@Suite("Peer frames")
struct PeerFrameTests {
    static func frame(_ sequence: UInt64, _ payload: [UInt8]) -> PeerFrame {
        PeerFrame(type: 4, epoch: 7, from: 2, sequence: sequence, payload: payload)
    }

    /// Values of RFC 3720, B.4, and the usual check value.
    static let checksums: [(bytes: [UInt8], sum: UInt32)] = [
        ([UInt8](repeating: 0, count: 32), 0x8A91_36AA), ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
        ([UInt8](0..<32), 0x46DD_794E), (Array("123456789".utf8), 0xE306_9283), ([], 0),
    ]

    @Test("the checksum is Castagnoli's", arguments: checksums)
    func checksum(bytes: [UInt8], expected: UInt32) {
        #expect(CRC32C.of(bytes) == expected)
        #expect(CRC32C.of(([1, 2, 3] + bytes).dropFirst(3)) == expected)
    }

    @Test("frames come out as they went in, however the stream is cut", arguments: [1, 2, 7, 1000])
    func roundTrip(piece: Int) throws {
        let frames = [
            Self.frame(1, []), Self.frame(2, [1, 2, 3]), Self.frame(3, [UInt8](repeating: 9, count: 500)),
        ]
        let bytes = frames.flatMap(\.encoded)
        var decoder = PeerFrameDecoder()
        var read: [PeerFrame] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            decoder.append(bytes[start..<min(start + piece, bytes.count)])
            while let frame = try decoder.next() { read.append(frame) }
        }
        #expect(read == frames)
        #expect(decoder.pendingByteCount == 0)
    }

    @Test("the fields stand where the format says")
    func layout() {
        let bytes = Self.frame(1, [0xAB]).encoded
        #expect(bytes.littleEndian(at: 0, as: UInt32.self) == 21)
        #expect(bytes.littleEndian(at: 4, as: UInt32.self) == CRC32C.of(bytes[8...]))
        #expect(bytes[8...] == [1, 4, 7, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xAB])
    }

    @Test("any flipped bit is noticed")
    func damage() {
        let good = Self.frame(1, [1, 2, 3]).encoded
        for bit in 0..<(good.count * 8) {
            var bytes = good
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            var decoder = PeerFrameDecoder()
            decoder.append(bytes + [UInt8](repeating: 0, count: 64))
            let frame = try? decoder.next()
            // A longer length waits for more; everything else is refused.
            #expect(frame == nil, "bit \(bit)")
        }
    }

    @Test("a lost frame is noticed by the next one, and the error stays")
    func sequence() {
        var decoder = PeerFrameDecoder()
        decoder.append(Self.frame(2, []).encoded)
        for _ in 1...2 {
            #expect { try decoder.next() } throws: { ($0 as? PeerFrameError)?.code == .outOfSequence }
        }
    }

    @Test(
        "lengths that no frame has are refused at once",
        arguments: [0, 19, UInt32(PeerFrame.payloadLimit) + 21, .max] as [UInt32])
    func lengths(length: UInt32) {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(length)
        bytes.appendLittleEndian(UInt32(0))
        var decoder = PeerFrameDecoder()
        decoder.append(bytes)
        #expect { try decoder.next() } throws: { ($0 as? PeerFrameError)?.code == .badLength }
    }

    @Test("another protocol's frames are refused")
    func otherProtocol() {
        var decoder = PeerFrameDecoder(proto: 9)
        decoder.append(Self.frame(1, []).encoded)
        #expect { try decoder.next() } throws: { ($0 as? PeerFrameError)?.code == .otherProtocol }
    }
}
