import NIOCore
import NIOPosix

/// The thread that clients live on, for those who call them and want to live there too.
public struct ClientLoop: Sendable {
    let loop: any EventLoop
    /// What an actor on this thread has as its own; it keeps the thread.
    public let executor: any SerialExecutor

    /// One of the threads in turn.
    public static func next() -> ClientLoop {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        return ClientLoop(loop: loop, executor: loop.executor)
    }
}
