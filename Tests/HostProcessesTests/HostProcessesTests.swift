import HostProcesses
import Testing

@Suite("Commands of this machine")
struct HostProcessesTests {
    @Test("both outputs are drained together, however much there is")
    func drains() throws {
        let script = "head -c 300000 /dev/zero | tr '\\0' a; head -c 300000 /dev/zero | tr '\\0' b >&2"
        let output = try runCommand(["sh", "-c", script])
        #expect(output.status == 0)
        #expect(output.standardOutput.utf8.count == 300_000)
        #expect(output.standardError.utf8.count == 300_000)
    }

    @Test("input reaches the command, and its end too")
    func input() throws {
        let bytes = [UInt8](repeating: 120, count: 200_000)
        #expect(try runCommand(["wc", "-c"], input: bytes).standardOutput == "200000\n")
    }

    @Test("a command that ends without reading its input ends nothing else")
    func unreadInput() throws {
        let bytes = [UInt8](repeating: 120, count: 2_000_000)
        #expect(try runCommand(["true"], input: bytes).status == 0)
    }

    @Test("a status other than 0 is a result, and an error only when checked")
    func status() throws {
        let output = try runCommand(["sh", "-c", "echo no >&2; exit 7"])
        #expect(output.status == 7)
        #expect(throws: CommandError.self) { try output.checked(["sh"]) }
        #expect(try runCommand(["sh", "-c", "kill -9 $$"]).status == 137)
    }

    @Test("at the deadline the child is ended")
    func deadline() {
        #expect {
            try runCommand(["sleep", "30"], deadlineSeconds: 0.2)
        } throws: { ($0 as? CommandError)?.code == .deadline }
    }

    @Test("a program that is not there is said to be so")
    func missing() {
        #expect {
            try runCommand(["/no/such/program"])
        } throws: { ($0 as? CommandError)?.code == .cannotStart }
    }
}
