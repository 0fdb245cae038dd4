import Checkers
import Foundation
import HistoryModel
import HostProcesses
import RunStore
import Testing

/// The names of the directed scenarios in `workloads/oracle`.
private let scenarios: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: Inquest.root + "/workloads/oracle")) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
}()

extension EndToEnd {
    @Suite struct OracleTests {
        @Test(
            "every row that the oracle's scenarios must show has one, and every violation has a repaired twin")
        func rowsAreCovered() throws {
            let rows = [
                "SL01", "SL02", "SL03", "SL04", "SL05", "SL06", "SL07", "SL08", "SL11", "SL14", "SL20", "SL21",
                "SL22",
                "SL30",
                "SL40", "SL44", "SL45", "SL90", "SL95", "SL96",
                "SL09", "SL10", "SL12", "SL13", "SL23", "SL24", "SL41", "SL42", "SL43", "SL46", "SL47", "SL48",
                "SL49",
                "SL50", "SL51", "SL60", "SL61", "SL62", "SL63", "SL64", "SL70", "SL71", "SL80",
                "SL91", "SL92a", "SL92b", "SL93", "SL94",
                "RA01", "RA02", "RA03", "RA04", "RA05", "RA06", "RA07", "RA08",
                "RA09",
                "CH01", "CH02", "CH03", "CH04", "CH05", "CH06", "CH07", "CH08", "CH09",
                "LL01", "LL02", "LL03", "LL04", "LL05", "LL06", "LL07", "LL08", "LL09", "LL10", "LL11", "LL12",
                "LL13",
                "LL14", "LL15", "LL16", "LL17",
            ]
            #expect(Set(rows).subtracting(scenarios) == [])
            let oracle = try Oracle()
            for name in scenarios {
                let row = try #require(oracle.row(ofScenario: name), "docs/oracle.csv has no row for \(name)")
                guard row.values.contains([.invalid]) else { continue }
                #expect(scenarios.contains(name + "-repaired"))
            }
        }

        /// All scenarios of Raft and of a single leader without arbiters; of the others, which all run in simulation, one
        /// and its twin, and one that fails over by its arbiters.
        ///
        /// Raft's loads and scenarios with power cuts need disks that lose what is not durable, which its nodes have in
        /// simulation alone.
        static let onHosts = scenarios.filter { name in
            name.hasPrefix("RA") && !name.contains("-faults") || operated.contains(String(name.prefix(4)))
                || ["SL46", "SL61", "CH04", "CH04-repaired", "LL09", "LL09-repaired", "ML04", "ML04-repaired"]
                    .contains(name)
        }

        /// Rows of a single leader whom an operator chooses.
        static let operated = [
            "SL01", "SL02", "SL03", "SL04", "SL05", "SL06", "SL07", "SL11", "SL14", "SL20", "SL21", "SL22", "SL30",
            "SL31", "SL40", "SL44", "SL45", "SL90", "SL95", "SL96",
        ]

        @Test("a directed scenario gives the verdicts of its row of docs/oracle.csv", arguments: onHosts)
        func scenario(_ name: String) async throws {
            let row = try #require(try Oracle().row(ofScenario: name))
            let run = try await FinishedRun("workloads/oracle/\(name).yaml")
            #expect(run.output.status == 0, run.said)
            let stored = try run.stored()
            let file = try #require(stored.verdicts)
            let found = Dictionary(uniqueKeysWithValues: file.verdicts.map { ($0.guarantee, $0.judgement) })
            for (guarantee, allowed) in row {
                let judgement = try #require(found[guarantee], "\(guarantee.rawValue) was not judged")
                #expect(allowed.contains(judgement), "\(guarantee.rawValue) is \(judgement.rawValue)")
            }
            for verdict in file.verdicts where verdict.judgement == .invalid {
                #expect(!verdict.anomalies.isEmpty && verdict.anomalies.allSatisfy { !$0.evidence.isEmpty })
            }
            #expect(stored.faults.allSatisfy { $0.outcome == .proven })
            #expect(stored.notes == [])
            try checkWhatHappened(in: stored, name)
            let nodes = try #require(stored.record).nodes.map(\.name)
            #expect(run.missingFiles(nodes: nodes, hasFaults: !stored.faults.isEmpty) == [])
            #expect(try await leftovers(of: stored) == [])
            if name == "SL40" { try await checkReportPage(of: stored) }
        }

        /// What the nodes' own logs say of the scenario's turning point.
        private func checkWhatHappened(in run: StoredRun, _ name: String) throws {
            let events = Dictionary(grouping: run.nodeEvents, by: \.event)
            func nodes(_ event: String) -> [String] { (events[event] ?? []).map(\.node) }
            let starts = nodes("start").sorted()
            switch name {
            case "SL95-layout":
                #expect(starts == ["n1", "n2", "n3", "n3"])
                #expect(nodes("refused").contains("n3"))
            case "SL20-snapshot":
                #expect(nodes("snapshot-sent") == ["n1"])
                #expect(nodes("snapshot-installed") == ["n2"])
                #expect(starts == ["n1", "n2", "n2", "n3"])
            case "SL20":
                #expect(nodes("snapshot-sent") == [])
                #expect(starts == ["n1", "n2", "n2", "n3"])
            case "SL21", "SL21-repaired", "SL22", "SL22-repaired":
                #expect(starts.count == 4)
            case "SL46":
                #expect(nodes("leader").isEmpty == false && nodes("sync-set").isEmpty == false)
            case "SL61":
                #expect(nodes("lost-suffix") == ["n1"])
            case "SL30", "SL31":
                #expect(starts == ["n1", "n1", "n2", "n3"])
                #expect(nodes("promote") == [])
            case "SL40", "SL40-repaired", "SL44", "SL44-repaired", "SL45", "SL45-repaired":
                #expect(nodes("promote") == ["n2"])
                #expect(starts == ["n1", "n1", "n2", "n3"])
                #expect(nodes("snapshot-installed").contains("n1"), "the old leader came back empty")
                #expect(run.history.nemesis.filter { $0.f == "promote" }.count == 1)
            case "ML10":
                #expect(starts == ["n1", "n2", "n3", "n3"])
            case "ML21", "ML21-repaired":
                #expect(starts == ["n1", "n2", "n3", "n4", "n5"])
            case "RA01", "RA02", "RA01-members":
                #expect(starts.count == (name == "RA01-members" ? 6 : 4), "one leader was killed and came back")
                let others = (events["vote"] ?? []).filter { NodeReport($0).peer != $0.node }
                #expect(!others.isEmpty, "nobody was elected")
            case "RA09", "RA09-repaired":
                #expect(starts.count == 4, "one leader was killed and came back")
            default:
                #expect(starts == ["n1", "n2", "n3"])
                #expect(nodes("promote") == [])
            }
        }
    }
}
