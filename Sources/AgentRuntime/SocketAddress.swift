import Glibc

/// An IPv4 or IPv6 address with a port, as the socket calls take it.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private let size: socklen_t
    let family: Int32

    /// nil unless `address` is a literal address.
    init?(_ address: String, _ port: Int) {
        var v4 = sockaddr_in()
        var v6 = sockaddr_in6()
        if unsafe inet_pton(AF_INET, address, &v4.sin_addr) == 1 {
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = in_port_t(port).bigEndian
            family = AF_INET
            size = socklen_t(MemoryLayout<sockaddr_in>.size)
            unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: v4, as: sockaddr_in.self) }
        } else if unsafe inet_pton(AF_INET6, address, &v6.sin6_addr) == 1 {
            v6.sin6_family = sa_family_t(AF_INET6)
            v6.sin6_port = in_port_t(port).bigEndian
            family = AF_INET6
            size = socklen_t(MemoryLayout<sockaddr_in6>.size)
            unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: v6, as: sockaddr_in6.self) }
        } else {
            return nil
        }
    }

    private init(_ storage: sockaddr_storage, size: socklen_t) {
        self.storage = storage
        self.size = size
        family = Int32(storage.ss_family)
    }

    func withPointer<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        unsafe withUnsafePointer(to: storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, size) }
        }
    }

    /// One datagram, cut to 256 bytes, and who sent it; nil when there is none.
    static func receive(_ descriptor: Int32) -> (bytes: [UInt8], source: SocketAddress)? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = unsafe withUnsafeMutablePointer(to: &storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe recvfrom(descriptor, &buffer, buffer.count, 0, $0, &size)
            }
        }
        guard count >= 0 else { return nil }
        return (Array(buffer[..<count]), SocketAddress(storage, size: size))
    }

    /// The address without the port.
    var text: String {
        var text = [CChar](repeating: 0, count: 64)
        unsafe withUnsafeBytes(of: storage) { bytes in
            let isV4 = storage.ss_family == sa_family_t(AF_INET)
            // The address lies behind family and port, in IPv6 also behind the flow label.
            let address = unsafe bytes.baseAddress?.advanced(by: isV4 ? 4 : 8)
            if let address = unsafe address {
                _ = unsafe inet_ntop(isV4 ? AF_INET : AF_INET6, address, &text, socklen_t(text.count))
            }
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
