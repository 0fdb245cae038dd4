import HistoryModel

/// What the nodes of this repository have in common for those who run them: their programs, their command line, their
/// admin socket.
struct NodeOperator: Sendable {
    /// The name of the system, which is that of its program.
    let system: String

    func checkHost(
        programs: [String], _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError) {
        for program in programs {
            let path = site.program(program)
            let check = command(site, "check host", ["test", "-x", path])
            do throws(SystemError) {
                _ = try await check.run(via: host)
            } catch  where error.code == .commandFailed {
                throw check.failed(.notInstalled, "\(path) is no program on host \(site.host); upload it first")
            }
        }
    }

    /// The command line: what all designs have, and the words of this one. Gates towards the node itself are left out.
    func argv(
        _ site: NodeSite, _ cluster: ClusterPlan, own words: [String], gates: [String],
        delays: [NodeSingleOptions.Delay]
    ) -> [String] {
        let peers = cluster.sites.map { "\($0.name)=\($0.peerAddress)" }
        let clients = cluster.sites.map { "\($0.name)=\($0.clientAddress)" }
        let own = (gates + cluster.closedGates[site.name, default: []]).filter { !$0.hasSuffix(":\(site.name)") }
        let delays = delays.filter { !$0.target.hasSuffix(":\(site.name)") }
        var argv = [site.program(system), "--id", site.name, "--cluster", cluster.name]
        argv += ["--peers", peers.joined(separator: ","), "--client", "\(site.clientAddress)"]
        argv += ["--clients", clients.joined(separator: ","), "--peer", "\(site.peerAddress)"]
        argv += ["--admin", "unix:\(socket(site))", "--data", site.dataDirectory]
        argv += words + ["--seed", "\(cluster.seed)"]
        if !own.isEmpty { argv += ["--gate", own.joined(separator: ",")] }
        if !delays.isEmpty {
            argv += ["--delay", delays.map { "\($0.target)=\($0.range)" }.joined(separator: ",")]
        }
        return argv + ["--log", site.eventLog, "--pidfile", "\(site.runDirectory)/\(site.name).pid"]
    }

    /// Asks the node over its admin socket, and reads its answer.
    func ask<Answer>(
        _ site: NodeSite, _ words: [String], via host: any HostAccess,
        deadline: Duration = HostCommand.defaultDeadline,
        _ read: (Value) throws(AnswerError) -> Answer
    ) async throws(SystemError) -> Answer {
        let argv = [site.program("nodectl"), "--socket", socket(site)] + words
        var command = command(site, words.joined(separator: " "), argv)
        command.deadline = deadline
        let output = try await command.run(via: host).standardOutput
        do throws(AnswerError) {
            let answer = try JSONReply.value(output)
            if let message = answer["error"] { throw AnswerError(.commandFailed, message.plainText) }
            return try read(answer)
        } catch {
            throw command.failed(error.code, error.message)
        }
    }

    private func socket(_ site: NodeSite) -> String { "\(site.runDirectory)/\(site.name).sock" }

    private func command(_ site: NodeSite, _ action: String, _ argv: [String]) -> HostCommand {
        HostCommand(system: system, site: site, action: action, argv: argv)
    }
}
