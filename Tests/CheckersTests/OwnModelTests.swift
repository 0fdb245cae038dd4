import Checkers
import Foundation
import HistoryModel
import SequentialModels
import Testing

@Suite("Models of your own")
struct OwnModelTests {
    private func file(_ notation: String) throws -> [UInt8] {
        try HistoryNotation.events(notation).flatMap(JSONLines.line)
    }

    @Test("the example of the document is the one that is compiled here")
    func document() throws {
        let here = URL(filePath: #filePath).deletingLastPathComponent()
        let example = try String(contentsOf: here.appending(path: "OwnModelExample.swift"), encoding: .utf8)
        let document = try String(
            contentsOf: here.appending(path: "../../docs/own-models.md").standardizedFileURL, encoding: .utf8)
        #expect(document.contains("```swift\n\(example)```\n"))
        // What it promises: short.
        let model = try #require(example.split(separator: "\n\n").first { $0.contains("struct") })
        #expect(model.split(separator: "\n").count <= 30)
    }

    @Test("every model that comes along is in the document")
    func models() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL
        let folder = root.appending(path: "Sources/SequentialModels")
        let document = try String(contentsOf: root.appending(path: "docs/own-models.md"), encoding: .utf8)
        var names: [Substring] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let source = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            names += source.matches(of: /public struct (\w+): SequentialModel/).map(\.output.1)
        }
        #expect(names.count > 10)
        for name in names { #expect(document.contains("| `\(name)` |"), "\(name)") }
    }

    @Test("a history is judged by the example")
    func example() throws {
        #expect(try judge(file("p0 take x null | p1 take x null | p1 ok 1 | p0 ok 2")).judgement == .valid)
        let verdict = try judge(file("p0 skip x 2 ok | p1 take x null | p1 ok 2 | p2 take x null | p2 ok 4"))
        #expect(verdict.judgement == .invalid)
        #expect(verdict.anomalies.first?.key == "x")
        #expect(verdict.algorithm == "frontier search of TicketModel (exact) on 1 object")
    }

    @Test("objects are judged apart, and one with a function that the model does not know is not judged")
    func objects() throws {
        let first = try judge(file("p0 take x null | p0 ok 1 | p0 take y null | p0 ok 1"))
        #expect(first.judgement == .valid)
        let second = try judge(file("p0 take x null | p0 ok 1 | p1 write x 2 ok | p0 take y null | p0 ok 1"))
        #expect(second.judgement == .unknown)
        #expect(
            second.reason
                == "object \"x\" cannot be judged: operation 2 is 'write', which TicketModel does not know")
        let third = try judge(file("p0 take x null | p0 ok 1 | p1 write x 2 ok | p0 take y null | p0 ok 2"))
        #expect(third.judgement == .invalid)
    }

    @Test("what failed did not happen, what nobody saw end may have, and dumps say nothing")
    func outcomes() throws {
        #expect(try judge(file("p0 take x null | p0 fail | p1 take x null | p1 ok 1")).judgement == .valid)
        #expect(try judge(file("p0 take x null | p0 info | p1 take x null | p1 ok 2")).judgement == .valid)
        #expect(try judge(file("p0 take x null | p0 info | p1 take x null | p1 ok 1")).judgement == .valid)
        #expect(try judge(file("p0 take x null | p0 info | p1 take x null | p1 ok 3")).judgement == .invalid)
        #expect(try judge(file("p0 take x null | p0 ok 1 | p0 d x=1 ok @n1")).judgement == .valid)
    }

    @Test("a limit ends in unknown, with the operations up to which there is an order")
    func limit() throws {
        let calls = (0..<12).map { "p\($0) take x null" } + (0..<12).reversed().map { "p\($0) ok \(12 - $0)" }
        let notation = (["p50 take x null | p50 ok 1"] + calls).joined(separator: " | ")
            .replacing(/ok (\d+)/, with: { "ok \((Int($0.output.1) ?? 0) + ($0.output.1 == "1" ? 0 : 1))" })
        let history = try History(notation: notation)
        let few = CheckOptions(limits: CheckLimits(steps: 5))
        let verdict = linearizable(history, model: TicketModel(), few)
        #expect(verdict.judgement == .unknown)
        #expect(
            verdict.reason
                == "object \"x\": the step limit was reached among 13 operations; up to the end of operation 0 there "
                + "is an order: use more objects or fewer clients, or raise the limit")
    }

    @Test("contacts of operations are counted as they are for the objects of check")
    func contacts() throws {
        let history = try History(
            notation:
                "p0 w x 1 | p1 r x | p0 ok | p1 ok 1 | p2 r x 1 ok | p0 w x 2 info | p1 c x 1>2 ok | p0 r x 2 ok")
        let own = linearizable(history, model: CASRegisterModel())
        let usual = check(history, CheckOptions(guarantees: [.linearizable]))[0]
        #expect(own.judgement == .valid && usual.judgement == .valid)
        #expect(own.opportunities == usual.opportunities)
    }
}
