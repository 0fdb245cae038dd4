import Glibc
import NodeRuntime

/// Writes to standard error and ends the process.
func die(_ error: NodeError) -> Never {
    let text = Array("node-single: \(error.message)\n".utf8)
    _ = unsafe text.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(error.code.rawValue)
}

let words = Array(CommandLine.arguments.dropFirst())
if words == ["--help"] {
    print(NodeCommandLine.usage)
    exit(0)
}

// Threads inherit the mask: the signals that ask the node to stop reach this one only.
var stopSignals = sigset_t()
unsafe sigemptyset(&stopSignals)
unsafe sigaddset(&stopSignals, SIGTERM)
unsafe sigaddset(&stopSignals, SIGINT)
unsafe pthread_sigmask(SIG_BLOCK, &stopSignals, nil)
_ = signal(SIGPIPE, SIG_IGN)

do throws(NodeError) {
    let options = try NodeCommandLine.options(words)
    let server = try NodeServer.start(options) { die($0) }
    if let path = options.pidFile { try PIDFile.write(path) }
    print(server.readyLine)
    fflush(nil)
    var received: Int32 = 0
    while unsafe sigwait(&stopSignals, &received) != 0 {}
    server.stop()
    if let path = options.pidFile { unsafe unlink(path) }
} catch {
    die(error)
}
