import HistoryModel

/// How the operations on the objects of a history met one another: what could have shown a violation.
struct ContactCounts {
    /// Answers that show what an object held.
    private(set) var answers = 0
    /// Answers begun after an acknowledged update of the object by another process.
    private(set) var readsAfterWrite = 0
    /// Pairs of operations on one object that were under way at one time, one of them an update.
    private(set) var concurrentPairs = 0

    /// What is going on with one object.
    private struct Contact {
        var openUpdates = 0
        var openReads = 0
        /// Whose update was the first to be acknowledged, -1 for none.
        var firstProcess: Int32 = -1
        /// Whether another process' update was, too.
        var hasSecond = false
    }

    private let objects: HistoryObjects
    private let columns: OperationColumns
    private var contacts: [Contact]
    /// By object: whether it is judged here at all.
    private let isCounted: [Bool]

    /// Counts what is done to the objects that can be judged, except these keys.
    init(_ objects: HistoryObjects, except taken: Set<String?>) {
        self.objects = objects
        isCounted = objects.objects.map { $0.problem == nil && !taken.contains($0.name) }
        columns = objects.history.columns
        contacts = [Contact](repeating: Contact(), count: objects.objects.count)
        walk()
    }

    /// Goes through the events; of those at one instant all calls come before all returns.
    private mutating func walk() {
        let history = objects.history
        // By event: its operation, twice, and one more for a completion; -1 for what the nemesis said.
        var subjects = [Int32](repeating: -1, count: history.events.count)
        for ordinal in 0..<columns.count {
            subjects[columns.invocation[ordinal]] = 2 * Int32(ordinal)
            if columns.completion[ordinal] >= 0 { subjects[columns.completion[ordinal]] = 2 * Int32(ordinal) + 1 }
        }
        var returns: [Int] = []
        var now: Int32 = -1
        for subject in subjects where subject >= 0 {
            let ordinal = Int(subject >> 1)
            let instant = subject & 1 == 0 ? history.call(ordinal) : history.end(ordinal)
            if instant != now {
                for ordinal in returns { finish(ordinal) }
                returns.removeAll(keepingCapacity: true)
                now = instant
            }
            if subject & 1 == 0 { begin(ordinal) } else { returns.append(ordinal) }
        }
    }

    private mutating func begin(_ ordinal: Int) {
        forEachUse(ordinal) { counts, object, role in
            let contact = counts.contacts[object]
            counts.concurrentPairs += contact.openUpdates + (role.isUpdate ? contact.openReads : 0)
            if role.isUpdate {
                counts.contacts[object].openUpdates += 1
            } else {
                counts.contacts[object].openReads += 1
            }
            guard role.isAnswer else { return }
            counts.answers += 1
            let process = counts.columns.process[ordinal]
            let isForeign = contact.firstProcess >= 0 && contact.firstProcess != process
            if isForeign || contact.hasSecond { counts.readsAfterWrite += 1 }
        }
    }

    private mutating func finish(_ ordinal: Int) {
        forEachUse(ordinal) { counts, object, role in
            guard role.isUpdate else { return counts.contacts[object].openReads -= 1 }
            counts.contacts[object].openUpdates -= 1
            guard counts.columns.outcome[ordinal] == .ok else { return }
            let process = counts.columns.process[ordinal]
            let first = counts.contacts[object].firstProcess
            if first < 0 { counts.contacts[object].firstProcess = process }
            if first >= 0, first != process { counts.contacts[object].hasSecond = true }
        }
    }

    /// Visits what an operation is to each object that counts.
    private mutating func forEachUse(_ ordinal: Int, _ visit: (inout Self, Int, Role) -> Void) {
        let function = objects.function(ordinal)
        if function == .txn {
            for number in objects.microReads(ordinal) {
                let object = Int(objects.microReads[number].object)
                if isCounted[object] { visit(&self, object, .read) }
            }
        } else if let role = Role(function, columns.outcome[ordinal]) {
            let object = objects.object(ordinal)
            if isCounted[object] { visit(&self, object, role) }
        }
    }
}

/// What an operation is to its object.
private struct Role {
    var isUpdate: Bool
    var isAnswer: Bool

    static let read = Role(isUpdate: false, isAnswer: true)

    /// `nil` for what says and changes nothing.
    init?(_ function: ObjectFunction, _ outcome: EventType) {
        guard outcome != .fail else { return nil }
        let isOk = outcome == .ok
        switch function {
        case .read, .contains, .peek:
            guard isOk else { return nil }
            self = .read
        case .cas, .acquire, .dequeue, .pop, .pollMax, .drain: self.init(isUpdate: true, isAnswer: isOk)
        case .txn, .dump, .unknown: return nil
        default: self.init(isUpdate: true, isAnswer: false)
        }
    }

    private init(isUpdate: Bool, isAnswer: Bool) {
        self.isUpdate = isUpdate
        self.isAnswer = isAnswer
    }
}
