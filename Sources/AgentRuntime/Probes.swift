import AgentProtocol
import Glibc
import Synchronization

/// UDP datagrams that show whether a peer can be heard, sent and counted.
final class Probes: Sendable {
    private struct Key: Hashable {
        var address: String
        var port: Int
        var nonce: String
    }

    private struct State {
        /// Sockets by port, one for each address family.
        var sockets: [Int: [Int32]] = [:]
        var counts: [Key: Int] = [:]
    }

    static let maxPorts = 64
    static let maxSources = 4096
    private static let prefix = "inquest-probe "
    private let state = Mutex(State())
    private let onChange: @Sendable () -> Void

    /// - Parameter onChange: called when there are other sockets to read than before.
    init(onChange: @escaping @Sendable () -> Void) {
        self.onChange = onChange
    }

    /// Sockets to be polled, with the ports they are bound to.
    var sockets: [(descriptor: Int32, port: Int)] {
        state.withLock { state in
            state.sockets.flatMap { entry in entry.value.map { ($0, entry.key) } }
        }
    }

    func listen(_ port: Int) throws(AgentError) {
        guard (1...65535).contains(port) else { throw AgentError(.badRequest, "\(port) is no port") }
        try state.withLock { state throws(AgentError) in
            guard state.sockets[port] == nil else { return }
            guard state.sockets.count < Self.maxPorts else {
                throw AgentError(.busy, "\(Self.maxPorts) ports are listened on already")
            }
            var sockets: [Int32] = []
            for family in [AF_INET, AF_INET6] {
                guard let descriptor = Self.bound(family, port) else { continue }
                sockets.append(descriptor)
            }
            guard !sockets.isEmpty else { throw AgentError(.failed, "UDP port \(port): \(errorText())") }
            state.sockets[port] = sockets
        }
        onChange()
    }

    private static func bound(_ family: Int32, _ port: Int) -> Int32? {
        let descriptor = socket(family, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        closeOnExec(descriptor)
        nonblocking(descriptor)
        var on: Int32 = 1
        if family == AF_INET6 { unsafe setsockopt(descriptor, Int32(IPPROTO_IPV6), 26 /* V6ONLY */, &on, 4) }
        let address = SocketAddress(family == AF_INET ? "0.0.0.0" : "::", port)
        guard let address, unsafe address.withPointer({ unsafe bind(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Counts what has arrived on a socket; at most 256 datagrams at a time.
    func receive(_ descriptor: Int32, port: Int) {
        for _ in 0..<256 {
            guard let (bytes, source) = SocketAddress.receive(descriptor) else { return }
            let text = String(decoding: bytes, as: UTF8.self)
            if ProbeEcho.answer(text, from: source, on: descriptor) { continue }
            guard text.hasPrefix(Self.prefix) else { continue }
            let nonce = String(text.dropFirst(Self.prefix.count).prefix { $0 != " " })
            guard isAgentName(nonce) else { continue }
            state.withLock { state in
                let key = Key(address: source.text, port: port, nonce: nonce)
                guard state.counts[key] != nil || state.counts.count < Self.maxSources else { return }
                state.counts[key, default: 0] += 1
            }
        }
    }

    func send(_ request: ProbeSend) throws(AgentError) -> ProbeSent {
        guard isAgentName(request.nonce), (1...1000).contains(request.count) else {
            throw AgentError(.badRequest, "a nonce is a word, and 1 to 1000 probes are sent")
        }
        guard (1...65535).contains(request.port), let address = SocketAddress(request.address, request.port)
        else {
            throw AgentError(
                .badRequest, "\(request.address.debugDescription) port \(request.port) is no address and port")
        }
        let descriptor = socket(address.family, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { throw AgentError(.failed, "no socket: \(errorText())") }
        defer { close(descriptor) }
        closeOnExec(descriptor)
        var reply = ProbeSent(sent: 0, refused: 0)
        for number in 0..<request.count {
            let bytes = [UInt8]("\(Self.prefix)\(request.nonce) \(number)\n".utf8)
            let count = unsafe address.withPointer { pointer, size in
                unsafe sendto(descriptor, bytes, bytes.count, 0, pointer, size)
            }
            if count == bytes.count { reply.sent += 1 } else { reply.refused += 1 }
        }
        return reply
    }

    func report(_ nonce: String?) -> ProbesReceived {
        let counts = state.withLock { $0.counts }
        return ProbesReceived(
            sources: counts.filter { nonce == nil || $0.key.nonce == nonce }
                .map { .init(address: $0.key.address, port: $0.key.port, nonce: $0.key.nonce, count: $0.value) }
                .sorted { ($0.address, $0.port, $0.nonce) < ($1.address, $1.port, $1.nonce) })
    }

    func close() {
        state.withLock { state in
            state.sockets.values.joined().forEach { _ = Glibc.close($0) }
            state = State()
        }
        onChange()
    }

    private func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }

    private static func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }
}
