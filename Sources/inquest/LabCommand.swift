import ArgumentParser
import Clusters
import Glibc
import Runner

struct LabCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract: "Hosts on this machine: namespaces, each with its own sshd.",
        discussion: """
            Every lab command first removes what a killed controller left. A lab's hosts reach each other and this \
            machine, and nothing else.
            """,
        subcommands: [Up.self, Status.self, Exec.self, Down.self, Check.self])

    /// Does what a lab command is for; errors of labs become exit codes.
    static func performing(_ body: @escaping @Sendable () async throws -> Void) async throws {
        do {
            try await cancellingOnInterrupt { try await body() }
        } catch let error as LabError {
            throw RunFailure(error.isUsage ? .usage : .unsupported, "\(error)")
        } catch is CancellationError {
            throw RunFailure(.cannotStart, "interrupted; nothing is left of it")
        }
    }
}

extension LabCommand {
    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start a lab that stays until `lab down`.")

        @Option(help: "How many hosts: n1, n2 and so on.")
        var hosts = 5

        @Option(
            help: ArgumentHelp(
                "Kinds of host keys, separated by commas: ed25519, ecdsa, rsa.", visibility: .hidden))
        var hostKeys = "ed25519,ecdsa"

        func run() async throws {
            let kinds = try hostKeys.split(separator: ",").map { word in
                guard let kind = HostKeyType(rawValue: String(word)) else {
                    throw ValidationError("there is no host key type '\(word)'")
                }
                return kind
            }
            let options = LabOptions(hosts: hosts, hostKeys: kinds) { standardError("  \($0)") }
            try await LabCommand.performing {
                let lab = try await LocalLab.up(options)
                let names = lab.hosts.map { "\($0.name) \($0.address)" }.joined(separator: ", ")
                standardOutput("\(lab.id): \(names)\nhosts file: \(lab.hostsFile)\n")
            }
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the labs of this machine.")

        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            let json = json
            try await LabCommand.performing {
                let status = try await LocalLab.status()
                standardOutput(json ? try status.json + "\n" : status.text)
            }
        }
    }

    struct Exec: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run a command on a host, in all its namespaces: `lab exec n1 -- hostname`.")

        @Option(help: "Which lab, if there are several.")
        var lab: String?

        @Argument(help: "The host.")
        var host: String

        @Argument(parsing: .postTerminator, help: "The command, after `--`.")
        var command: [String]

        func run() async throws {
            guard !command.isEmpty else { throw ValidationError("what to run? `lab exec \(host) -- hostname`") }
            let (lab, host, command) = (lab, host, command)
            try await LabCommand.performing {
                let words = try await LocalLab.find(lab).entering(host, command)
                let arguments = unsafe words.map { unsafe strdup($0) } + [nil]
                unsafe execvp(words[0], arguments)
                throw RunFailure(.cannotStart, "\(words[0]): \(unsafe String(cString: strerror(errno)))")
            }
        }
    }

    struct Down: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove the lab that `lab up` made; with several, name one, or all.",
            discussion: "Labs that running controllers made for themselves stay.")

        @Option(help: "Which lab, if there are several.")
        var lab: String?

        @Flag(help: "All of them.")
        var all = false

        func run() async throws {
            let selection: LocalLab.Selection = all ? .all : lab.map { .id($0) } ?? .only
            try await LabCommand.performing {
                let removed = try await LocalLab.down(selection)
                standardOutput(removed.isEmpty ? "no lab\n" : "removed: \(removed.joined(separator: ", "))\n")
            }
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether this machine can have a lab (exit code 3: it cannot).")

        func run() async throws {
            if let problem = await LocalLab.availability() { throw RunFailure(.unsupported, "\(problem)") }
            standardOutput("the local lab can be used here\n")
        }
    }
}
