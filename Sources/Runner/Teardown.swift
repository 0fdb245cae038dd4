import AgentProtocol
import Clusters
import Foundation
import RunStore
import Systems

/// Ends nodes, fetches what they left, removes our files and compares each host with how it was found.
struct Teardown: Sendable {
    var links: [HostLink]
    var sites: [String: NodeSite]
    var directory: RunDirectory
    var problems: Problems

    /// More of a log than this is left behind.
    private static let logLimit = 64 << 20
    private static let grace = 3.0

    /// Does all of it on every host at once; what goes wrong on one becomes a problem of the run.
    func run() async {
        await withDiscardingTaskGroup { group in
            for link in links {
                group.addTask {
                    await takeLeave(of: link.agent, host: link.host.name, state: link.host.stateDirectory)
                }
            }
        }
    }

    /// Each step is tried whatever became of those before: a log that cannot be kept is no reason to leave a host dirty.
    func takeLeave(of agent: any AgentCalls, host: String, state: String) async {
        let own = sites.values.filter { $0.host == host }
        for site in own {
            _ = try? await agent.call(Signal(name: site.name, signal: .term, waitSeconds: Self.grace))
        }
        await trying("healing", on: host) {
            for failure in try await agent.call(HealAll()).failures { notAsFound(host, failure) }
        }
        for site in own {
            await trying("fetching logs", on: host) { try await fetchLogs(of: site, agent) }
            for path in [site.stateDirectory, site.runDirectory] {
                await trying("removing \(path)", on: host) { _ = try await agent.call(RemoveTree(path: path)) }
            }
        }
        await trying("removing the run's directory", on: host) {
            _ = try await agent.call(RemoveTree(path: "\(state)/runs/\(directory.name)"))
        }
        await trying("comparing the host", on: host) {
            for difference in try await agent.call(FinalCompare()).differences { notAsFound(host, difference) }
        }
        await trying("giving the lease back", on: host) { _ = try await agent.call(Bye()) }
    }

    private func trying(_ what: String, on host: String, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            // Without an agent every step fails for the same reason, which is said once.
            let isGone = (error as? AgentError)?.code == .disconnected
            problems.add(
                Problem(
                    .harnessError, node: host, "taking leave of the host: \(isGone ? "" : "\(what): ")\(error)",
                    advice: "its agent undoes everything when the lease is over"))
        }
    }

    private func notAsFound(_ host: String, _ difference: String) {
        problems.add(
            Problem(.hostNotAsFound, node: host, difference, advice: "put it right by hand"))
    }

    private func fetchLogs(of site: NodeSite, _ agent: any AgentCalls) async throws {
        let place = try directory.makeNodeDirectory(site.name)
        for path in [site.standardOutput, site.standardError, site.eventLog] {
            let name = path.split(separator: "/").last.map(String.init) ?? "log"
            var bytes: [UInt8] = []
            var offset = 0
            while bytes.count < Self.logLimit {
                guard let piece = try await piece(of: path, offset, agent) else { break }
                bytes += piece.content.bytes
                offset = piece.next
                if piece.next >= piece.size { break }
            }
            guard !bytes.isEmpty else { continue }
            try directory.write(bytes, to: "\(place)/\(name)")
        }
    }

    private func piece(of path: String, _ offset: Int, _ agent: any AgentCalls) async throws -> LogPiece? {
        do throws(AgentError) {
            return try await agent.call(ReadLog(path: path, offset: offset))
        } catch  where error.code == .notFound {
            return nil
        }
    }
}
