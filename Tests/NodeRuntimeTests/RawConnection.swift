import Foundation
import Synchronization

/// A TCP connection to a loopback port, blocking, with a deadline of 10 s on everything.
struct RawConnection {
    struct Failure: Error { var what: String }

    private let file: Int32

    init(port: Int) throws {
        file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard unsafe Self.call(port, { unsafe connect(file, $0, $1) }) == 0 else {
            throw Failure(what: "connect: errno \(errno)")
        }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        _ = unsafe setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    static func call(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = in_port_t(port).bigEndian
        return unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    mutating func write(_ text: String) throws {
        let bytes = Array(text.utf8)
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes[offset...].withUnsafeBytes {
                unsafe send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(what: "send: errno \(errno)") }
            offset += count
        }
    }

    mutating func read(_ count: Int) throws -> String {
        var bytes: [UInt8] = []
        while bytes.count < count, let piece = try piece(count - bytes.count) { bytes += piece }
        return String(decoding: bytes, as: UTF8.self)
    }

    mutating func readToEnd() throws -> String {
        var bytes: [UInt8] = []
        while let piece = try piece(4096) { bytes += piece }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func piece(_ limit: Int) throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = unsafe recv(file, &buffer, limit, 0)
        if count < 0, errno == ECONNRESET { return nil }
        guard count >= 0 else { throw Failure(what: "recv: errno \(errno)") }
        return count == 0 ? nil : Array(buffer[..<count])
    }

    func close() { _ = Foundation.close(file) }
}

/// A proxy on loopback that can swallow everything both ways and accept without answering, as a partition looks to
/// TCP: connections stay, and nothing arrives.
final class BlackholeProxy: Sendable {
    let port: Int
    private let listener: Int32
    private let isSwallowing: Atomic<Bool> = Atomic(false)
    private let isStopped: Atomic<Bool> = Atomic(false)
    private let target: Int

    init(to target: Int) throws {
        self.target = target
        port = FreePorts.take(1)[0]
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let file = listener
        guard unsafe RawConnection.call(port, { unsafe bind(file, $0, $1) }) == 0, listen(listener, 16) == 0
        else { throw RawConnection.Failure(what: "listen: errno \(errno)") }
        Thread.detachNewThread { [self] in acceptAll() }
    }

    func setSwallowing(_ value: Bool) { isSwallowing.store(value, ordering: .relaxed) }

    func stop() {
        isStopped.store(true, ordering: .relaxed)
        _ = shutdown(listener, Int32(SHUT_RDWR))
        _ = close(listener)
    }

    private func acceptAll() {
        while !isStopped.load(ordering: .relaxed) {
            let near = accept(listener, nil, nil)
            guard near >= 0 else { return }
            let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard unsafe RawConnection.call(target, { unsafe connect(far, $0, $1) }) == 0 else {
                _ = close(near)
                _ = close(far)
                continue
            }
            // A connection made while everything is swallowed is lost for good, as a lost SYN is.
            let isLost = isSwallowing.load(ordering: .relaxed)
            Thread.detachNewThread { [self] in pump(near, far, isLost) }
            Thread.detachNewThread { [self] in pump(far, near, isLost) }
        }
    }

    private func pump(_ from: Int32, _ to: Int32, _ isLost: Bool) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        var isBroken = isLost
        while true {
            let count = unsafe recv(from, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            if isSwallowing.load(ordering: .relaxed) { isBroken = true }
            guard !isBroken else { continue }
            guard unsafe send(to, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        _ = shutdown(from, Int32(SHUT_RDWR))
        if !isBroken { _ = shutdown(to, Int32(SHUT_RDWR)) }
    }
}
