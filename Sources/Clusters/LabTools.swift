import FoundationEssentials
import HostProcesses

/// The programs a lab is made with, by absolute path: root's PATH need not name the sbin directories.
struct LabTools: Sendable {
    /// Program and the Debian package that has it.
    static let needed: [(program: String, package: String)] = [
        ("sshd", "openssh-server"), ("ssh-keygen", "openssh-client"), ("ip", "iproute2"),
        ("unshare", "util-linux"), ("nsenter", "util-linux"), ("setsid", "util-linux"),
        ("setpriv", "util-linux"), ("mount", "mount"), ("sh", "dash"), ("bash", "bash"),
    ]
    static let searchPath = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"]

    private static let paths: [String: String] = {
        var found: [String: String] = [:]
        for (program, _) in needed {
            found[program] = searchPath.map { "\($0)/\(program)" }
                .first(where: FileManager.default.isExecutableFile(atPath:))
        }
        return found
    }()

    /// What is not installed.
    static var missing: [(program: String, package: String)] {
        needed.filter { paths[$0.program] == nil }
    }

    /// The command with its program as absolute path.
    static func command(_ arguments: [String]) -> [String] {
        guard let program = arguments.first, let path = paths[program] else { return arguments }
        return [path] + arguments.dropFirst()
    }

    /// Runs one of the programs to a good end; blocks.
    @discardableResult
    static func run(_ arguments: [String], input: String = "") throws(CommandError) -> String {
        let command = command(arguments)
        return try runCommand(
            command, input: Array(input.utf8), environment: ["PATH": searchPath.joined(separator: ":")],
            deadlineSeconds: 20
        ).checked(command).standardOutput
    }
}
