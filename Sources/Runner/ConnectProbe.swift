import Glibc

/// What became of a TCP connection that was tried.
enum ConnectReply: String, Hashable, Sendable {
    case connected = "came about"
    /// The host answered that nobody listens: packets go there and back.
    case refused = "was refused by the host"
    case silent = "did not come about"
}

/// Tries a TCP connection from the controller to an address, for some time.
///
/// The socket is non-blocking and looked at every few milliseconds, so that nothing waits on a thread.
func connectProbe(to address: String, port: Int, within patience: Duration) async -> ConnectReply {
    let socket: Int32
    switch beginConnecting(to: address, port: port) {
    case .success(let begun): socket = begun
    case .failure(let failure): return failure.reply
    }
    defer { close(socket) }
    let end = ContinuousClock.now + patience
    while ContinuousClock.now < end {
        var polled = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        if unsafe poll(&polled, 1, 0) > 0 {
            var failure: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            unsafe getsockopt(socket, SOL_SOCKET, SO_ERROR, &failure, &length)
            return failure == 0 ? .connected : ConnectFailure(number: failure).reply
        }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return .silent
}

private struct ConnectFailure: Error {
    var number: Int32
    var reply: ConnectReply { number == ECONNREFUSED ? .refused : .silent }
}

/// Whether a text is an IP address and not a name.
func isNumericAddress(_ address: String) -> Bool {
    unsafe withAddress(address, port: 9, type: SOCK_DGRAM) { _ in true } ?? false
}

/// The controller's own address on the way to a host, `nil` if there is no way.
func controllerAddress(towards address: String) -> String? {
    unsafe withAddress(address, port: 9, type: SOCK_DGRAM) { found in
        let socket = unsafe Glibc.socket(found.pointee.ai_family, datagramKind, 0)
        guard socket >= 0 else { return nil }
        defer { close(socket) }
        guard unsafe connect(socket, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0 else { return nil }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name -> String? in
                guard unsafe getsockname(socket, name, &length) == 0 else { return nil }
                var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
                guard
                    unsafe getnameinfo(
                        name, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
                else { return nil }
                return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            }
        }
    }
}

private let datagramKind = Int32(SOCK_DGRAM.rawValue)

private func beginConnecting(to address: String, port: Int) -> Result<Int32, ConnectFailure> {
    let begun: Result<Int32, ConnectFailure>? = unsafe withAddress(address, port: port, type: SOCK_STREAM) {
        found in
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let socket = unsafe Glibc.socket(found.pointee.ai_family, kind, 0)
        guard socket >= 0 else { return .failure(ConnectFailure(number: errno)) }
        let status = unsafe connect(socket, found.pointee.ai_addr, found.pointee.ai_addrlen)
        guard status == 0 || errno == EINPROGRESS else {
            let failure = ConnectFailure(number: errno)
            close(socket)
            return .failure(failure)
        }
        return .success(socket)
    }
    return begun ?? .failure(ConnectFailure(number: EINVAL))
}

/// Calls `body` with the first numeric address that the text stands for.
private func withAddress<Result>(
    _ address: String, port: Int, type: __socket_type,
    _ body: (UnsafeMutablePointer<addrinfo>) -> Result?
) -> Result? {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(type.rawValue)
    unsafe hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
    var found: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(address, String(port), &hints, &found) == 0, let first = unsafe found else {
        return nil
    }
    defer { unsafe freeaddrinfo(first) }
    return unsafe body(first)
}
