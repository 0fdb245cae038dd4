import HistoryModel
import Testing

@Suite("Columns and their views")
struct ColumnTests {
    @Test("the views of random histories are the events that they came from")
    func views() throws {
        for seed in 0..<UInt64(inputCount(300)) {
            // Long ones too: then what few events have is stored in another way.
            let made = RandomEvents(seed: seed, steps: seed % 50 == 0 ? 3000 : 40)
            let history = try History(made.events)
            #expect(Array(history.events) == made.events, "seed \(seed)")
            let operations = history.operations
            #expect(operations.count == made.pairs.count, "seed \(seed)")
            for (operation, pair) in zip(operations, made.pairs) {
                #expect(operation.invocation.event == made.events[pair.invocation], "seed \(seed)")
                #expect(operation.completion?.event == pair.completion.map { made.events[$0] }, "seed \(seed)")
                expectSame(operation, made.events[pair.invocation], pair.completion.map { made.events[$0] })
            }
            #expect(history.nemesis == made.events.filter { $0.process == .nemesis }, "seed \(seed)")
        }
    }

    @Test("an answer that is changed brings its own metadata, and leaves those of the others")
    func changedAnswers() throws {
        for seed in 0..<UInt64(inputCount(100)) {
            let history = try History(RandomEvents(seed: seed, steps: seed % 20 == 0 ? 3000 : 40).events)
            let ended = history.operations.indices.filter { history.operations[$0].completion != nil }
            for ordinal in [ended.first, ended.last, ended.dropFirst(ended.count / 2).first].compactMap(\.self) {
                let copy = try history.changing([ChangedAnswer(ordinal, 77, meta: ["version": 5])])
                for (place, operation) in copy.operations.enumerated() {
                    let isChanged = place == ordinal
                    #expect(operation.meta == (isChanged ? ["version": 5] : history.operations[place].meta))
                    #expect(operation.result == (isChanged ? 77 : history.operations[place].result))
                }
            }
        }
    }

    private func expectSame(_ operation: HistoryModel.Operation, _ invocation: Event, _ completion: Event?) {
        #expect(operation.index == invocation.index)
        #expect(operation.process == invocation.process)
        #expect(operation.f == invocation.f)
        #expect(operation.key == invocation.key)
        #expect(operation.argument == invocation.value)
        #expect(operation.outcome == completion?.type ?? .info)
        #expect(operation.result == (completion?.type == .ok ? completion?.value ?? .null : .null))
        #expect(operation.node == completion?.node ?? invocation.node)
        #expect(operation.meta == completion?.meta ?? .null)
        #expect(operation.completion?.time == completion?.time)
    }

    @Test("instants are the dense ranks of the times")
    func instants() throws {
        for seed in 0..<UInt64(inputCount(300)) {
            let made = RandomEvents(seed: seed)
            let history = try History(made.events)
            let times = Set(made.events.map(\.time)).sorted()
            for (ordinal, pair) in made.pairs.enumerated() {
                let call = times.firstIndex(of: made.events[pair.invocation].time)
                #expect(Int(history.call(ordinal)) == call, "seed \(seed)")
                let completion = pair.completion.map { made.events[$0] }
                let ret = completion.flatMap { $0.type == .info ? nil : times.firstIndex(of: $0.time) }
                #expect(Int(history.ret(ordinal)) == ret ?? Int(Int32.max), "seed \(seed)")
            }
        }
    }

    @Test("operations are found by the indices of their events")
    func ordinals() throws {
        for seed in 0..<UInt64(inputCount(100)) {
            let made = RandomEvents(seed: seed)
            let history = try History(made.events)
            var expected: [Int: Int] = [:]
            for (ordinal, pair) in made.pairs.enumerated() {
                expected[made.events[pair.invocation].index] = ordinal
                if let completion = pair.completion { expected[made.events[completion].index] = ordinal }
            }
            for index in -1...(made.events.last?.index ?? 0) + 1 {
                #expect(history.ordinal(ofIndex: index) == expected[index], "seed \(seed), index \(index)")
            }
        }
    }

    @Test("histories are equal if their events are, however their names are numbered")
    func equality() throws {
        let history = try History(notation: "p0 w x 1 ok | p1 w y 2 ok")
        #expect(try History(Array(history.events)) == history)
        #expect(try History(notation: "p0 w x 1 ok | p1 w y 3 ok") != history)
        let lines = history.events.map { event in
            let line = String(decoding: JSONLines.line(event), as: UTF8.self)
            return line.replacing("\"key\":\"\(event.key ?? "")\",", with: "")
                .replacing("}\n", with: ",\"key\":\"\(event.key ?? "")\"}\n")
        }
        let reordered = try JSONLines.read(Array(lines.joined().utf8)).history
        #expect(reordered == history)
        #expect(reordered.hashValue == history.hashValue)
        #expect(reordered.operations[1] == history.operations[1])
        #expect(reordered.operations[0] != history.operations[1])
    }

    @Test("a process goes on after info, and what it had asked stays open")
    func goesOn() throws {
        let history = try History(notation: "p0 w x 1 info | p0 r x 1 ok")
        #expect(history.operations.map(\.outcome) == [.info, .ok])
        #expect(history.ret(0) == .max)
    }

    @Test("an event that is refused leaves the builder as it was")
    func refused() throws {
        let events = try HistoryNotation.events("p0 w x 1 | p1 r x | p0 ok | p1 ok 1")
        var builder = HistoryBuilder()
        for event in events {
            var stray = event
            stray.process = .client(7)
            stray.type = .ok
            let before = builder.count
            do throws(HistoryError) {
                try builder.append(stray)
                Issue.record("a completion without invocation was taken")
            } catch {
                #expect(error.code == .completionWithoutInvocation)
            }
            #expect(builder.count == before)
            try builder.append(event)
        }
        #expect(Array(builder.finish().events) == events)
    }
}
