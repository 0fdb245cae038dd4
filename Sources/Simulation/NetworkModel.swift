import Determinism
import Faults
public import Workloads

/// How the simulated network and disks behave. Times are in nanoseconds.
public struct NetworkModel: Hashable, Sendable {
    /// One way between two nodes.
    public var peerLatency: ClosedRange<Int64> = 100_000...600_000
    /// One way between a client and a node.
    public var clientLatency: ClosedRange<Int64> = 80_000...400_000
    /// Of messages and requests, how many in a thousand are as late as `slowLatency`.
    public var slowShare = 10
    public var slowLatency: ClosedRange<Int64> = 1_000_000...20_000_000
    /// Of messages that stand alone, how many in a thousand are lost. What is lost of a stream or of a client is sent
    /// again, as late as `resending`.
    public var lossShare = 0
    /// Of messages that stand alone, how many in a thousand come twice.
    public var duplicateShare = 0
    /// One write to a disk that is to last.
    public var diskLatency: ClosedRange<Int64> = 100_000...1_500_000
    /// From the end of a cut until what was held back is sent again.
    public var resending: ClosedRange<Int64> = 1_000_000...200_000_000
    /// How long a client tries to connect.
    public var connectTimeout: Int64 = 1_000_000_000
    /// From the order to start a node until it serves.
    public var starting: ClosedRange<Int64> = 5_000_000...50_000_000
    /// From the moment at which a node goes on until its operator has told it who leads now.
    public var telling: ClosedRange<Int64> = 150_000_000...250_000_000

    public init() {}

    /// With what a workload says of the network.
    public init(_ choice: NetworkChoice) {
        lossShare = choice.loss
        duplicateShare = choice.duplicates
        slowShare += choice.late
        if let delay = choice.delay {
            peerLatency = delay.lowerBound.nanoseconds...delay.upperBound.nanoseconds
        }
    }
}

extension SeededRandom {
    /// A length of time.
    mutating func time(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(below(Int(range.upperBound - range.lowerBound) + 1))
    }
}
