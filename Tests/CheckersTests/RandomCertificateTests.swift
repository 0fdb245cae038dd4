import Certificates
import Determinism
import HistoryModel
import SequentialModels
import Testing

@testable import Checkers

extension Certificate {
    /// What `inquest check --certificate` writes, written and read again.
    init(_ linearization: Linearization, _ history: History) throws {
        let objects = try linearization.objects.map { object in
            let steps = object.order.map { step in
                Step(
                    history.operations[Int(step.ordinal)].index,
                    part: step.part < 0 ? Optional.none : Int(step.part))
            }
            return Object(object.key, try #require(Model(rawValue: object.kind.rawValue)), steps)
        }
        self = try Certificate(Certificate(objects).bytes)
    }
}

/// Certificates of random histories, against trying all orders.
extension RandomHistoryTests {
    /// The certificate of a history by one algorithm; `nil` if it is not found linearizable. Says what is wrong with it.
    private func certificate(
        _ history: History, by algorithm: LinearizabilityAlgorithm? = nil
    ) throws -> Certificate? {
        var options = CheckOptions(guarantees: [.linearizable])
        options.wantsLinearization = true
        options.algorithm = algorithm
        let verdict = check(history, options)[0]
        #expect((verdict.linearization != nil) == (verdict.judgement == .valid))
        guard let linearization = verdict.linearization else { return nil }
        let certificate = try Certificate(linearization, history)
        if let flaw = certificate.flaw(in: history) {
            Issue.record("\(verdict.algorithm): \(flaw): \(certificate.objects): \(HistoryNotation.text(history))")
        }
        return certificate
    }

    /// Certificates by every algorithm that fits; how many were verified.
    private func certificates(_ history: History) throws -> Int {
        var count = try certificate(history) == nil ? 0 : 1
        for algorithm in LinearizabilityAlgorithm.fitting(history) {
            count += try certificate(history, by: algorithm) == nil ? 0 : 1
        }
        return count
    }

    @Test(
        "every algorithm's certificates are verified, on objects of every kind",
        arguments: RandomObject.Shape.allCases)
    func certifiedObjects(shape: RandomObject.Shape) throws {
        var random = SeededRandom.named("certified-\(shape)", seed: randomSeed)
        let count = historyCount(400, parts: RandomObject.Shape.allCases.count)
        var verified = 0
        for _ in 0..<count {
            let operations = RandomObject.operations(shape, random.split())
            guard operations.function.contains(where: { $0 != .read }) else { continue }
            let events = ObjectEvents(shape, operations, isText: random.chance(1, in: 2)).events
            verified += try certificates(History(events))
        }
        #expect(verified > count / 4, "\(verified)")
    }

    @Test("certificates of queues, stacks and priority queues are verified")
    func certifiedContainers() throws {
        var random = SeededRandom.named("certified-containers", seed: randomSeed)
        var verified = [0, 0, 0]
        let count = historyCount(300, parts: 6)
        for indefinite in [0, 3] {
            let queues = Self.shape(QueueModel(), .enqueue, .dequeue, peeks: true, indefinite: indefinite)
            let stacks = Self.shape(StackModel(), .push, .pop, peeks: true, indefinite: indefinite)
            let heaps = Self.shape(PriorityQueueModel(), .insert, .pollMax, peeks: true, indefinite: indefinite)
            for _ in 0..<count {
                let calls = [
                    RandomCalls.calls(queues, random.split()), RandomCalls.calls(stacks, random.split()),
                    RandomCalls.calls(heaps, random.split()),
                ]
                for (kind, calls) in calls.enumerated() {
                    verified[kind] += try certificates(History(CallEvents(calls, random.split()).events))
                }
            }
        }
        #expect(verified.allSatisfy { $0 > count }, "\(verified)")
    }

    /// No order is looked for where elements are taken out of a set that is read as a whole.
    private static let certifiable = RandomHistory.Shape.allCases.filter { $0 != .shrinkingEnds }

    @Test(
        "certificates of histories of several keys, with failed operations and atomic reads, are verified",
        arguments: certifiable)
    func certifiedHistories(shape: RandomHistory.Shape) throws {
        var random = SeededRandom.named("certified-history-\(shape)", seed: randomSeed)
        let count = historyCount(400, parts: Self.certifiable.count)
        var verified = 0
        for _ in 0..<count {
            verified += try certificates(History(RandomHistory.events(shape, random.split())))
        }
        #expect(verified > count / 8, "\(verified)")
    }

    @Test("a certificate is what trying finds to be one, damaged or not", arguments: RandomObject.Shape.allCases)
    func damagedCertificates(shape: RandomObject.Shape) throws {
        var random = SeededRandom.named("damaged-\(shape)", seed: randomSeed)
        let count = historyCount(600, parts: RandomObject.Shape.allCases.count)
        var (accepted, refused) = (0, 0)
        for _ in 0..<count {
            let operations = RandomObject.operations(shape, random.split())
            guard operations.function.contains(where: { $0 != .read }) else { continue }
            let history = try History(ObjectEvents(shape, operations, isText: false).events)
            guard let whole = try certificate(history), whole.objects.count == 1 else { continue }
            var damaged = whole
            if random.chance(4, in: 5) { damage(&damaged.objects[0].order, history, &random) }
            let naive = NaiveObject(shape.kind, operations)
            let steps = damaged.objects[0].order
            let positions = steps.compactMap { step in history.operations.firstIndex { $0.index == step.operation }
            }
            // Processes matter for locks alone: everything else has one for each operation.
            let isInOrder = shape.kind != .mutex || areInOrder(positions, history)
            let isProof =
                positions.count == steps.count && isInOrder
                && naive.isCertificate(positions.map { operations.operation[$0] })
            let flaw = damaged.flaw(in: history)
            if isProof { accepted += 1 } else { refused += 1 }
            guard isProof != (flaw == nil) else { continue }
            Issue.record("\(flaw?.description ?? "accepted"): \(steps): \(HistoryNotation.text(history))")
            return
        }
        #expect(accepted > count / 100 && refused > count / 50, "\(accepted) accepted, \(refused) refused")
    }

    private func areInOrder(_ positions: [Int], _ history: History) -> Bool {
        positions.indices.allSatisfy { later in
            positions[..<later].allSatisfy { earlier in
                history.columns.process[earlier] != history.columns.process[positions[later]]
                    || earlier < positions[later] || history.operations[positions[later]].outcome != .ok
            }
        }
    }

    /// Exchanges, drops, doubles or puts in one step.
    private func damage(_ order: inout [Certificate.Step], _ history: History, _ random: inout SeededRandom) {
        let place = random.below(max(order.count, 1))
        switch random.below(5) {
        case 0, 1:
            guard order.count > 1 else { return }
            order.swapAt(place, random.below(order.count))
        case 2: if !order.isEmpty { order.remove(at: place) }
        case 3: if !order.isEmpty { order.insert(order[place], at: random.below(order.count + 1)) }
        default:
            let index = random.below(4) == 0 ? 9999 : random.choose(history.operations.map(\.index))
            order.insert(Certificate.Step(index), at: order.isEmpty ? 0 : place)
        }
    }
}
