/// What the nemesis said, and the windows of the faults that it named.
struct NemesisRecord {
    private(set) var events: [Event] = []
    private(set) var windows: [FaultWindow] = []
    /// By fault: the window that is open.
    private var open: [String: Int] = [:]

    mutating func append(_ event: Event) {
        events.append(event)
        guard let fault = event.value["fault"]?.string else { return }
        switch event.f {
        case "fault-start":
            open[fault] = windows.count
            windows.append(
                FaultWindow(
                    fault: fault, kind: event.value["kind"]?.string ?? "fault",
                    startIndex: event.index, start: event.time, end: nil))
        case "fault-end":
            guard let window = open.removeValue(forKey: fault) else { return }
            windows[window].end = event.time
        default: break
        }
    }
}
