import CLibSSH2
import Glibc

/// libssh2's memory of one connection, with the wire it runs over; freed with the value that owns it.
@safe struct SessionHandle: ~Copyable {
    let pointer: OpaquePointer
    let wire: Wire

    /// libssh2 and its cryptography are initialised once, before the first session.
    private static let isInitialised: Bool = libssh2_init(0) == 0

    init?(_ wire: Wire) {
        guard Self.isInitialised, let pointer = unsafe libssh2_session_init_ex(nil, nil, nil, nil) else {
            return nil
        }
        unsafe self.pointer = unsafe pointer
        self.wire = wire
        unsafe libssh2_session_set_blocking(pointer, 0)
        unsafe wire.carry(pointer)
    }

    deinit {
        // With a wire that discards, freeing needs no answer from the peer; the bound is for a bug in libssh2.
        wire.discard()
        for _ in 0..<16 where unsafe libssh2_session_free(pointer) != LIBSSH2_ERROR_EAGAIN { break }
    }
}

/// One live SSH connection. Belongs to its session's thread.
final class Connection {
    private let session: SessionHandle

    init(_ session: consuming SessionHandle) { self.session = session }

    var wire: Wire { session.wire }

    var pointer: OpaquePointer { unsafe session.pointer }

    /// What libssh2 says about its last failure.
    var lastError: String { unsafe Self.lastError(of: session.pointer) }

    static func lastError(of session: OpaquePointer) -> String {
        var text: UnsafeMutablePointer<CChar>?
        let code = unsafe libssh2_session_last_error(session, &text, nil, 0)
        guard let text = unsafe text else { return "libssh2 error \(code)" }
        return unsafe "\(String(cString: text)) (libssh2 \(code))"
    }

    /// Says goodbye to the peer, as far as that goes without waiting.
    func disconnect() {
        _ = unsafe libssh2_session_disconnect_ex(session.pointer, SSH_DISCONNECT_BY_APPLICATION, "closed", "")
        _ = wire.flush()
    }

    /// The peer's IP address; `nil` when the connection is broken.
    var peerAddress: String? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer -> String? in
                guard unsafe getpeername(wire.socket.number, peer, &size) == 0 else { return nil }
                var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
                guard
                    unsafe getnameinfo(peer, size, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
                else { return nil }
                return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            }
        }
    }

    /// True when the peer closed its side while nobody was reading.
    var isHungUp: Bool {
        var polled = pollfd(fd: wire.socket.number, events: Engine.readHangUp, revents: 0)
        return unsafe poll(&polled, 1, 0) > 0
    }
}
