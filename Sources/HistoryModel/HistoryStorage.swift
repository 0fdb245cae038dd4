/// What a history is made of; complete once built, and shared by its copies and views.
@usableFromInline
final class HistoryStorage: Sendable {
    @usableFromInline let columns: OperationColumns
    @usableFromInline let values: ValueStore
    @usableFromInline let lines: LineColumns
    let clients: [Int]
    let functions: [String]
    let keys: Names
    let nodes: Names
    let nemesis: [Event]
    let faultWindows: [FaultWindow]

    init(
        columns: OperationColumns, values: ValueStore, lines: LineColumns, clients: [Int], functions: [String],
        keys: Names, nodes: Names, nemesis: [Event], faultWindows: [FaultWindow]
    ) {
        self.columns = columns
        self.values = values
        self.lines = lines
        self.clients = clients
        self.functions = functions
        self.keys = keys
        self.nodes = nodes
        self.nemesis = nemesis
        self.faultWindows = faultWindows
    }

    /// The name of a key; `nil` for `KeyID.none`.
    func name(_ key: KeyID) -> String? { key == .none ? nil : keys[Int(key.number)] }

    func name(_ node: NodeID) -> String? { node == .none ? nil : nodes[Int(node.number)] }
}

/// What each event says beside its operation: an entry for every event, in the order of the lines.
@usableFromInline
struct LineColumns: Sendable {
    /// What the event is about: twice the operation's ordinal, plus one for a completion; below zero `~n` for the
    /// n-th word of the nemesis.
    var subject: [Int32] = []
    /// Nanoseconds; empty where the history has no times, then an event's place is its time.
    var times: [Int64] = []
    /// Dense ranks of the times; empty while all times differ, then an event's place is its rank.
    @usableFromInline var instants: [Int32] = []
    /// Empty while every event's index is its place.
    var indices: [Int] = []
    var nodes = SparseColumn(nothing: UInt32(bitPattern: NodeID.none.number))
    var errors = SparseColumn(nothing: ValueRef.null.bits)
    var metas = SparseColumn(nothing: ValueRef.null.bits)
    /// Completions that name no key though their invocation does.
    var isKeyless = SparseColumn(nothing: 0)

    var count: Int { subject.count }

    func time(_ position: Int) -> Int64 { times.isEmpty ? Int64(position) : times[position] }

    func index(_ position: Int) -> Int { indices.isEmpty ? position : indices[position] }

    @inlinable
    func instant(_ position: Int32) -> Int32 { instants.isEmpty ? position : instants[Int(position)] }
}
