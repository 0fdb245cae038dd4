import AgentRuntime
import Glibc

var environment: [String: String] = [:]
if let connection = unsafe getenv("SSH_CONNECTION") {
    environment["SSH_CONNECTION"] = unsafe String(cString: connection)
}
exit(runAgent(Array(CommandLine.arguments.dropFirst()), environment: environment))
