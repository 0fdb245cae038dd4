/// A two-way stream of bytes to `inquest-agent attach` on a host: an SSH channel, or pipes in tests.
public protocol AgentByteChannel: Sendable {
    associatedtype Chunks: AsyncSequence & Sendable where Chunks.Element == [UInt8]

    /// What arrives. Read once; ends or throws when the other side is gone or `close` was called.
    var chunks: Chunks { get }

    /// Sends all of the bytes. Calls never overlap.
    func send(_ bytes: [UInt8]) async throws

    func close() async
}
