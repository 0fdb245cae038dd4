import Checkers
import Foundation
import HistoryModel
import HostProcesses
import RunStore
import Testing

/// The run that is committed to look at.
private let sample = Inquest.root + "/reports/sample"

/// What `--json` printed.
private func verdicts(_ output: CommandOutput) throws -> VerdictFile {
    try JSONDecoder().decode(VerdictFile.self, from: Data(output.standardOutput.utf8))
}

/// The sample's history, its lines changed.
private func changedHistory(_ scratch: Scratch, _ change: (inout [Substring]) -> Void) throws -> String {
    let text = try String(contentsOfFile: sample + "/history.jsonl", encoding: .utf8)
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    change(&lines)
    return try scratch.file("history.jsonl", lines.joined(separator: "\n"))
}

extension EndToEnd {
    @Suite struct JudgingTests {
        @Test("a stored run is judged again with the same verdicts, the same evidence and the same exit code")
        func storedRun() async throws {
            let stored = try StoredRun.load(sample)
            let file = try #require(stored.verdicts)
            #expect(file.verdicts.contains { $0.judgement == .invalid })
            let output = try await Inquest.run(["check", sample, "--json"])
            #expect(output.status == file.exitCode.rawValue)
            #expect(output.status == 0, "every expectation of the sample was met")
            #expect(try verdicts(output) == file)
            #expect(Array(output.standardOutput.utf8) == file.bytes)
        }

        @Test("a bare history is judged for the guarantees that are asked for, each expected to be valid")
        func bareHistory() async throws {
            let stored = try #require(try StoredRun.load(sample).verdicts)
            let asked: [Guarantee] = [.monotonicReads, .consistentPrefixNode]
            let output = try await Inquest.run([
                "check", sample + "/history.jsonl", "--guarantee", asked.map(\.rawValue).joined(separator: ","),
                "--json",
            ])
            let file = try verdicts(output)
            #expect(file.verdicts.map(\.guarantee) == asked)
            #expect(file.verdicts.map(\.judgement) == [.invalid, .valid])
            let before = stored.verdicts.filter { asked.contains($0.guarantee) }
            #expect(file.verdicts.map(\.anomalies) == before.map(\.anomalies))
            #expect(output.status == 1)
            let valid = ["check", sample + "/history.jsonl", "--guarantee", "consistent-prefix-node"]
            #expect(try await Inquest.run(valid).status == 0)
        }

        @Test("an algorithm is named and checked by another; one that does not fit is usage, with those that fit")
        func algorithms() async throws {
            let scratch = try Scratch()
            let history = try History(notation: "p0 w x 1 ok | p1 c x 1>2 ok | p2 r x 2 ok")
            let lines = history.events.flatMap(JSONLines.line)
            let path = try scratch.file("register.jsonl", String(decoding: lines, as: UTF8.self))
            let check = ["check", path, "--guarantee", "linearizable"]
            let output = try await Inquest.run(check + ["--algorithm", "search", "--cross-check", "--json"])
            #expect(output.status == 0)
            let verdict = try #require(try verdicts(output).verdicts.first)
            #expect(verdict.algorithm == "frontier search of a cas register (exact) on 1 key")
            #expect(verdict.crossCheck?.outcome == .agrees)
            let text = try await Inquest.run(check + ["--cross-check"])
            #expect(text.standardOutput.contains("cross-check agrees: frontier search of a cas register"))
            let wrong = try await Inquest.run(check + ["--algorithm", "queue"])
            #expect(wrong.status == 64)
            #expect(wrong.standardError.contains("these fit: zones, search, depth-first"))
            #expect(try await Inquest.run(check + ["--algorithm", "nonsense"]).status == 64)
        }

