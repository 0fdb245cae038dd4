import Glibc

/// Speaks with an ssh-agent over its unix socket (draft-miller-ssh-agent), never waiting past the deadline.
///
/// libssh2 has a client of its own, but that one waits for ever for an agent that hangs.
final class AgentClient {
    struct Key {
        let blob: [UInt8]
        let comment: String
    }

    /// A longer answer is refused.
    static let maximumBytes = 256 * 1024

    private let socket: Descriptor
    private let path: String
    private let patience: Patience

    init(_ path: String?, _ patience: Patience) throws(SSHError) {
        guard let path = unsafe path ?? getenv("SSH_AUTH_SOCK").map({ unsafe String(cString: $0) }), !path.isEmpty
        else {
            throw patience.error(
                .unusableIdentity, "no ssh-agent: SSH_AUTH_SOCK is not set",
                "Start one, or give the path of its socket")
        }
        self.path = path
        self.patience = patience
        let number = Glibc.socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard number >= 0 else { throw patience.error(.unusableIdentity, SystemFailure("socket").text) }
        socket = Descriptor(owning: number)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < room else { throw failure("its path is longer than \(room - 1) bytes") }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let connected = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else { throw failure(SystemFailure("connect").text) }
    }

    /// The keys that the agent holds.
    func keys() throws(SSHError) -> [Key] {
        var answer = PacketReader(try ask([11]))
        guard answer.byte() == 12, let count = answer.number() else { throw failure("it does not list its keys") }
        var keys: [Key] = []
        for _ in 0..<count {
            guard let blob = answer.string(), let comment = answer.text() else {
                throw failure("its list is cut short")
            }
            keys.append(Key(blob: blob, comment: comment))
        }
        return keys
    }

    /// The bare signature of `bytes` by a key of the agent, without the name of the method.
    func sign(_ bytes: [UInt8], with key: [UInt8]) throws(SSHError) -> [UInt8] {
        let request = [13] + PacketReader.encoded(key) + PacketReader.encoded(bytes) + PacketReader.encoded(0)
        var answer = PacketReader(try ask(request))
        guard answer.byte() == 14, let wrapped = answer.string() else { throw failure("it does not sign") }
        var signature = PacketReader(wrapped)
        guard signature.string() != nil, let bare = signature.string() else {
            throw failure("its signature is malformed")
        }
        return bare
    }

    private func ask(_ message: [UInt8]) throws(SSHError) -> [UInt8] {
        var rest = PacketReader.encoded(message)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 { rest = rest.dropFirst(count) } else { try waitOrThrow("send", Int16(POLLOUT)) }
        }
        var header = PacketReader(try receive(4))
        guard let length = header.number(), length <= Self.maximumBytes else {
            throw failure("its answer is too long")
        }
        return try receive(Int(length))
    }

    private func receive(_ count: Int) throws(SSHError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = unsafe bytes[filled...].withUnsafeMutableBytes {
                unsafe recv(socket.number, $0.baseAddress, $0.count, 0)
            }
            if got == 0 { throw failure("it closed the connection") }
            if got > 0 { filled += got } else { try waitOrThrow("recv", Int16(POLLIN)) }
        }
        return bytes
    }

    private func waitOrThrow(_ call: String, _ events: Int16) throws(SSHError) {
        guard errno == EAGAIN || errno == EINTR else { throw failure(SystemFailure(call).text) }
        try patience.wait(socket.number, events: events)
    }

    private func failure(_ detail: String) -> SSHError {
        patience.error(
            .unusableIdentity, "ssh-agent at \(path): \(detail)", "Check it with `SSH_AUTH_SOCK=\(path) ssh-add -l`"
        )
    }
}
