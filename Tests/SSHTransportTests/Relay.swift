import Foundation
import HostProcesses
import Synchronization

/// Passes TCP connections on to another loopback port, and cuts the first one when enough bytes have passed.
final class Relay: Sendable {
    let port: UInt16
    private let listener: Listener
    private let target: UInt16
    private let limit: Int
    private let isEnding = Atomic(false)

    init(to target: UInt16, cutAfter limit: Int) throws {
        listener = try Listener()
        port = listener.port
        self.target = target
        self.limit = limit
        Thread.detachNewThread { self.run() }
    }

    func end() {
        isEnding.store(true, ordering: .relaxed)
        shutdown(listener.descriptor, Int32(SHUT_RDWR))
    }

    private func run() {
        var limit = limit
        while !isEnding.load(ordering: .relaxed) {
            let client = accept(listener.descriptor, nil, nil)
            guard client >= 0 else { return }
            let allowed = limit
            limit = .max
            Thread.detachNewThread { self.serve(client, allowed) }
        }
    }

    private func serve(_ client: Int32, _ limit: Int) {
        let server = connected(to: target)
        defer { for end in [client, server] { close(end) } }
        var passed = 0
        var buffer = [UInt8](repeating: 0, count: 65536)
        while passed < limit {
            var ends = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard unsafe poll(&ends, 2, 10_000) > 0 else { return }
            for (from, to) in [(0, server), (1, client)] where ends[from].revents != 0 {
                let count = unsafe recv(ends[from].fd, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                var sent = 0
                while sent < count {
                    let more = unsafe buffer.withUnsafeBytes {
                        unsafe send(to, $0.baseAddress?.advanced(by: sent), count - sent, Int32(MSG_NOSIGNAL))
                    }
                    guard more > 0 else { return }
                    sent += more
                }
                passed += count
            }
        }
    }

    private func connected(to port: UInt16) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        _ = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return descriptor
    }
}
