import AgentProtocol
import Systems

/// What systems need of a host, done by its agent.
struct AgentHostAccess: HostAccess {
    var agent: any AgentCalls

    func exec(_ argv: [String], input: [UInt8], deadline: Duration) async throws -> ExecResult {
        let reply = try await agent.call(
            Exec(argv: argv, input: Bytes(input), deadlineSeconds: deadline.inSeconds),
            deadline: deadline + .seconds(5))
        guard !reply.timedOut else {
            throw AgentError(.deadline, "\(argv.joined(separator: " ")): no end after \(deadline)")
        }
        guard !reply.isTruncated else {
            throw AgentError(
                .tooLong,
                "\(argv.joined(separator: " ")): more output than the \(AgentLimits.outputBytes) bytes "
                    + "that are kept; use fewer keys or a shorter run")
        }
        return ExecResult(
            status: Int32(reply.exit.code ?? 128 + (reply.exit.signal ?? 0)),
            standardOutput: reply.output.bytes, standardError: reply.error.bytes)
    }

    func spawn(_ process: ProcessSpec, deadline: Duration) async throws {
        let spawn = Spawn(
            name: process.name, argv: process.argv, environment: process.environment,
            directory: process.workingDirectory, output: process.standardOutput,
            error: process.standardError, ready: process.readyLine, readySeconds: deadline.inSeconds,
            fakesClock: process.fakesClock)
        do {
            _ = try await agent.call(spawn, deadline: deadline + .seconds(5))
        } catch  where error.code == .exists {
            // An earlier start was cut short on our side and went on over there; what it became ready for is not known.
            _ = try await agent.call(Signal(name: process.name, signal: .kill))
            _ = try await agent.call(spawn, deadline: deadline + .seconds(5))
        }
    }

    func signal(_ name: String, _ signal: ProcessSignal) async throws {
        let kind: Signal.Kind =
            switch signal {
            case .kill: .kill
            case .term: .term
            case .stop: .stop
            case .cont: .cont
            }
        _ = try await agent.call(Signal(name: name, signal: kind))
    }

    func putFile(_ path: String, _ content: [UInt8], mode: UInt32) async throws {
        _ = try await agent.call(PutFile(path: path, content: Bytes(content), mode: Int(mode)))
    }

    func removeTree(_ path: String) async throws {
        _ = try await agent.call(RemoveTree(path: path))
    }
}

extension Duration {
    /// Seconds, for those who want them so.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
