/// Connects to many hosts, `stagger` apart and at most `atOnce` at the same time, and gives the outcome for each, in order.
///
/// Hosts behind one sshd, or behind one slow machine, refuse connections that begin all at once (sshd's MaxStartups).
/// The deadline is for each host from the moment its connection begins.
public func connectEach(
    _ hosts: [SSHHost], stagger: Duration = .milliseconds(20), atOnce: Int = 8,
    deadline: Duration = SSHSession.defaultDeadline
) async -> [Result<SSHSession, SSHError>] {
    precondition(atOnce > 0, "at least one connection at once")
    let start = ContinuousClock.now
    return await withTaskGroup(of: Outcome.self) { group in
        var outcomes: [Outcome] = []
        for (index, host) in hosts.enumerated() {
            if index >= atOnce, let outcome = await group.next() { outcomes.append(outcome) }
            group.addTask {
                // A cancelled wait only makes the connection begin, and end, at once.
                try? await Task.sleep(until: start + stagger * index, clock: .continuous)
                return await Outcome(index: index, session: attempt(host, deadline))
            }
        }
        for await outcome in group { outcomes.append(outcome) }
        return outcomes.sorted { $0.index < $1.index }.map(\.session)
    }
}

private struct Outcome: Sendable {
    let index: Int
    let session: Result<SSHSession, SSHError>
}

private func attempt(_ host: SSHHost, _ deadline: Duration) async -> Result<SSHSession, SSHError> {
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
