/// Cuts a stream of bytes into lines of bounded length.
public struct LineSplitter: Sendable {
    public enum Piece: Hashable, Sendable {
        case line([UInt8])
        /// A line longer than the limit; its bytes are dropped.
        case tooLong
    }

    private let limit: Int
    private var partial: [UInt8] = []
    private var isSkipping = false

    public init(limit: Int = AgentLimits.lineBytes) {
        precondition(limit > 0)
        self.limit = limit
    }

    /// The lines completed by `chunk`, without newline; empty lines are left out.
    public mutating func feed(_ chunk: [UInt8]) -> [Piece] {
        var pieces: [Piece] = []
        var rest = chunk[...]
        while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            take(rest[..<newline])
            if isSkipping {
                pieces.append(.tooLong)
            } else if !partial.isEmpty {
                pieces.append(.line(partial))
            }
            partial = []
            isSkipping = false
            rest = rest[(newline + 1)...]
        }
        take(rest)
        return pieces
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>) {
        guard !isSkipping else { return }
        partial += bytes
        if partial.count > limit {
            partial = []
            isSkipping = true
        }
    }
}
