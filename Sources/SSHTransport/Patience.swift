/// What every step of making a connection carries: whom for, how long, and how to wait without deafness.
struct Patience {
    let host: SSHHost
    let deadline: Deadline
    let thread: SessionThread

    /// Waits until the descriptor is ready or somebody wakes the thread; throws when there is no more time.
    func wait(_ descriptor: Int32, events: Int16) throws(SSHError) {
        try check()
        thread.wait(descriptor, events: events, milliseconds: deadline.pollMilliseconds)
        try check()
    }

    /// Waits `milliseconds`, or less when the time is over before.
    func pause(milliseconds: Int32) throws(SSHError) {
        let pause = Deadline(.milliseconds(Int64(milliseconds)))
        while !pause.isPast {
            try check()
            thread.wait(-1, events: 0, milliseconds: min(pause.pollMilliseconds, deadline.pollMilliseconds))
        }
    }

    private func check() throws(SSHError) {
        if thread.isInterrupted { throw error(.cancelled, "the connection is no longer wanted") }
        guard deadline.isPast else { return }
        throw error(
            .deadline, "no connection within \(deadline.allowed)",
            "Check that the host is up, that sshd listens at this address and port, and what lies in between")
    }

    func error(_ code: SSHError.Code, _ detail: String, _ advice: String = "") -> SSHError {
        SSHError(code, host: host.label, operation: "connect", detail: detail, advice: advice)
    }
}
