/// Finds each invocation's completion, and refuses what cannot be a history.
struct Pairing {
    private(set) var operations: [Operation] = []
    private(set) var nemesis: [Event] = []
    private(set) var faultWindows: [FaultWindow] = []
    private var open: [ProcessID: Int] = [:]
    private var openFaults: [String: Int] = [:]
    private var lastTime = Int64.min
    private var lastIndex = -1

    init(_ events: [Event]) throws(HistoryError) {
        operations.reserveCapacity(events.count / 2 + 1)
        for (position, event) in events.enumerated() {
            try add(event, line: position + 1)
        }
    }

    private mutating func add(_ event: Event, line: Int) throws(HistoryError) {
        guard event.index > lastIndex else {
            throw HistoryError(
                .indexRunsBackwards, line: line, "index \(event.index) comes after \(lastIndex)")
        }
        guard event.time >= lastTime else {
            throw HistoryError(
                .timeRunsBackwards, line: line, "time \(event.time) comes after \(lastTime)")
        }
        lastIndex = event.index
        lastTime = event.time
        guard event.process != .nemesis else { return addNemesis(event) }
        if event.type == .invoke {
            try invoke(event, line: line)
        } else {
            try complete(event, line: line)
        }
    }

    private mutating func invoke(_ event: Event, line: Int) throws(HistoryError) {
        if let earlier = open[event.process] {
            throw HistoryError(
                .twoOpenInvocations, line: line,
                "process \(event.process) invokes \(event.f) while operation "
                    + "\(operations[earlier].index) is open")
        }
        open[event.process] = operations.count
        operations.append(Operation(process: event.process, invocation: event, completion: nil))
    }

    private mutating func complete(_ event: Event, line: Int) throws(HistoryError) {
        guard let position = open.removeValue(forKey: event.process) else {
            throw HistoryError(
                .completionWithoutInvocation, line: line,
                "process \(event.process) completes \(event.f), which it has not invoked")
        }
        let invocation = operations[position].invocation
        guard invocation.f == event.f, event.key == nil || invocation.key == event.key else {
            throw HistoryError(
                .completionOfAnother, line: line,
                "process \(event.process) invoked \(invocation.f) and completes \(event.f)")
        }
        operations[position].completion = event
    }

    private mutating func addNemesis(_ event: Event) {
        nemesis.append(event)
        guard let fault = event.value["fault"]?.string else { return }
        switch event.f {
        case "fault-start":
            openFaults[fault] = faultWindows.count
            faultWindows.append(
                FaultWindow(
                    fault: fault, kind: event.value["kind"]?.string ?? "fault",
                    startIndex: event.index, start: event.time, end: nil))
        case "fault-end":
            guard let window = openFaults.removeValue(forKey: fault) else { return }
            faultWindows[window].end = event.time
        default: break
        }
    }
}
