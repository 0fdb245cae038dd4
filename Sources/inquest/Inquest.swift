import ArgumentParser
import Glibc
import Runner

/// The controller.
@main
struct Inquest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inquest",
        abstract: "Finds out whether a replicated system keeps its promises, and hands over the evidence.",
        discussion: """
            A first run, as root, on hosts made of namespaces of this machine:

              inquest run workloads/oracle/SL40.yaml

            Exit codes, the first that applies:
              1  an unexpected violation, or an expected one that did not appear
              3  the harness failed, or a host was not left as found
              2  something is unknown, was not exercised enough, or rests on a fault that is not proven
              0  otherwise; 64 usage, 65 malformed input
            """,
        version: "inquest \(inquestVersion)",
        subcommands: [
            RunCommand.self, CheckCommand.self, VerifyCertificateCommand.self, ReportCommand.self,
            ConvertCommand.self,
            DemoCommand.self, LabCommand.self, WorkloadsCommand.self, MutantsCommand.self, OracleCommand.self,
        ])

    static func main() async {
        // A reader of our output that goes away must not end a run that has to heal its hosts.
        signal(SIGPIPE, SIG_IGN)
        var given: any ParsableCommand.Type = Self.self
        do {
            var command = try parseAsRoot()
            given = type(of: command)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as RunFailure {
            standardError("error: \(failure)")
            Glibc.exit(failure.exitCode)
        } catch {
            // The usage that is shown is that of the command that was given.
            given.exit(withError: error)
        }
    }
}

/// Writes a line to standard error.
func standardError(_ text: String) { writeError(text + "\n") }

/// Writes text to standard error as it is.
func writeError(_ text: String) {
    let bytes = Array(text.utf8)
    _ = unsafe write(2, bytes, bytes.count)
}

/// Writes bytes to standard output.
func standardOutput(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = unsafe rest.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
    }
}

/// Writes text to standard output.
func standardOutput(_ text: String) { standardOutput(Array(text.utf8)) }

/// Whether a stream is a terminal that takes colours.
func isTerminal(_ descriptor: Int32) -> Bool {
    unsafe isatty(descriptor) == 1 && getenv("NO_COLOR") == nil
}
