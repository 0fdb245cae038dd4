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
            try await control.openAllGates(but: nemesis.unhealed)
        } catch {
            problems.add(Problem(.harnessError, "opening gates: \(error)"))
        }
    }

    /// Waits for the replicas; one that stays behind is for the checkers to judge, from its dump.
    ///
    /// False if one did.
    func settle() async throws -> Bool {
        do {
            // A node that could not be healed does not catch up.
            try await control.waitUntilCaughtUp(within: Self.patience, heldBack: nemesis.unhealed)
            recorder.note("phase", ["name": "caught-up"])
            return true
        } catch {
            try Task.checkCancellation()
            recorder.note("phase", ["name": "not-caught-up", "detail": .string("\(error)")])
            progress(.message("replicas have not caught up: \(error)"))
            return false
        }
    }

    /// Reads every key.
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
    }

    /// Dumps every living node; once more if they differ, for a request that was under way may have come in between.
    func dump() async throws {
        let outsiders = await control.outsiders()
        for node in outsiders.sorted() {
            recorder.note("phase", ["name": "left-out", "detail": .string(node)])
            progress(.message("\(node) is in no group any more, so it is not compared"))
        }
        guard await dumpAll(but: outsiders).count > 1 else { return }
        recorder.note("phase", ["name": "dumps-differ"])
        guard try await settle() else { return }
        _ = await dumpAll(but: outsiders)
    }

    /// What the nodes hold that answered: one value if they agree.
    private func dumpAll(but outsiders: Set<String>) async -> Set<Value> {
        var found: Set<Value> = []
        // A node that could not be healed answers nothing.
        let left = await nemesis.unhealed.union(outsiders)
        for (index, node) in await control.living.enumerated() where !left.contains(node) {
            let site = control.member(node).site
            let access = await control.access(node)
            let system = control.system
            let dump = await workers[index % workers.count].recording(f: "dump", node: node) {
                try await system.dump(site, via: access).value
            }
            if let dump { found.insert(dump) }
        }
        return found
    }
}
