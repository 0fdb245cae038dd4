import AgentProtocol
import Foundation
import Testing

@testable import AgentRuntime

@Suite("Parts of the agent")
struct PartsTests {
    private let identity = ProcessIdentity(pid: 12, start: 34)

    @Test("the ledger outlives its writer, and a torn line costs nothing but itself")
    func ledger() throws {
        try withDirectory { directory in
            let path = directory + "/ledger"
            var first = try Ledger(path)
            let one = try first.add(.network(fault: "p1"))
            let two = try first.add(.stopped(name: "n1", identity))
            try first.markUndone(one)
            try first.markUndone(one)
            let file = try #require(FileHandle(forWritingAtPath: path))
            try file.seekToEnd()
            try file.write(contentsOf: Data(#"{"n":9,"ent"#.utf8))
            try file.close()
            var second = try Ledger(path)
            #expect(second.open == [two: .stopped(name: "n1", identity)])
            let three = try second.add(.file(path: "/x"))
            let third = try Ledger(path)
            #expect(third.open.keys.sorted() == [two, three])
        }
    }

    @Test("a sealed ledger takes no new deed")
    func sealed() throws {
        try withDirectory { directory in
            var ledger = try Ledger(directory + "/ledger")
            ledger.isSealed = true
            do throws(AgentError) {
                _ = try ledger.add(.network(fault: "p1"))
                Issue.record("added")
            } catch {
                #expect(error.code == .leaseLapsed)
            }
            #expect(readFile(directory + "/ledger") == [])
        }
    }

    @Test("a long ledger is replaced by what is open")
    func compaction() throws {
        try withDirectory { directory in
            var ledger = try Ledger(directory + "/ledger")
            let kept = try ledger.add(.network(fault: "kept"))
            for _ in 0..<40 {
                let number = try ledger.add(.file(path: "/" + String(repeating: "x", count: 10_000)))
                try ledger.markUndone(number)
            }
            #expect((readFile(directory + "/ledger")?.count ?? 0) < 300_000)
            let again = try Ledger(directory + "/ledger")
            #expect(again.open == [kept: .network(fault: "kept")])
        }
    }

    @Test("a process' line is read although its name holds brackets and spaces")
    func processLine() throws {
        let rest = "S 7 1 1 0 -1 4194560 1 2 3 4 10 20 0 0 20 0 1 0 987 1000 55 18446744073709551615 1"
        let stat = try #require(ProcessStat(42, "42 (a) b (c) \(rest)"))
        #expect(stat.identity == ProcessIdentity(pid: 42, start: 987))
        #expect(stat.name == "a) b (c" && stat.state == "S" && stat.parent == 7)
        #expect(stat.cpuTicks == 30 && stat.residentPages == 55)
        #expect(ProcessStat(42, "42 (a") == nil && ProcessStat(42, "") == nil)
    }

    @Test(
        "rules that would cut SSH, and impossible ones, are refused",
        arguments: [
            ("10.0.0.1", [22], "refused"), ("10.0.0.1", [7001, 2222], "refused"), ("10.0.0.1", [0], "bad-request"),
            ("10.0.0.1", [65536], "bad-request"), ("10.0.0.1", [], "bad-request"), ("host", [7001], "bad-request"),
            ("10.0.0.1/24", [7001], "bad-request"), ("10.0.0.1 } ; flush ruleset", [7001], "bad-request"),
            ("", [7001], "bad-request"), ("fe80::1%eth0", [7001], "bad-request"),
        ])
    func refused(address: String, ports: [Int], code: String) {
        for direction in Drop.Direction.allCases {
            for side in Drop.Side.allCases {
                let request = NetDrop(
                    fault: "p1", drops: [Drop(address: address, ports: ports, direction: direction, side: side)])
                let error = #expect(throws: AgentError.self) {
                    try NetworkRules.check(request, protectedPorts: [22, 2222])
                }
                #expect(error?.code.rawValue == code)
            }
        }
    }

    @Test("a fault's name cannot carry rules", arguments: ["a b", "a;flush ruleset", "", "../x", "-x", "a\"b"])
    func faultNames(name: String) {
        let request = NetDrop(fault: name, drops: [Drop(address: "10.0.0.1", ports: [1], direction: .input)])
        #expect(throws: AgentError.self) { try NetworkRules.check(request, protectedPorts: []) }
    }

    @Test("whatever the fault, protected ports are let through before any rule of it")
    func protectedFirst() throws {
        let fault = NetworkFault(
            name: "p1", drops: [Drop(address: "10.0.0.1", ports: [7001], direction: .output)], ttlSeconds: 5)
        let lines = NetworkRules.apply([fault], gone: [], protectedPorts: [22]).split(separator: "\n").map(
            String.init)
        for hook in ["input", "output"] {
            let rules = lines.filter { $0.hasPrefix("add rule inet inquest \(hook) ") }
            #expect(rules.first?.hasSuffix("tcp dport @protected accept") == true)
            #expect(rules.dropFirst().first?.hasSuffix("tcp sport @protected accept") == true)
            #expect(rules.count == 4)
        }
        #expect(!lines.contains { $0.hasPrefix("flush ") && !$0.hasPrefix("flush chain inet inquest ") })
    }

    @Test(
        "options that make no sense are refused",
        arguments: [
            ["--state"], ["--state", "x"], ["--uid", "root"], ["--what", "1"], ["--sabotage", "everything"],
            ["--protect", "22,x"], ["--socket", "/" + String(repeating: "s", count: 107)], ["--linger", "-1"],
        ])
    func options(arguments: [String]) {
        #expect(throws: AgentError.self) { try Places(arguments) }
    }

    @Test("the port that sshd answered on is protected")
    func sshPort() throws {
        let places = try Places([], environment: ["SSH_CONNECTION": "10.0.0.9 50000 10.0.0.1 2222"])
        #expect(places.protectedPorts == [22, 2222])
        #expect(try Places(places.arguments).protectedPorts == [22, 2222])
    }
}

/// A directory that goes with its test.
func withDirectory<Value>(_ body: (String) throws -> Value) throws -> Value {
    let path = NSTemporaryDirectory() + "inquest-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}
