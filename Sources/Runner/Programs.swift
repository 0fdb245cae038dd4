import Foundation
import SSHTransport

/// A program of ours that hosts need, named on them by its content.
struct Program: Hashable, Sendable {
    var name: String
    /// Where it is on this machine.
    var file: String
    var sha256: String

    /// Where it is on a host; another content has another path, so one that is there is the right one.
    func path(in stateDirectory: String) -> String { "\(stateDirectory)/bin/\(sha256.prefix(16))-\(name)" }
}

/// Where the programs are that runs deploy: beside this one, unless said otherwise.
public struct ProgramDirectory: Hashable, Sendable {
    public var path: String

    public init(path: String) {
        self.path = path
    }

    /// The directory of the running program.
    public static var beside: ProgramDirectory {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return ProgramDirectory(path: URL(fileURLWithPath: own ?? ".").deletingLastPathComponent().path)
    }

    /// Finds and hashes programs; an error says what is missing and how to build it.
    func load(_ names: [String]) throws(RunFailure) -> [Program] {
        var programs: [Program] = []
        for name in names {
            let file = "\(path)/\(name)"
            guard FileManager.default.isExecutableFile(atPath: file) else {
                throw RunFailure(
                    .cannotStart, "there is no program \(name) in \(path)",
                    advice:
                        "build it with: swift build -c release --static-swift-stdlib; or name its place with --programs"
                )
            }
            do throws(SSHError) {
                programs.append(Program(name: name, file: file, sha256: try SHA256Digest.hex(ofFile: file)))
            } catch {
                throw RunFailure(.cannotStart, "\(file): \(error.detail)")
            }
        }
        return programs
    }
}

/// Why there is no run, or no more of it.
public struct RunFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        /// The words of the user are at fault (exit code 64).
        case usage
        /// A file is malformed (exit code 65).
        case malformed
        /// Nothing was begun: something is missing here or on a host (exit code 3).
        case cannotStart
        /// What this machine cannot do at all, such as a local lab (exit code 3).
        case unsupported
        /// The run's own files cannot be written (exit code 3).
        case storage
    }

    public var code: Code
    public var message: String
    /// What to do.
    public var advice: String?

    public init(_ code: Code, _ message: String, advice: String? = nil) {
        self.code = code
        self.message = message
        self.advice = advice
    }

    public var description: String { message + (advice.map { "\n  \($0)" } ?? "") }

    public var exitCode: Int32 {
        switch code {
        case .usage: 64
        case .malformed: 65
        case .cannotStart, .unsupported, .storage: 3
        }
    }
}