        @Test("a history that is not of the object that --model names is malformed input, with the reason")
        func model() async throws {
            let scratch = try Scratch()
            let path = try scratch.file(
                "set.jsonl",
                """
                {"index":0,"time":1,"process":0,"type":"invoke","f":"add","key":"x","value":7}
                {"index":1,"time":2,"process":0,"type":"ok","f":"add","key":"x","value":7}
                {"index":2,"time":3,"process":1,"type":"invoke","f":"read","key":"x","value":null}
                {"index":3,"time":4,"process":1,"type":"ok","f":"read","key":"x","value":[7]}

                """)
            let check = ["check", path, "--guarantee", "linearizable", "--model"]
            #expect(try await Inquest.run(check + ["set"]).status == 0)
            let output = try await Inquest.run(check + ["register"])
            #expect(output.status == 65)
            #expect(
                output.standardError.contains("operation 0 is 'add', and a register has read and write"),
                "\(output.standardError)")
            #expect(output.standardError.contains("--model set"))
            #expect(output.standardOutput.isEmpty)
        }

        @Test("the example of docs/history-format.md is a history that can be judged")
        func documentedFormat() async throws {
            let text = try String(contentsOfFile: Inquest.root + "/docs/history-format.md", encoding: .utf8)
            let example = try #require(text.firstMatch(of: /(?s)```json\n(.*?)```/)).1
            let scratch = try Scratch()
            let path = try scratch.file("history.jsonl", String(example))
            let output = try await Inquest.run([
                "check", path, "--guarantee", "linearizable", "--model", "register",
            ])
            #expect(output.status == 0, "\(output.standardError)")
        }

        @Test("a report that was lost is made again, and a bare history has none")
        func reportAgain() async throws {
            let scratch = try Scratch()
            let files = FileManager.default
            let copy = scratch.path + "/run"
            try files.copyItem(atPath: sample, toPath: copy)
            for name in ["index.html", "verdict.json"] { try files.removeItem(atPath: "\(copy)/\(name)") }
            #expect(try await Inquest.run(["report", copy]).status == 0)
            for name in ["index.html", "verdict.json", "summary.md"] {
                #expect(files.contentsEqual(atPath: "\(copy)/\(name)", andPath: "\(sample)/\(name)"), "\(name)")
            }
            #expect(try await Inquest.run(["report", copy + "/history.jsonl"]).status == 64)
        }

        @Test("a history is judged the same in every format that it can be converted to")
        func converted() async throws {
            let scratch = try Scratch()
            let path = scratch.path + "/history"
            let check = ["--guarantee", "monotonic-reads", "--json"]
            let before = try verdicts(try await Inquest.run(["check", sample + "/history.jsonl"] + check))
            for format in ["edn", "jsonl"] {
                let conversion = ["convert", sample, "--to", format, "--output", path]
                #expect(try await Inquest.run(conversion).status == 0)
                #expect(try verdicts(try await Inquest.run(["check", path] + check)).verdicts == before.verdicts)
            }
            let one = try await Inquest.run(["convert", sample, "--to", "edn", "--key", "s0"])
            #expect(one.status == 0 && one.standardOutput.hasPrefix("{:index 0, "))
            #expect(!one.standardOutput.contains(":key"))
            #expect(try await Inquest.run(["convert", sample, "--to", "edn", "--key", "none"]).status == 64)
            #expect(try await Inquest.run(["check", path, "--format", "edn"]).status == 65)
            #expect(try await Inquest.run(["convert", Inquest.root + "/README.md", "--to", "edn"]).status == 65)
        }

        @Test("an order of writes by real time counts where it is assumed, and the verdict says so")
        func assumedOrder() async throws {
            let scratch = try Scratch()
            let path = try scratch.file(
                "late.jsonl",
                """
                {"index":0,"time":1,"process":0,"type":"invoke","f":"write","key":"x","value":1}
                {"index":1,"time":2,"process":0,"type":"ok","f":"write","key":"x","value":1}
                {"index":2,"time":3,"process":1,"type":"invoke","f":"write","key":"y","value":2}
                {"index":3,"time":4,"process":1,"type":"ok","f":"write","key":"y","value":2}
                {"index":4,"time":5,"process":2,"type":"invoke","f":"txn","value":[["r","x",null],["r","y",null]]}
                {"index":5,"time":6,"process":2,"type":"ok","f":"txn","value":[["r","x",null],["r","y",2]]}

                """)
            let check = ["check", path, "--guarantee", "consistent-prefix", "--json"]
            let without = try verdicts(try await Inquest.run(check)).verdicts
            #expect(without.map(\.judgement) == [.valid])
            #expect(!without[0].algorithm.contains("assumed"))
            let with = try verdicts(try await Inquest.run(check + ["--assume", "linearizable-writes"])).verdicts
            #expect(with.map(\.judgement) == [.invalid])
            #expect(with[0].algorithm.contains("assumed"))
        }

