import HistoryModel

/// What one key held at the end, as a final read or a dump shows it.
struct FinalReading {
    /// The ordinal of the operation in the history.
    var operation: Int
    /// The number of what a register held; `nil` for a value that no client ever named.
    var value: Int?
    /// The numbers of the elements that a set held.
    var elements: Set<Int>
    /// Elements that no client ever named.
    var foreign: [Value]
    var isDump: Bool
}

/// All that shows how the keys ended.
///
/// Nothing counts that was read while a fault was active that keeps replicas apart: the end had not come. A kill does
/// not keep apart: a dead node answers nothing.
struct FinalReadings {
    /// By key.
    private(set) var readings: [[FinalReading]]
    /// True if some were left out because a fault was active.
    private(set) var isCutShort = false

    init(_ accesses: Accesses) {
        readings = [[FinalReading]](repeating: [], count: accesses.keys.count)
        let healing = Healing(accesses.history)
        for reading in accesses.readings where reading.isFinal && reading.source != .cas {
            guard healing.isHealed(accesses.operation(reading.operation)) else {
                isCutShort = true
                continue
            }
            readings[reading.key].append(
                FinalReading(
                    operation: reading.operation, value: reading.value, elements: Set(reading.elements),
                    foreign: [],
                    isDump: false))
        }
        for dump in accesses.dumps {
            guard healing.isHealed(accesses.operation(dump.operation)) else {
                isCutShort = true
                continue
            }
            add(dump, accesses)
        }
    }

    private mutating func add(_ dump: Dump, _ accesses: Accesses) {
        for (number, key) in accesses.keys.enumerated() {
            guard let name = key.name else { continue }
            let held = dump[name, isSet: key.isSet]
            var reading = FinalReading(
                operation: dump.operation, value: 0, elements: [], foreign: [], isDump: true)
            if !key.isSet {
                reading.value = Self.number(held, key)
            } else {
                for element in held.list ?? (held.isNull ? [] : [held]) {
                    if let number = Self.number(element, key) {
                        reading.elements.insert(number)
                    } else {
                        reading.foreign.append(element)
                    }
                }
            }
            readings[number].append(reading)
        }
    }

    /// Dumps turn decimal text into numbers; clients may have meant the text.
    private static func number(_ value: Value, _ key: KeyAccesses) -> Int? {
        if let number = key.known(value) { return number }
        return value.int.flatMap { key.known(.string(String($0))) }
    }
}

/// When faults that keep replicas apart were active.
struct Healing {
    private let windows: [FaultWindow]
    private let heals: [Int64]

    init(_ history: History) {
        windows = history.faultWindows.filter { $0.kind != "kill" }
        heals = history.nemesis.filter { $0.f == "heal" }.map(\.time)
    }

    /// True if no such fault was active when the operation was invoked.
    func isHealed(_ operation: HistoryModel.Operation) -> Bool {
        let time = operation.invocation.time
        return !windows.contains { window in
            guard window.start <= time else { return false }
            if let end = window.end, end <= time { return false }
            return !heals.contains { window.start <= $0 && $0 <= time }
        }
    }
}
