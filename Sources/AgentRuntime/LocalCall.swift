import AgentProtocol
import Glibc

/// One request to the agent of this host, for the commands a person types.
struct LocalCall {
    let places: Places

    /// nil when nobody listens or answers in time.
    func call<Request: AgentRequest>(
        _ request: Request, seconds: Double = 3
    ) throws(AgentError) -> Request.Reply? {
        guard let descriptor = UnixSocket.connect(places.socket) else { return nil }
        defer { close(descriptor) }
        let header = RequestHeader(id: "local\(getpid())t\(monotonicNanoseconds())-1", op: Request.op)
        guard let line = try? AgentLine.request(header, request),
            writeAll(descriptor, line + [UInt8(ascii: "\n")])
        else { return nil }
        nonblocking(descriptor)
        guard let reply = Self.line(descriptor, until: monotonicNanoseconds() + seconds.nanoseconds) else {
            return nil
        }
        if let error = try AgentLine.replyHeader(reply).error { throw error }
        return try AgentLine.replyBody(Request.Reply.self, reply)
    }

    private static func line(_ descriptor: Int32, until limit: Int64) -> [UInt8]? {
        var lines = LineSplitter()
        while true {
            let left = limit - monotonicNanoseconds()
            guard left > 0 else { return nil }
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&polled, 1, Int32(left / 1_000_000 + 1))
            switch readSome(descriptor) {
            case .bytes(let bytes):
                for case .line(let line) in lines.feed(bytes) { return line }
            case .wouldBlock: continue
            case .end: return nil
            }
        }
    }
}
