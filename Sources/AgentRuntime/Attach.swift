import AgentProtocol
import Glibc

/// What `inquest-agent attach` is: copies its input to the agent and the agent's words to its output.
///
/// It keeps nothing, so it may be cut at any byte. It ends when either side does.
enum Attach {
    static func run(_ places: Places) -> Int32 {
        guard let descriptor = UnixSocket.connect(places.socket) else {
            let reason = errorText()
            _ = writeAll(
                2, [UInt8]("inquest-agent: no agent at \(places.socket): \(reason); run inquest-agent start\n".utf8)
            )
            return 69
        }
        while true {
            var polled = [0, descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard unsafe poll(&polled, 2, -1) > 0 else { continue }
            for (index, ends) in [(0, descriptor), (descriptor, Int32(1))].enumerated()
            where polled[index].revents != 0 {
                guard case .bytes(let bytes) = readSome(ends.0), writeAll(ends.1, bytes) else { return 0 }
            }
        }
    }
}