        @Test("a torn last line is left out, and said")
        func tornLine() async throws {
            let scratch = try Scratch()
            let path = try changedHistory(scratch) { lines in
                lines.removeLast()
                lines[lines.count - 1] = lines[lines.count - 1].dropLast(20)
            }
            let output = try await Inquest.run(["check", path, "--guarantee", "consistent-prefix-node"])
            #expect(output.status == 0)
            #expect(output.standardOutput.contains("the last line of the history is torn and was left out"))
        }

        @Test("a broken line in the middle is malformed input, named by its number")
        func brokenLine() async throws {
            let scratch = try Scratch()
            let path = try changedHistory(scratch) { $0[6] = $0[6].dropLast(9) }
            let output = try await Inquest.run(["check", path])
            #expect(output.status == 65)
            #expect(output.standardError.contains(path))
            #expect(output.standardError.contains("line 7"), "\(output.standardError)")
        }

        @Test("a workload with a key that nobody knows is refused with its file and line")
        func unknownKey() async throws {
            let scratch = try Scratch()
            let text = try String(contentsOfFile: Inquest.root + "/workloads/oracle/SL40.yaml", encoding: .utf8)
            let path = try scratch.file("mine.yaml", "colour: red\n" + text)
            let output = try await Inquest.run(["run", path, "--out", scratch.path])
            #expect(output.status == 65)
            #expect(output.standardError.contains("\(path):1:"), "\(output.standardError)")
            #expect(output.standardError.contains("colour"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["mine.yaml"])
        }

        @Test(
            "wrong words on the command line are exit code 64",
            arguments: [
                ["run"], ["run", "workloads/oracle/SL40.yaml", "--speed", "9"],
                ["run", "workloads/oracle/SL40.yaml", "--seed", "many"],
                ["run", "workloads/oracle/SL40.yaml", "--lab", "0"],
                ["run", "workloads/oracle/SL40.yaml", "--lab", "3", "--hosts", "hosts.yaml"],
                ["check", "reports/sample", "--guarantee", "quickness"],
                ["check", "reports/sample", "--guarantee", ","],
                ["check"], ["judge"],
                ["check", "reports/sample", "--model", "bank"],
            ])
        func usage(_ words: [String]) async throws {
            let output = try await Inquest.run(words)
            #expect(output.status == 64)
            #expect(!output.standardError.isEmpty)
        }

        @Test(
            "what is misspelt or not there is said, with what to do, before anything is begun",
            arguments: [
                (["check", "reports/sample", "--guarantee", "linearisable"], "did you mean linearizable?"),
                (["check", "reports"], "name one run, such as reports/sample"),
                (["check", "no-such-run"], "No such file"),
                (["run", "no-such.yaml"], "there is no file no-such.yaml"),
                (["run", "workloads"], "workloads is a directory"),
                (
                    ["run", "workloads/oracle/SL40.yaml", "--hosts", "no-such.yaml"],
                    "there is no file no-such.yaml"
                ),
                (["run", "workloads/oracle/SL40.yaml", "--host", "hosts.yaml"], "Did you mean '--hosts'?"),
                (["workloads", "docs"], "there is no workload file (.yaml) in docs"),
            ])
        func mistake(_ words: [String], _ message: String) async throws {
            let output = try await Inquest.run(words)
            #expect(output.status == 64)
            #expect(output.standardError.contains(message), "\(output.standardError)")
            #expect(output.standardOutput.isEmpty)
            #expect(!output.standardError.hasPrefix("seed"))
        }

        @Test("no file of the sample names a directory of the machine that made it")
        func sampleIsPortable() throws {
            let foreign = ["/tmp", "/root", "/home", "/work"].map { $0 + "/" }
            for case let name as String in try #require(FileManager.default.enumerator(atPath: sample)) {
                guard let text = try? String(contentsOfFile: "\(sample)/\(name)", encoding: .utf8) else { continue }
                #expect(foreign.filter(text.contains) == [], "\(name)")
            }
        }
    }
}
