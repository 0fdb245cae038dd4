internal import Glibc

/// What the program of a design does: reads its command line, runs the node until it is asked to stop.
public enum NodeProgram {
    /// Runs the node of a design with the words of the command line; does not return.
    ///
    /// Ends with 0 when asked to stop, else with the code of the `NodeError`.
    public static func run(_ design: any NodeDesign.Type) -> Never {
        let words = Array(CommandLine.arguments.dropFirst())
        if words == ["--help"] {
            print(NodeCommandLine.usage(of: design))
            exit(0)
        }
        if words.contains("--claims") { printClaims(words.filter { $0 != "--claims" }, design) }
        var stopSignals = blockStopSignals()
        let die: @Sendable (NodeError) -> Never = { Self.die(design.program, $0) }
        do throws(NodeError) {
            let options = try NodeCommandLine.options(words, of: design)
            let server = try NodeServer.start(options) { die($0) }
            if let path = options.pidFile { try PIDFile.write(path) }
            print(server.readyLine)
            fflush(nil)
            var received: Int32 = 0
            while unsafe sigwait(&stopSignals, &received) != 0 {}
            server.stop()
            if let path = options.pidFile { unsafe unlink(path) }
            exit(0)
        } catch {
            die(error)
        }
    }

    /// What the configuration promises, as one line of JSON; the bugs that are switched on do not change what it says.
    private static func printClaims(_ words: [String], _ design: any NodeDesign.Type) -> Never {
        do throws(NodeError) {
            print(NodeReports.claims(try NodeCommandLine.options(words, of: design)))
            exit(0)
        } catch {
            die(design.program, error)
        }
    }

    /// Threads inherit the mask: the signals that ask the node to stop reach the first one only.
    private static func blockStopSignals() -> sigset_t {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGTERM)
        unsafe sigaddset(&signals, SIGINT)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        _ = signal(SIGPIPE, SIG_IGN)
        return signals
    }

    /// Writes to standard error and ends the process.
    private static func die(_ program: String, _ error: NodeError) -> Never {
        let text = Array("\(program): \(error.message)\n".utf8)
        _ = unsafe text.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
        if error.code == .crashed { _ = kill(getpid(), SIGKILL) }
        exit(error.code.rawValue)
    }
}
