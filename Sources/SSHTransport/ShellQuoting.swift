/// Turns argument lists into the one command line that SSH carries: the only place where quoting happens.
///
/// The login shell of the remote user parses the line, so it must be a POSIX shell (sh, bash, dash, zsh, ksh).
enum ShellQuoting {
    /// Longest command line in bytes; libssh2 packets hold 35 000.
    static let maximumBytes = 30_000

    /// Why an argument list cannot become a command line.
    struct Refusal: Error, Hashable { var reason: String }

    /// `exec` and every argument in single quotes, inside which a POSIX shell gives no character a meaning.
    ///
    /// `exec` makes the program the direct child of sshd, so that a signal which ends it is reported as such.
    static func commandLine(_ arguments: [String]) throws(Refusal) -> String {
        guard let program = arguments.first, !program.isEmpty else {
            throw Refusal(reason: "there is no program to run")
        }
        guard !program.hasPrefix("-") else {
            throw Refusal(reason: "the program's name \(program) starts with a dash")
        }
        for argument in arguments where argument.utf8.contains(0) {
            throw Refusal(reason: "an argument contains a NUL: \(argument.prefix(80).debugDescription)")
        }
        let line = "exec " + arguments.map(quoted).joined(separator: " ")
        guard line.utf8.count <= maximumBytes else {
            throw Refusal(reason: "the command line has \(line.utf8.count) bytes, more than \(maximumBytes)")
        }
        return line
    }

    /// One word. A single quote leaves the quotes, stands escaped, and enters them again.
    static func quoted(_ argument: String) -> String {
        var bytes: [UInt8] = [quote]
        for byte in argument.utf8 {
            if byte == quote { bytes += Array("'\\''".utf8) } else { bytes.append(byte) }
        }
        bytes.append(quote)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let quote = UInt8(ascii: "'")
}
