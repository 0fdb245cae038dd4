import AgentProtocol
import Glibc

/// Datagrams that a peer's agent answers, for round trips and rates.
struct ProbeEcho {
    private static let question = "inquest-ask "
    private static let reply = "inquest-answer "

    /// Answers a datagram if it is such a question.
    static func answer(_ text: String, from source: SocketAddress, on descriptor: Int32) -> Bool {
        guard text.hasPrefix(question) else { return false }
        let words = text.dropFirst(question.count).prefix { $0 != "\n" }
        let bytes = [UInt8]("\(reply)\(words)\n".utf8)
        _ = unsafe source.withPointer { unsafe sendto(descriptor, bytes, bytes.count, 0, $0, $1) }
        return true
    }

    private let request: ProbeExchange
    private let address: SocketAddress
    private let descriptor: Int32
    private var sent: [Int: Int64] = [:]
    private var answers: [Int: Int64] = [:]

    /// Does a whole exchange; blocks.
    static func exchange(_ request: ProbeExchange) throws(AgentError) -> ProbeExchanged {
        guard isAgentName(request.nonce), (1...1000).contains(request.count), (64...1200).contains(request.size),
            request.patienceSeconds > 0, request.patienceSeconds <= 30, (1...65535).contains(request.port)
        else {
            throw AgentError(
                .badRequest, "a nonce is a word, and 1 to 1000 probes of 64 to 1200 bytes are waited for up to 30 s"
            )
        }
        guard let address = SocketAddress(request.address, request.port) else {
            throw AgentError(.badRequest, "\(request.address.debugDescription) is no address")
        }
        let descriptor = socket(address.family, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { throw AgentError(.failed, "no socket: \(errorText())") }
        defer { close(descriptor) }
        closeOnExec(descriptor)
        nonblocking(descriptor)
        var echo = ProbeEcho(request: request, address: address, descriptor: descriptor)
        return echo.run()
    }

    private init(request: ProbeExchange, address: SocketAddress, descriptor: Int32) {
        self.request = request
        self.address = address
        self.descriptor = descriptor
    }

    private mutating func run() -> ProbeExchanged {
        var next = 0
        var limit = monotonicNanoseconds() + request.patienceSeconds.nanoseconds
        while answers.count < request.count {
            let now = monotonicNanoseconds()
            if now >= limit {
                // The one that is waited for is lost: the next one, if there is one.
                guard request.isPaced, next < request.count else { break }
                limit = now + request.patienceSeconds.nanoseconds
                send(&next)
                continue
            }
            let maySend = next < request.count && (!request.isPaced || next == 0 || answers[next - 1] != nil)
            if maySend, send(&next) { limit = now + request.patienceSeconds.nanoseconds }
            var polled = [
                pollfd(
                    fd: descriptor, events: Int16(maySend && !request.isPaced ? POLLIN | POLLOUT : POLLIN),
                    revents: 0)
            ]
            unsafe poll(&polled, 1, Int32(min(20, (limit - now) / 1_000_000 + 1)))
            receive()
        }
        let times = answers.values.sorted()
        return ProbeExchanged(
            answered: answers.count,
            roundTrips: answers.compactMap { number, time in sent[number].map { time - $0 } }.sorted(),
            spanNanoseconds: (times.last ?? 0) - (sent[0] ?? 0))
    }

    @discardableResult
    private mutating func send(_ next: inout Int) -> Bool {
        var bytes = [UInt8]("\(Self.question)\(request.nonce) \(next)\n".utf8)
        bytes += [UInt8](repeating: UInt8(ascii: "."), count: max(0, request.size - bytes.count))
        let time = monotonicNanoseconds()
        let count = unsafe address.withPointer { unsafe sendto(descriptor, bytes, bytes.count, 0, $0, $1) }
        guard count == bytes.count || errno != EAGAIN else { return false }
        sent[next] = time
        next += 1
        return true
    }

    private mutating func receive() {
        while let (bytes, _) = SocketAddress.receive(descriptor) {
            let now = monotonicNanoseconds()
            let words =
                String(decoding: bytes, as: UTF8.self).split(separator: "\n").first?.split(separator: " ") ?? []
            guard words.count == 3, words[0] == "inquest-answer", words[1] == request.nonce,
                let number = Int(words[2])
            else { continue }
            if answers[number] == nil { answers[number] = now }
        }
    }
}
