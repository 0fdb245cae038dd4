import AgentProtocol

/// Replies by request, so that a request sent twice is done once.
///
/// A reply is kept until its controller says it has seen it; at most `maxReplies` replies of `maxBytes` in all are
/// kept, the oldest go first. Below the highest number thrown away nothing of that controller is ever run.
struct Journal {
    enum Admission: Hashable {
        /// Never heard of: do it now.
        case fresh
        /// Being done; the connection waits for the reply with the others.
        case running
        case done([UInt8])
        case forgotten
    }

    struct Key: Hashable {
        var controller: String
        var number: Int
    }

    private struct Entry {
        var waiting: Set<Int>
        var reply: [UInt8]?
    }

    static let maxReplies = 4096
    static let maxBytes = 16 << 20
    static let maxControllers = 64

    private var entries: [Key: Entry] = [:]
    /// Finished entries in the order they finished.
    private var finished: [Key] = []
    private var bytes = 0
    private var floors: [String: Int] = [:]
    private var floorOrder: [String] = []

    var count: Int { entries.count }

    mutating func admit(_ key: Key, seen: Int?, connection: Int) -> Admission {
        if let seen { forget(key.controller, below: min(seen, key.number)) }
        if let entry = entries[key] {
            if let reply = entry.reply { return .done(reply) }
            entries[key]?.waiting.insert(connection)
            return .running
        }
        guard key.number >= floors[key.controller] ?? 0 else { return .forgotten }
        entries[key] = Entry(waiting: [connection])
        return .fresh
    }

    /// Keeps the reply and says which connections wait for it.
    mutating func finish(_ key: Key, _ reply: [UInt8]) -> Set<Int> {
        guard let entry = entries[key], entry.reply == nil else { return [] }
        entries[key]?.reply = reply
        entries[key]?.waiting = []
        finished.append(key)
        bytes += reply.count
        while finished.count > Self.maxReplies || bytes > Self.maxBytes, finished.count > 1 {
            let oldest = finished.removeFirst()
            remove(oldest)
            raiseFloor(oldest.controller, to: oldest.number + 1)
        }
        return entry.waiting
    }

    private mutating func forget(_ controller: String, below number: Int) {
        guard number > floors[controller] ?? 0 else { return }
        raiseFloor(controller, to: number)
        let gone = finished.filter { $0.controller == controller && $0.number < number }
        guard !gone.isEmpty else { return }
        gone.forEach { remove($0) }
        finished.removeAll { $0.controller == controller && $0.number < number }
    }

    private mutating func remove(_ key: Key) {
        bytes -= entries.removeValue(forKey: key)?.reply?.count ?? 0
    }

    private mutating func raiseFloor(_ controller: String, to number: Int) {
        if floors[controller] == nil {
            floorOrder.append(controller)
            if floorOrder.count > Self.maxControllers { floors[floorOrder.removeFirst()] = nil }
        }
        floors[controller] = max(floors[controller] ?? 0, number)
    }
}
