public import HistoryModel

/// One operation as a sequential object sees it: applied at one instant, with its argument and what it answered.
public struct Call: Hashable, Sendable {
    /// What is done to the object.
    public enum Function: String, Hashable, Sendable, CaseIterable {
        case read
        case write
        case cas
        case add
    }

    public var function: Function
    /// The value that is written or added, `[old, new]` of a `cas`; `null` of a read.
    public var argument: Value
    /// What a read brought back; `nil` if nobody knows, and for updates.
    public var result: Value?

    public init(_ function: Function, _ argument: Value = .null, result: Value? = nil) {
        self.function = function
        self.argument = argument
        self.result = result
    }
}

extension Call {
    /// The call of an operation that took effect; `nil` for functions and arguments that no model of ours knows.
    ///
    /// A `cas` stands for one whose comparison held: one that failed had no effect and is no call.
    public init?(_ operation: HistoryModel.Operation) {
        guard let function = Function(rawValue: operation.f) else { return nil }
        if function == .cas, operation.argument.list?.count != 2 { return nil }
        guard function == .read else {
            self.init(function, operation.argument)
            return
        }
        self.init(.read, result: operation.outcome == .ok ? operation.result : Optional.none)
    }

    /// True for calls that never change the object.
    public var isRead: Bool { function == .read }
}

/// What an object does when operations reach it one after the other.
///
/// Used in two places: by the searches for an order that explains a history, and by tests as the object itself.
public protocol SequentialModel: Sendable {
    associatedtype State: Hashable, Sendable
    /// What the object holds before the first operation.
    var initial: State { get }
    /// The state after the call, or `nil` if the object in this state would have answered otherwise.
    func step(_ state: State, _ call: Call) -> State?
    /// What a read of the object brings back.
    func contents(_ state: State) -> Value
}
