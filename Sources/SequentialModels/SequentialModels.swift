public import HistoryModel

/// One operation as a sequential object sees it: applied at one instant, with its argument and what it answered.
public struct Call: Hashable, Sendable {
    /// What is done to the object, by the name that histories give it: `"acquire"`, or `.write`.
    public struct Function: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }
        public init(stringLiteral name: String) { rawValue = name }
    }

    public var function: Function
    /// What the object is one part of, for models of several keys; `nil` where a history has no key.
    public var key: String?
    /// What was asked: the value that is written or added, `[old, new]` of a `cas`; `null` where there is nothing to ask.
    public var argument: Value
    /// What the object answered; `nil` if nobody knows, and where the answer says nothing.
    public var result: Value?
    /// Who called, for models that tell clients apart; `nil` for others, so that equal calls are equal.
    public var process: ProcessID?

    public init(
        _ function: Function, key: String? = nil, _ argument: Value = .null, result: Value? = nil,
        process: ProcessID? = nil
    ) {
        self.function = function
        self.key = key
        self.argument = argument
        self.result = result
        self.process = process
    }
}

/// What an object does when operations reach it one after the other.
///
/// A model needs an initial state, the names of its functions and a step; all else has a default, and is there to make
/// checks faster and proofs smaller. A cell that holds one number and can double it:
///
/// ```swift
/// struct DoublingModel: SequentialModel {
///     let initial: Int64 = 1
///     let functions: Set<Call.Function> = ["double", .read]
///
///     func step(_ state: Int64, _ call: Call) -> Int64? {
///         switch call.function {
///         case "double": state * 2
///         case .read: call.result == .int(state) ? state : nil
///         default: nil
///         }
///     }
/// }
/// ```
public protocol SequentialModel: Sendable {
    associatedtype State: Hashable, Sendable

    /// What the object holds before the first operation.
    var initial: State { get }

    /// What can be done to the object; an object to which a history does anything else is not judged.
    var functions: Set<Call.Function> { get }

    /// The state after the call, or `nil` if the object in this state would have answered otherwise. Must depend on
    /// nothing but its arguments. Where the call has no result, nobody knows it, and any answer is right.
    func step(_ state: State, _ call: Call) -> State?

    /// The same in place, for long runs through one object: makes the state that after the call, or answers false, after which
    /// the state is of no use. By default by `step`.
    func apply(_ call: Call, to state: inout State) -> Bool

    /// The call that an operation made if it took effect. By default function, argument and, for `ok` operations, result.
    /// Operations that failed are not asked for.
    func call(_ operation: HistoryModel.Operation) -> Call

    /// The object that an operation is about. Operations on different objects must not affect one another: each object is
    /// judged apart. By default the key.
    func object(of operation: HistoryModel.Operation) -> Value

    /// True for calls that never change a state; by default those of `read`, `peek` and `contains`.
    func isRead(_ call: Call) -> Bool

    /// True if the first call can take effect wherever the second can, with the same state after it; by default if they
    /// are equal.
    func canStandIn(_ call: Call, for other: Call) -> Bool

    /// About how many values a state holds: what it takes to make another one. By default 1.
    func size(of state: State) -> Int

    /// The values that the call is about, of those that `without` knows how to leave out; by default none.
    func values(in call: Call) -> [Value]

    /// The call as it would have been if these values had never been there; `nil` if nothing is left of it. Leaving out
    /// values from all calls of a legal sequence must give a legal sequence. By default the call.
    func without(_ values: Set<Value>, _ call: Call) -> Call?

    /// States of which one explains these calls, in some order, if any state at all does; `nil` if nobody knows, which is
    /// the default.
    func states(explaining calls: [Call]) -> [State]?
}

extension SequentialModel {
    public func call(_ operation: HistoryModel.Operation) -> Call { Call(operation) }
    public func object(of operation: HistoryModel.Operation) -> Value { operation.key.map(Value.string) ?? .null }
    public func isRead(_ call: Call) -> Bool { call.isRead }

    public func apply(_ call: Call, to state: inout State) -> Bool {
        guard let next = step(state, call) else { return false }
        state = next
        return true
    }

    public func canStandIn(_ call: Call, for other: Call) -> Bool { call == other }
    public func size(of state: State) -> Int { 1 }
    public func values(in call: Call) -> [Value] { [] }
    public func without(_ values: Set<Value>, _ call: Call) -> Call? { call }
    public func states(explaining calls: [Call]) -> [State]? { nil }
}
