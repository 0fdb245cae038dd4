import Foundation
import HostProcesses
import Replication
import Testing

@testable import NodeRuntime

@Suite("Orders and refusals, over sockets", .serialized)
struct OrdersTests {
    @Test("a change of a group's members is answered when it is committed")
    func member() throws {
        let cluster = try Cluster(2) {
            guard let words = try? OptionWords(["--voters", "n1"], names: RaftDesign.optionNames),
                let design = try? RaftDesign(words, $0.setting)
            else { return }
            $0.design = design
        }
        try cluster.start("n2")
        try cluster.start("n1")
        try cluster.wait("n1 leads") { cluster.admin("n1", "status").contains("\"role\":\"leader\"") }
        #expect(cluster.admin("n1", "member add n9").contains("none of --peers"))
        for words in ["member add n2", "member remove n2"] {
            var answer = ""
            // A leader of a moment ago has committed nothing in its term yet.
            try cluster.wait(words) {
                answer = cluster.admin("n1", words)
                return !answer.contains("in its term")
            }
            #expect(answer.hasPrefix("{\"ok\":true"))
            let status = cluster.admin("n1", "status")
            let voters = words.contains("add") ? "[\"n1\",\"n2\"]" : "[\"n1\"]"
            #expect(status.contains("\"voters\":\(voters)"), "\(status)")
        }
    }

    @Test("a client whose request is too large reads why, and the event log knows")
    func refusedClient() throws {
        let cluster = try Cluster(1)
        try cluster.start("n1")
        var connection = try RawConnection(port: try #require(cluster.ports["n1"]).client)
        let size = 6 << 20
        try connection.write("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$\(size)\r\n")
        for _ in 0..<6 { try connection.write(String(repeating: "x", count: 1 << 20)) }
        #expect(try connection.readToEnd().hasPrefix("-ERR protocol: "))
        try cluster.wait("it is noted") { cluster.events("n1").contains("\"event\":\"refused-client\"") }
    }

    @Test("the reason comes behind the answers to what the client asked before")
    func refusedBehind() throws {
        let cluster = try Cluster(1)
        let server = try cluster.start("n1")
        _ = server.admin(["gate", "close", "fsync"])
        var connection = try RawConnection(port: try #require(cluster.ports["n1"]).client)
        try connection.write("SET k 1\r\n*x\r\n")
        try cluster.wait("appended") { Field.number("lsn", server.admin(["status"])) == 1 }
        _ = server.admin(["gate", "open", "fsync"])
        #expect(try connection.readToEnd().hasPrefix("+OK\r\n-ERR protocol: "))
    }

    @Test("nodectl names every order that a node knows, and says a refusal once")
    func help() throws {
        let help = try runCommand([ProgramTests.program("nodectl"), "--help"])
        #expect(help.status == 0)
        for order in AdminWords.help.components(separatedBy: " | ") {
            #expect(help.standardOutput.contains("  \(order)  "), "\(order)")
        }
        let cluster = try Cluster(1)
        try cluster.start("n1")
        let refused = try runCommand(
            [ProgramTests.program("nodectl"), "--socket", "\(cluster.directory)/n1.sock", "gate", "open"])
        #expect(refused.status == 1)
        #expect(refused.standardOutput == "{\"error\":\"gate open|close TARGET, or gate list\"}\n")
        #expect(refused.standardError == "")
    }
}
