import AgentProtocol
import CHostCalls
import Glibc

/// The agent's socket, which only its user can open.
enum UnixSocket {
    /// Binds and listens. What an earlier agent left under the path goes.
    static func listen(_ path: String) throws(AgentError) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw AgentError(.failed, "no socket: \(errorText())") }
        closeOnExec(descriptor)
        nonblocking(descriptor)
        removeFile(path)
        // Closed to others from the first moment on, not only after `chmod`.
        let mask = umask(0o177)
        let isBound = unsafe withAddress(path) { unsafe bind(descriptor, $0, $1) } == 0
        umask(mask)
        guard isBound, Glibc.listen(descriptor, 64) == 0 else {
            let reason = errorText()
            close(descriptor)
            throw AgentError(.failed, "socket \(path): \(reason)")
        }
        return descriptor
    }

    /// A blocking connection, or nil when nobody listens.
    static func connect(_ path: String) -> Int32? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        closeOnExec(descriptor)
        guard unsafe withAddress(path, { unsafe Glibc.connect(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// A connection of the given user or of root; others are closed at once.
    static func accept(_ listener: Int32, user: UInt32) -> Int32? {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else { return nil }
        closeOnExec(descriptor)
        nonblocking(descriptor)
        let peer = host_peer_user(descriptor)
        guard peer == Int64(user) || peer == 0 else {
            note("refused a connection of user \(peer)")
            close(descriptor)
            return nil
        }
        return descriptor
    }

    static let longestPath = 107

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        let bytes = [UInt8](path.utf8)
        guard bytes.count <= longestPath else {
            errno = ENAMETOOLONG
            return -1
        }
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        return unsafe withUnsafePointer(to: address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
