import Glibc
import Synchronization

/// An address that `connect` takes.
struct SocketAddress: Sendable {
    let family: Int32
    let bytes: [UInt8]
}

/// Finds the addresses of a name on a thread of its own, because the system's resolver knows no deadline.
///
/// A lookup that nobody waits for any longer ends by itself and owns what it uses.
final class AddressLookup: Sendable {
    private let name: String
    private let port: UInt16
    private let done: Wakeup
    private let answer = Mutex<Result<[SocketAddress], LookupFailure>?>(nil)

    struct LookupFailure: Error { let text: String }

    static func addresses(of host: SSHHost, _ patience: Patience) throws(SSHError) -> [SocketAddress] {
        let unknown = "The address comes from the hosts file; check it and this machine's resolver"
        do {
            if let numeric = try? resolve(host.address, host.port, flags: AI_NUMERICHOST).get() { return numeric }
            let lookup = try AddressLookup(host.address, host.port)
            while true {
                if let answer = lookup.answer.withLock({ $0 }) {
                    switch answer {
                    case .success(let addresses): return addresses
                    case .failure(let failure):
                        throw patience.error(.cannotConnect, "\(host.address): \(failure.text)", unknown)
                    }
                }
                try patience.wait(lookup.done.descriptor.number, events: Int16(POLLIN))
            }
        } catch let error as SSHError {
            throw error
        } catch let failure as SystemFailure {
            throw patience.error(.cannotConnect, failure.text)
        } catch {
            throw patience.error(.cannotConnect, "\(error)")
        }
    }

    private init(_ name: String, _ port: UInt16) throws(SystemFailure) {
        self.name = name
        self.port = port
        done = try Wakeup()
        try detachThread { [self] in run() }
    }

    private func run() {
        let found = Self.resolve(name, port, flags: 0)
        answer.withLock { $0 = found }
        done.signal()
    }

    private static func resolve(
        _ name: String, _ port: UInt16, flags: Int32
    ) -> Result<[SocketAddress], LookupFailure> {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = flags | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = unsafe getaddrinfo(name, String(port), &hints, &list)
        guard failure == 0 else {
            return .failure(LookupFailure(text: unsafe String(cString: gai_strerror(failure))))
        }
        defer { unsafe freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            let bytes = unsafe UnsafeRawBufferPointer(
                start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen))
            found.append(SocketAddress(family: unsafe entry.pointee.ai_family, bytes: unsafe Array(bytes)))
            unsafe next = unsafe entry.pointee.ai_next
        }
        return .success(found)
    }
}
