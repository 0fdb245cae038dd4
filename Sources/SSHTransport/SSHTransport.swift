/// Connects to many hosts, `stagger` apart and at most `atOnce` at the same time, and gives the outcome for each, in order.
///
/// Hosts behind one sshd, or behind one slow machine, refuse connections that begin all at once (sshd's MaxStartups).
/// The deadline is for each host from the moment its connection begins.
public func connectEach(
    _ hosts: [SSHHost], stagger: Duration = .milliseconds(20), atOnce: Int = 8,
    deadline: Duration = SSHSession.defaultDeadline
) async -> [Result<SSHSession, SSHError>] {
    precondition(atOnce > 0, "at least one connection at once")
    return await withTaskGroup(of: Attempt.self) { group in
        var outcomes: [Int: Result<SSHSession, SSHError>] = [:]
        let start = ContinuousClock.now
        for (index, host) in hosts.enumerated() {
            if index >= atOnce, let done = await group.next() { outcomes[done.index] = done.outcome }
            group.addTask {
                // A cancelled wait only makes the connection begin, and end, at once.
                try? await Task.sleep(until: start + stagger * index, clock: .continuous)
                return Attempt(index: index, outcome: await outcome(of: host, deadline))
            }
        }
        for await done in group { outcomes[done.index] = done.outcome }
        return hosts.indices.map { index in
            guard let outcome = outcomes[index] else { preconditionFailure("every host was tried") }
            return outcome
        }
    }
}

/// How the connection to one of several hosts came out.
private struct Attempt: Sendable {
    var index: Int
    var outcome: Result<SSHSession, SSHError>
}

private func outcome(of host: SSHHost, _ deadline: Duration) async -> Result<SSHSession, SSHError> {
    do throws(SSHError) {
        return .success(try await SSHSession.connect(host, deadline: deadline))
    } catch {
        return .failure(error)
    }
}

/// Connects to all hosts as `connectEach` does; when one fails, the others are closed again and the error names all that failed.
public func connectAll(
    _ hosts: [SSHHost], stagger: Duration = .milliseconds(20), atOnce: Int = 8,
    deadline: Duration = SSHSession.defaultDeadline
) async throws(SSHError) -> [SSHSession] {
    var sessions: [SSHSession] = []
    var failures: [SSHError] = []
    for outcome in await connectEach(hosts, stagger: stagger, atOnce: atOnce, deadline: deadline) {
        switch outcome {
        case .success(let session): sessions.append(session)
        case .failure(let error): failures.append(error)
        }
    }
    guard var first = failures.first else { return sessions }
    for session in sessions { await session.close() }
    for other in failures.dropFirst() { first.detail += "; also \(other.host): \(other.detail)" }
    throw first
}
