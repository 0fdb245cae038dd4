/// How the operations on one object met one another, for objects that nothing but a model is known of.
struct ModelContacts {
    /// Operations that returned and show what the object held.
    private(set) var answers = 0
    /// Those begun after an update by another process had returned.
    private(set) var answersAfterUpdate = 0
    private var calls: [(call: Int32, isUpdate: Bool)] = []
    private var updateEnds: [Int32] = []
    private var readEnds: [Int32] = []
    /// The update that returned first, and the first one of another process.
    private var first = (process: Int32(-1), ret: Int32.max)
    private var second = Int32.max

    /// Adds an operation, in the order of invocations: `end` is when it ended, even if nobody knows how.
    mutating func add(process: Int32, call: Int32, ret: Int32, end: Int32, isUpdate: Bool, isAnswer: Bool) {
        // A read without answer says nothing.
        guard isUpdate || ret != .max else { return }
        calls.append((call, isUpdate))
        if isUpdate { updateEnds.append(end) } else { readEnds.append(end) }
        guard ret != .max else { return }
        if isAnswer {
            answers += 1
            // What returned before this call was invoked before it, too.
            if (first.process == process ? second : first.ret) < call { answersAfterUpdate += 1 }
        }
        guard isUpdate else { return }
        if ret < first.ret {
            if first.process != process { second = first.ret }
            first = (process, ret)
        } else if first.process != process {
            second = min(second, ret)
        }
    }

    /// Pairs of operations that were under way at one time, one of them an update.
    func concurrentPairs() -> Int {
        let updateEnds = self.updateEnds.sorted()
        let readEnds = self.readEnds.sorted()
        var pairs = 0
        var begun = (updates: 0, reads: 0)
        var ended = begun
        for (call, isUpdate) in calls {
            while ended.updates < updateEnds.count, updateEnds[ended.updates] < call { ended.updates += 1 }
            while ended.reads < readEnds.count, readEnds[ended.reads] < call { ended.reads += 1 }
            pairs += begun.updates - ended.updates + (isUpdate ? begun.reads - ended.reads : 0)
            if isUpdate { begun.updates += 1 } else { begun.reads += 1 }
        }
        return pairs
    }
}
