import HostProcesses
import Testing

@testable import SSHTransport

@Suite struct ShellQuotingTests {
    static let hostile = [
        "", " ", "a b", "'", "''", "\"", "\\", "$HOME", "$(touch /tmp/x)", "`id`", "; id", "& id", "| id", "> x",
        "line\nbreak", "\n", "trailing\n", "tab\t", "-rf", "--", "*", "?", "[a]", "~", "!1", "#x", "{a,b}", "é",
        "日本語",
        "👩‍👩‍👧", "a'b\"c$d`e\\f", "%s", "=x", "\u{1B}[31m", "\r\n", "'; rm -rf / #",
    ]

    @Test("a shell gives every hostile value back unchanged", arguments: ["sh", "bash"])
    func survivesShell(shell: String) throws {
        let line = try ShellQuoting.commandLine(["printf", "%s\\0"] + Self.hostile)
        let output = try runCommand([shell, "-c", line]).checked([shell])
        let words = output.standardOutput.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
        #expect(words.dropLast() == Self.hostile[...])
    }

    @Test(
        "what no command line can carry is refused",
        arguments: [
            ([], "no program"), ([""], "no program"), (["-x"], "dash"), (["a", "b\0c"], "NUL"), (["a\0"], "NUL"),
            (["a", String(repeating: "x", count: 40_000)], "more than 30000"),
        ] as [([String], String)])
    func refuses(arguments: [String], reason: String) {
        #expect {
            _ = try ShellQuoting.commandLine(arguments)
        } throws: {
            ($0 as? ShellQuoting.Refusal)?.reason.contains(reason) == true
        }
    }

    @Test("the whole line is exec and quoted words")
    func form() throws {
        #expect(try ShellQuoting.commandLine(["a", "it's"]) == #"exec 'a' 'it'\''s'"#)
    }
}
