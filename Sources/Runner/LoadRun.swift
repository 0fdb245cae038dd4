import Faults
import Generators
import HistoryModel
import RunStore
import Systems
import Workloads

/// The clients' work beside the schedule of faults.
struct LoadRun {
    var workers: [Worker]
    var nemesis: Nemesis
    var control: ClusterControl
    var recorder: Recorder
    var problems: Problems
    var generator: SharedGenerator
    var schedule: FaultSchedule
    var duration: Duration
    var failover: FailoverPolicy?
    /// Start of the clients' work on the run's clock.
    var origin: Int64

    /// Runs until the time is over or the task is cancelled; operations under way are finished.
    func run() async {
        await withDiscardingTaskGroup { group in
            for worker in workers {
                group.addTask { await worker.work(on: generator) }
            }
            group.addTask { await applyFaults() }
            group.addTask { await watchLeader() }
        }
    }

    /// How often a group that chooses its leader by itself is asked for it.
    private static let watch = Duration.milliseconds(250)

    private func watchLeader() async {
        guard control.system.traits.choosesLeader else { return }
        while recorder.clock.now < origin + duration.nanoseconds {
            await control.lookForLeader()
            guard (try? await Task.sleep(for: Self.watch)) != nil else { return }
        }
    }

    private func applyFaults() async {
        await withDiscardingTaskGroup { group in
            for step in schedule.steps(until: duration) {
                let time = origin + step.time.nanoseconds
                guard (try? await recorder.clock.sleep(until: time)) != nil else { return }
                group.addTask { await perform(step, at: time) }
            }
        }
    }

    private func perform(_ step: FaultStep, at time: Int64) async {
        switch step.action {
        case .end: await nemesis.end(step.id)
        case .start:
            await control.lookForLeader()
            let leader = await control.leader
            await nemesis.start(step.fault, as: step.id, plannedAt: time)
            guard step.fault.kind.isDeath, let failover, await control.isDead(leader) else { return }
            await failOver(failover, from: leader)
        }
    }

    private func failOver(_ policy: FailoverPolicy, from leader: String) async {
        do {
            try await Task.sleep(for: policy.after)
            guard await control.leader == leader else { return }
            try await control.promote(policy.choice, isFailover: true)
        } catch is CancellationError {
            return
        } catch {
            problems.add(Problem(.harnessError, node: leader, "failover: \(error)"))
        }
    }
}
