// Public face of Replication: the protocol of `node-single` as a pure state machine.
//
// `ReplicationNode.step(event, now)` takes one event (a message, a disk completion, a client's request, time, an
// operator's command) and returns what shall be done about it. Nothing here opens a file, reads a clock or waits:
// `NodeRuntime` executes the effects with sockets and files, tests execute them in memory under virtual time.

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
