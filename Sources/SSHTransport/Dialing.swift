import Glibc

/// Opens the TCP connection to a host, trying its addresses in order.
enum Dialing {
    /// Seconds without an acknowledgement after which the kernel gives a connection up.
    static let silenceSeconds: Int32 = 20

    static func dial(_ patience: Patience) throws(SSHError) -> Descriptor {
        var reasons: [String] = []
        for address in try AddressLookup.addresses(of: patience.host, patience).prefix(8) {
            let (number, reason) = try dial(address, patience)
            if reason.isEmpty { return Descriptor(owning: number) }
            reasons.append(reason)
        }
        throw patience.error(
            .cannotConnect, reasons.isEmpty ? "the name has no address" : reasons.joined(separator: ", "),
            "Check that the host is up and that sshd listens at this address and port")
    }

    /// An open socket, or the reason why there is none.
    private static func dial(
        _ address: SocketAddress, _ patience: Patience
    ) throws(SSHError) -> (socket: Int32, reason: String) {
        let flags = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let number = socket(address.family, flags, 0)
        guard number >= 0 else { return (-1, SystemFailure("socket").text) }
        tune(number)
        let started = unsafe address.bytes.withUnsafeBytes { bytes in
            unsafe bytes.withMemoryRebound(to: sockaddr.self) {
                unsafe connect(number, $0.baseAddress, socklen_t(bytes.count))
            }
        }
        guard started == 0 || errno == EINPROGRESS else {
            defer { close(number) }
            return (-1, SystemFailure("connect").text)
        }
        do throws(SSHError) {
            while true {
                let failure = option(number, SOL_SOCKET, SO_ERROR)
                if failure != 0 {
                    close(number)
                    return (-1, SystemFailure("connect", number: failure).text)
                }
                if isConnected(number) { return (number, "") }
                try patience.wait(number, events: Int16(POLLOUT))
            }
        } catch {
            close(number)
            throw error
        }
    }

    /// Small packets go at once, and a peer that is gone is noticed.
    private static func tune(_ socket: Int32) {
        set(socket, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        set(socket, SOL_SOCKET, SO_KEEPALIVE, 1)
        set(socket, Int32(IPPROTO_TCP), TCP_KEEPIDLE, 10)
        set(socket, Int32(IPPROTO_TCP), TCP_KEEPINTVL, 5)
        set(socket, Int32(IPPROTO_TCP), TCP_KEEPCNT, 3)
        set(socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, silenceSeconds * 1000)
    }

    private static func set(_ socket: Int32, _ level: Int32, _ name: Int32, _ value: Int32) {
        var value = value
        _ = unsafe setsockopt(socket, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func option(_ socket: Int32, _ level: Int32, _ name: Int32) -> Int32 {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        _ = unsafe getsockopt(socket, level, name, &value, &size)
        return value
    }

    private static func isConnected(_ socket: Int32) -> Bool {
        var peer = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &peer) { peer in
            unsafe peer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getpeername(socket, $0, &size) == 0
            }
        }
    }
}
