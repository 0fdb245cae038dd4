import CLibSSH2
import Glibc

/// The socket as libssh2 sees it: sending never blocks.
///
/// When a send would block, libssh2 requires that exactly the same call is repeated before any other that sends, and
/// for some packets it even compares addresses on the stack. Channels that share a session cannot keep that rule. So
/// its send callback always takes everything, into a buffer that the event loop empties; writers look at `isFull` first.
final class Wire {
    /// Writers stop above this many buffered bytes.
    static let fullBytes = 256 * 1024
    /// How much of the peer's unencrypted beginning is kept for error messages.
    static let beginningBytes = 16 * 1024

    let socket: Descriptor
    private var outgoing: [UInt8] = []
    private var sent = 0
    /// What the peer said first: its banner and its key exchange proposal.
    private(set) var beginning: [UInt8] = []
    private var isBeginning = true
    private var isDiscarding = false
    /// Bytes that went through the socket, either way: when it changes, channels may be able to move.
    private(set) var traffic: UInt64 = 0

    init(_ socket: consuming Descriptor) { self.socket = socket }

    var isFull: Bool { outgoing.count - sent > Self.fullBytes }

    var wantsToSend: Bool { sent < outgoing.count }

    /// Ends the recording of the beginning.
    func established() { isBeginning = false }

    /// From now on nothing reaches or leaves the socket, so that libssh2 can free its session without waiting.
    func discard() { isDiscarding = true }

    /// Gives the kernel as much of the buffer as it takes. False when the connection is broken.
    func flush() -> Bool {
        while sent < outgoing.count {
            let count = unsafe outgoing.withUnsafeBytes { bytes in
                unsafe Glibc.send(
                    socket.number, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { return errno == EAGAIN }
            sent += count
            traffic += UInt64(count)
        }
        outgoing.removeAll(keepingCapacity: true)
        sent = 0
        return true
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        if isDiscarding { return bytes.count }
        unsafe outgoing.append(contentsOf: bytes)
        return flush() ? bytes.count : -Int(EPIPE)
    }

    private func receive(_ bytes: UnsafeMutableRawBufferPointer, flags: Int32) -> Int {
        if isDiscarding { return 0 }
        let count = unsafe recv(socket.number, bytes.baseAddress, bytes.count, flags)
        if count < 0 { return -Int(errno == EINTR ? EAGAIN : errno) }
        traffic += UInt64(count)
        if isBeginning && beginning.count < Self.beginningBytes {
            unsafe beginning.append(contentsOf: bytes[..<count])
        }
        return count
    }

    private typealias Abstract = UnsafeMutablePointer<UnsafeMutableRawPointer?>
    private typealias SendCallback =
        @convention(c) (Int32, UnsafeRawPointer?, Int, Int32, Abstract?) -> Int
    private typealias ReceiveCallback =
        @convention(c) (Int32, UnsafeMutableRawPointer?, Int, Int32, Abstract?) -> Int

    /// Puts this wire between the session and its socket; the session must not outlive it.
    func carry(_ session: OpaquePointer) {
        let send: SendCallback = { _, bytes, count, _, abstract in
            guard let context = unsafe abstract?.pointee else { return -Int(EPIPE) }
            let wire = unsafe Unmanaged<Wire>.fromOpaque(context).takeUnretainedValue()
            return unsafe wire.take(UnsafeRawBufferPointer(start: bytes, count: count))
        }
        let receive: ReceiveCallback = { _, bytes, count, flags, abstract in
            guard let context = unsafe abstract?.pointee else { return -Int(EPIPE) }
            let wire = unsafe Unmanaged<Wire>.fromOpaque(context).takeUnretainedValue()
            return unsafe wire.receive(UnsafeMutableRawBufferPointer(start: bytes, count: count), flags: flags)
        }
        unsafe libssh2_session_abstract(session).pointee = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe libssh2_session_callback_set(
            session, LIBSSH2_CALLBACK_SEND, unsafeBitCast(send, to: UnsafeMutableRawPointer.self))
        unsafe libssh2_session_callback_set(
            session, LIBSSH2_CALLBACK_RECV, unsafeBitCast(receive, to: UnsafeMutableRawPointer.self))
    }
}
