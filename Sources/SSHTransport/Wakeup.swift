import CLibSSH2
import Glibc

/// Ends a `poll` from another thread.
struct Wakeup: ~Copyable {
    let descriptor: Descriptor

    init() throws(SystemFailure) {
        let number = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard number >= 0 else { throw SystemFailure("eventfd") }
        descriptor = Descriptor(owning: number)
    }

    /// Safe from every thread: one 8-byte write.
    func signal() { _ = eventfd_write(descriptor.number, 1) }

    func clear() {
        var count: eventfd_t = 0
        _ = unsafe eventfd_read(descriptor.number, &count)
    }
}
