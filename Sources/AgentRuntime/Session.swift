import AgentProtocol
import Glibc
import Synchronization

/// Who may command this agent, until when.
final class Session: Sendable {
    private struct Lease {
        var controller: String
        var seconds: Double
        /// Nanoseconds since boot.
        var deadline: Int64
    }

    private struct State {
        var lease: Lease?
        /// The controller whose lease lapsed last, for a clear answer to it.
        var lapsed: String?
        var idleSince: Int64
        var protectedPorts: Set<Int>
        var snapshot: HostSnapshot?
    }

    private let state: Mutex<State>
    private let alwaysProtected: Set<Int>
    private let file: LeaseFile

    init(file: LeaseFile, protectedPorts: Set<Int>) {
        self.file = file
        alwaysProtected = protectedPorts
        state = Mutex(State(idleSince: bootNanoseconds(), protectedPorts: protectedPorts))
        file.set(0)
    }

    var protectedPorts: Set<Int> { state.withLock { $0.protectedPorts } }
    var snapshot: HostSnapshot? { state.withLock { $0.snapshot } }

    /// Holder and seconds left.
    var holder: (controller: String, seconds: Double)? {
        state.withLock { state in
            state.lease.map { ($0.controller, Double($0.deadline - bootNanoseconds()) / 1e9) }
        }
    }

    /// Nanoseconds without a lease; 0 with one.
    var idle: Int64 {
        state.withLock { $0.lease == nil ? bootNanoseconds() - $0.idleSince : 0 }
    }

    /// Counts the time without a lease from now.
    func linger() {
        state.withLock { $0.idleSince = bootNanoseconds() }
    }

    /// Gives the lease to a controller; true when it did not hold it before, so that stock must be taken.
    func open(_ controller: String, _ hello: Hello) throws(AgentError) -> Bool {
        try state.withLock { state throws(AgentError) in
            if let lease = state.lease, lease.controller != controller {
                let left = max(0, (lease.deadline - bootNanoseconds()) / 1_000_000_000)
                throw AgentError(
                    .leased,
                    "controller \(lease.controller) holds this host for another \(left) s; wait, or end that run")
            }
            let isNew = state.lease == nil
            let deadline = bootNanoseconds() + hello.leaseSeconds.nanoseconds
            state.lease = Lease(controller: controller, seconds: hello.leaseSeconds, deadline: deadline)
            state.lapsed = nil
            let ports = alwaysProtected.union(hello.protectedPorts)
            state.protectedPorts = isNew ? ports : state.protectedPorts.union(ports)
            file.set(deadline)
            return isNew
        }
    }

    func keep(_ snapshot: HostSnapshot) {
        state.withLock { $0.snapshot = snapshot }
    }

    /// Throws unless the controller holds the lease.
    func require(_ controller: String) throws(AgentError) {
        try state.withLock { state throws(AgentError) in try Self.check(state, controller) }
    }

    /// Throws while another controller holds the lease.
    func refuse(besides controller: String) throws(AgentError) {
        if let holder, holder.controller != controller { throw Self.held(by: holder.controller) }
    }

    private static func held(by controller: String) -> AgentError {
        AgentError(.leased, "controller \(controller) holds this host")
    }

    func renew(_ controller: String) throws(AgentError) -> RenewReply {
        try state.withLock { state throws(AgentError) in
            try Self.check(state, controller)
            guard var lease = state.lease else { throw AgentError(.noLease, "no lease") }
            lease.deadline = bootNanoseconds() + lease.seconds.nanoseconds
            state.lease = lease
            file.set(lease.deadline)
            return RenewReply(leaseSeconds: lease.seconds)
        }
    }

    private static func check(_ state: State, _ controller: String) throws(AgentError) {
        if state.lease?.controller == controller { return }
        if state.lapsed == controller {
            throw AgentError(
                .leaseLapsed, "the lease of \(controller) lapsed and everything was undone; say hello again")
        }
        if let lease = state.lease { throw held(by: lease.controller) }
        throw AgentError(.noLease, "\(controller) holds no lease; say hello first")
    }

    /// Whether there is a lease whose time is over.
    var isOverdue: Bool {
        state.withLock { state in state.lease.map { $0.deadline <= bootNanoseconds() } ?? false }
    }

    /// Takes the lease away when its time is over. The guardian is given time in which everything gets undone.
    func lapse() -> String? {
        state.withLock { state in
            guard let lease = state.lease, lease.deadline <= bootNanoseconds() else { return nil }
            Self.end(&state)
            state.lapsed = lease.controller
            file.set(bootNanoseconds() + 5_000_000_000)
            return lease.controller
        }
    }

    func close() {
        state.withLock { Self.end(&$0) }
    }

    /// Nothing is left to be undone: the guardian need not watch the time.
    func rest() {
        state.withLock { state in
            if state.lease == nil { file.set(0) }
        }
    }

    private static func end(_ state: inout State) {
        state.lease = nil
        state.idleSince = bootNanoseconds()
    }
}

/// The lease's deadline where the guardian reads it, even when the agent hangs.
struct LeaseFile: Sendable {
    private let descriptor: Int32

    init(_ path: String) throws(AgentError) {
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw AgentError(.failed, "\(path): \(errorText())") }
    }

    /// Nanoseconds since boot; 0: there is no lease.
    func set(_ deadline: Int64) {
        var value = deadline
        _ = unsafe pwrite(descriptor, &value, 8, 0)
    }

    func read() -> Int64 {
        var value: Int64 = 0
        return unsafe pread(descriptor, &value, 8, 0) == 8 ? value : 0
    }
}
