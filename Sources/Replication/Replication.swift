// Public face of Replication: designs of replicated key-value nodes as pure state machines.
//
// `Replica.step(input, time)` takes one input (a message, a disk completion, a client's request, time, an operator's
// order) and returns what shall be done about it. Nothing here opens a file, reads a clock or waits: `NodeRuntime`
// executes the effects with sockets and files, `Simulation` in memory under virtual time.

/// The version of messages, log records, states and snapshots.
public let formatVersion: UInt32 = 2

/// Name of a member of the cluster, `n1`.
public typealias NodeName = String
/// Position in a log: the number of an entry, from 1; 0 is the position before the first.
public typealias LSN = UInt64
/// A moment on the node's monotonic clock, in nanoseconds.
public typealias Moment = UInt64
/// One client request in flight; chosen by whoever executes the effects, never reused.
public typealias RequestID = UInt64
/// One connection between nodes; chosen by whoever executes the effects, never reused.
public typealias ConnectionID = UInt64
/// One operator's command in flight.
public typealias AdminID = UInt64
