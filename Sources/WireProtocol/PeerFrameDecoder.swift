/// Why bytes from a peer are no frames. The connection is of no use any more.
public struct PeerFrameError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        case badLength = "bad-length"
        case badChecksum = "bad-checksum"
        case otherProtocol = "other-protocol"
        case outOfSequence = "out-of-sequence"
    }

    public var code: Code
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(message) (\(code.rawValue))" }
}

/// Cuts frames out of a stream that arrives in pieces of any size.
public struct PeerFrameDecoder: Sendable {
    private var buffer: [UInt8] = []
    private var head = 0
    private var lastSequence: UInt64 = 0
    private var failure: PeerFrameError?
    private var proto: UInt8?

    /// `nil` takes frames of the protocol that the first one has.
    public init(proto: UInt8? = PeerFrame.stream) { self.proto = proto }

    /// Bytes that arrived and belong to no frame taken yet.
    public var pendingByteCount: Int { buffer.count - head }

    /// Adds what arrived.
    public mutating func append(_ bytes: some Collection<UInt8>) {
        if head > 64 * 1024, head * 2 > buffer.count {
            buffer.removeFirst(head)
            head = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// Takes the next whole frame, `nil` if more bytes are needed. After an error every call throws it again.
    public mutating func next() throws(PeerFrameError) -> PeerFrame? {
        if let failure { throw failure }
        do throws(PeerFrameError) {
            return try take()
        } catch {
            failure = error
            throw error
        }
    }

    private mutating func take() throws(PeerFrameError) -> PeerFrame? {
        guard pendingByteCount >= 8 else { return nil }
        let length = Int(buffer.littleEndian(at: head, as: UInt32.self))
        guard length >= PeerFrame.fixedSize, length <= PeerFrame.fixedSize + PeerFrame.payloadLimit else {
            throw PeerFrameError(.badLength, "a frame of \(length) bytes")
        }
        guard pendingByteCount >= 8 + length else { return nil }
        let body = buffer[(head + 8)..<(head + 8 + length)]
        guard CRC32C.of(body) == buffer.littleEndian(at: head + 4, as: UInt32.self) else {
            throw PeerFrameError(.badChecksum, "a frame of \(length) bytes was damaged on its way")
        }
        let frame = PeerFrame(
            proto: buffer[head + 8], type: buffer[head + 9],
            epoch: buffer.littleEndian(at: head + 10), from: buffer.littleEndian(at: head + 18),
            sequence: buffer.littleEndian(at: head + 20),
            payload: Array(body.dropFirst(PeerFrame.fixedSize)))
        head += 8 + length
        if head == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.count < 1024 * 1024)
            head = 0
        }
        let wanted = proto ?? frame.proto
        guard frame.proto == wanted else {
            throw PeerFrameError(.otherProtocol, "protocol \(frame.proto), and this is \(wanted)")
        }
        proto = wanted
        guard frame.sequence == lastSequence + 1 else {
            throw PeerFrameError(.outOfSequence, "frame \(frame.sequence) behind \(lastSequence)")
        }
        lastSequence = frame.sequence
        return frame
    }
}
