import CHostCalls
import Glibc

/// What `inquest-agent launch` is: the first moments of every process that the agent starts.
///
/// It leads a session of its own, dies with the agent, and waits for one byte on descriptor 3 that says that the
/// ledger knows of it. Only then it becomes the program. Descriptor 4 closes when that worked and carries the error
/// number when it did not.
enum Trampoline {
    static let go: Int32 = 3
    static let report: Int32 = 4

    /// - Parameter arguments: parent, directory or nothing, then the program and its arguments.
    static func run(_ arguments: [String]) -> Int32 {
        guard arguments.count >= 3, let parent = pid_t(arguments[0]) else { return 2 }
        _ = host_die_with_parent()
        setsid()
        closeInherited()
        guard getppid() == parent, case .bytes = readSome(go, limit: 1) else { return 125 }
        close(go)
        closeOnExec(report)
        if !arguments[1].isEmpty, unsafe chdir(arguments[1]) != 0 { return fail() }
        var words = unsafe arguments[2...].map { unsafe strdup($0) } + [nil]
        guard let program = unsafe words.first ?? nil else { return 2 }
        unsafe execvp(program, &words)
        return fail()
    }

    private static func fail() -> Int32 {
        let number = errno
        _ = writeAll(report, [UInt8(truncatingIfNeeded: number)])
        return 127
    }

    /// Descriptors of the agent that were made while this process was being started.
    private static func closeInherited() {
        for descriptor in directoryNames("/proc/self/fd").compactMap({ Int32($0) }) where descriptor > report {
            close(descriptor)
        }
    }
}
