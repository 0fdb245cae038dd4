import Generators
import HistoryModel
import RunStore
import Systems
import Workloads

/// The last phase: heal, wait until replicas have caught up, read every key, dump every node.
struct FinalPhase {
    var workers: [Worker]
    var clients: Int
    var nemesis: Nemesis
    var control: ClusterControl
    var recorder: Recorder
    var problems: Problems
    var progress: @Sendable (RunProgress) -> Void

    private static let patience = Duration.seconds(30)

    /// Undoes what was done to hosts and nodes. Always takes place.
    func heal() async {
        progress(.phase("heal"))
        recorder.note("phase", ["name": "heal"])
        await nemesis.endAll()
        do {
            try await control.openAllGates()
        } catch {
            problems.add(Problem(.harnessError, "opening gates: \(error)"))
        }
    }

    /// Waits for the replicas; one that stays behind is for the checkers to judge, from its dump.
    func settle() async throws {
        do {
            // A node that could not be healed does not catch up.
            let patience = await nemesis.unhealed.isEmpty ? Self.patience : .seconds(1)
            try await control.waitUntilCaughtUp(within: patience)
            recorder.note("phase", ["name": "caught-up"])
        } catch {
            try Task.checkCancellation()
            recorder.note("phase", ["name": "not-caught-up", "detail": .string("\(error)")])
            progress(.message("replicas have not caught up: \(error)"))
        }
    }

    /// Reads every key and dumps every living node.
    func read(_ reads: OperationList) async throws {
        progress(.phase("final reads"))
        recorder.note("phase", ["name": "final-reads"])
        let generator = SharedGenerator(reads, origin: recorder.clock.now)
        await withDiscardingTaskGroup { group in
            for worker in workers {
                group.addTask { await worker.work(on: generator) }
            }
        }
        try Task.checkCancellation()
        for (index, node) in await control.living.enumerated() {
            let site = control.member(node).site
            let access = await control.access(node)
            let system = control.system
            await workers[index % workers.count].recording(f: "dump", node: node) {
                try await system.dump(site, via: access).value
            }
        }
    }
}
