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
                    do {
                        try await takeLeave(of: link)
                    } catch {
                        problems.add(
                            Problem(
                                .harnessError, node: link.host.name, "taking leave of the host: \(error)",
                                advice: "its agent undoes everything when the lease is over"))
                    }
                }
            }
        }
    }

    private func takeLeave(of link: HostLink) async throws {
        let own = sites.values.filter { $0.host == link.host.name }
        for site in own {
            _ = try? await link.agent.call(Signal(name: site.name, signal: .term, waitSeconds: Self.grace))
        }
        let healed = try await link.agent.call(HealAll())
        for failure in healed.failures { notAsFound(link, failure) }
        for site in own {
            try await fetchLogs(of: site, link)
            _ = try await link.agent.call(RemoveTree(path: site.stateDirectory))
            _ = try await link.agent.call(RemoveTree(path: site.runDirectory))
        }
        let comparison = try await link.agent.call(FinalCompare())
        for difference in comparison.differences { notAsFound(link, difference) }
        _ = try await link.agent.call(Bye())
    }

    private func notAsFound(_ link: HostLink, _ difference: String) {
        problems.add(
            Problem(.hostNotAsFound, node: link.host.name, difference, advice: "put it right by hand"))
    }

    private func fetchLogs(of site: NodeSite, _ link: HostLink) async throws {
        let place = try directory.makeNodeDirectory(site.name)
        for path in [site.standardOutput, site.standardError, site.eventLog] {
            let name = path.split(separator: "/").last.map(String.init) ?? "log"
            var bytes: [UInt8] = []
            var offset = 0
            while bytes.count < Self.logLimit {
                guard let piece = try await piece(of: path, offset, link) else { break }
                bytes += piece.content.bytes
                offset = piece.next
                if piece.next >= piece.size { break }
            }
            guard !bytes.isEmpty else { continue }
            try directory.write(bytes, to: "\(place)/\(name)")
        }
    }

    private func piece(of path: String, _ offset: Int, _ link: HostLink) async throws -> LogPiece? {
        do throws(AgentError) {
            return try await link.agent.call(ReadLog(path: path, offset: offset))
        } catch  where error.code == .notFound {
            return nil
        }
    }
}
