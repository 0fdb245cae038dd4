import Checkers
import Foundation
import HistoryModel
import Testing

/// The shared histories with known verdicts, beside the package.
private enum KnownHistories {
    /// `INQUEST_SHARED` names the shared folder where it is not beside the package.
    static let folder: URL = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let named = ProcessInfo.processInfo.environment["INQUEST_SHARED"].map { URL(filePath: $0) }
        return (named ?? root.appending(path: "../shared")).appending(path: "data").standardizedFileURL
    }()

    static let isPresent = FileManager.default.fileExists(atPath: folder.path)

    /// Every file of every folder, by its path below `data`; what lies in no folder is about the folders.
    static let files: [String] = {
        let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return paths.filter { path in
            var isFolder: ObjCBool = false
            _ = unsafe FileManager.default.fileExists(
                atPath: folder.appending(path: path).path, isDirectory: &isFolder)
            return path.contains("/") && !isFolder.boolValue
        }.sorted()
    }()

    /// By name: whether the table says that it is linearizable.
    static let table: [String: Bool] = {
        let text = try? String(contentsOf: folder.appending(path: "expected-porcupine.tsv"), encoding: .utf8)
        let rows = (text ?? "").split(separator: "\n").map { $0.split(separator: "\t") }
        return Dictionary(rows.filter { $0.count > 1 }.map { (String($0[0]), $0[1] == "true") }) { first, _ in first
        }
    }()

    static func history(_ file: String) throws -> LoadedHistory {
        try HistoryFormat.read([UInt8](try Data(contentsOf: folder.appending(path: file))))
    }

    /// What must come out, by the table, the folder and the name as `data/README.md` explains them; `nil` if nobody says.
    static func expected(_ file: String) -> [(Guarantee, Judgement)]? {
        let parts = file.split(separator: "/").map(String.init)
        let name = String(parts[parts.count - 1].prefix { $0 != "." })
        switch parts[0] {
        case "etcd", "kv":
            guard let isLinearizable = table[name] else { return nil }
            return [(.linearizable, isLinearizable ? .valid : .invalid)]
        case "knossos": return parts[1] == "good" ? [(.linearizable, .valid)] : nil
        case "objects":
            guard name.hasPrefix("lin_") || name.hasPrefix("nonlin_") else { return nil }
            return [(.linearizable, name.hasPrefix("lin_") ? .valid : .invalid)]
        case "causal-awdit": return levels(parts[1])
        case "elle":
            return [
                "huge-scc": [(.serializable, .valid), (.strictSerializable, .invalid)],
                "si-without-g-single": [(.snapshotIsolation, .valid), (.serializable, .invalid)],
            ][name]
        case "generated": return generated(name, parts[parts.count - 1])
        default: return nil
        }
    }

    /// The folder names the strongest level that is kept.
    private static func levels(_ strongest: String) -> [(Guarantee, Judgement)]? {
        let levels: [(String, Guarantee)] = [
            ("read-committed", .readCommitted), ("read-atomic", .readAtomic), ("causal", .causal),
        ]
        let kept = strongest == "none" ? 0 : levels.firstIndex { $0.0 == strongest }.map { $0 + 1 }
        return kept.map { kept in
            levels.enumerated().map { ($0.element.1, $0.offset < kept ? .valid : .invalid) }
        }
    }

    /// Valid by construction, unless a read was put in that is stale or impossible.
    private static func generated(_ name: String, _ file: String) -> [(Guarantee, Judgement)]? {
        let isBad = file.contains("_bad") || name.hasPrefix("casib_")
        if name.hasPrefix("append_") {
            let strict: [Guarantee] = [.strongSnapshotIsolation, .strictSerializable]
            return Guarantee.isolation.map { ($0, isBad && strict.contains($0) ? .invalid : .valid) }
        }
        guard ["cas5_", "regu_", "casi_", "casib_", "q_"].contains(where: name.hasPrefix) else { return nil }
        return [(.linearizable, isBad ? .invalid : .valid)]
    }
}

@Suite(
    "Histories with known verdicts",
    .enabled(
        if: KnownHistories.isPresent, "the shared histories are not beside this package (../shared/data)"))
struct KnownVerdictTests {
    @Test("every file gets its known verdicts, whatever its format", arguments: KnownHistories.files)
    func known(file: String) throws {
        let expected = try #require(KnownHistories.expected(file), "nobody says what \(file) should be")
        let loaded = try KnownHistories.history(file)
        #expect(loaded.history.operations.count > 1 && !loaded.isTorn)
        let verdicts = check(loaded.history, CheckOptions(guarantees: expected.map(\.0)))
        #expect(verdicts.count == expected.count)
        for (verdict, expected) in zip(verdicts, expected) {
            // Too small to show anything is a reason to say nothing: it is no alarm.
            let isSmall = verdict.isUnexercised && expected.1 == .valid
            #expect(verdict.judgement == expected.1 || isSmall, "\(verdict.guarantee.rawValue): \(verdict)")
        }
    }

    @Test(
        "a linearizable history breaks none of the guarantees that its operations could break",
        arguments: KnownHistories.files.filter { file in
            KnownHistories.expected(file)?.contains { $0 == (.linearizable, .valid) } ?? false
        })
    func weaker(file: String) throws {
        let verdicts = check(try KnownHistories.history(file).history)
        #expect(verdicts.contains { $0.guarantee == .linearizable && $0.judgement == .valid })
        #expect(!verdicts.contains { $0.judgement == .invalid }, "\(verdicts.filter { $0.judgement == .invalid })")
    }

    @Test("every folder is there, and every line of the table has its file")
    func complete() {
        let folders = Set(KnownHistories.files.map { $0.prefix { $0 != "/" } })
        #expect(
            folders.isSuperset(of: ["causal-awdit", "elle", "etcd", "generated", "knossos", "kv", "objects"]))
        let names = Set(
            KnownHistories.files.compactMap { $0.split(separator: "/").last?.prefix { $0 != "." } }.map(String.init)
        )
        #expect(!KnownHistories.table.isEmpty && names.isSuperset(of: KnownHistories.table.keys))
    }

    @Test(
        "a counterexample names a handful of operations",
        arguments: KnownHistories.files.filter { file in
            KnownHistories.expected(file)?.contains { $0 == (.linearizable, .invalid) } ?? false
        })
    func handful(file: String) throws {
        let options = CheckOptions(guarantees: [.linearizable])
        let verdict = check(try KnownHistories.history(file).history, options)[0]
        let size = try #require(verdict.anomalies.first).evidence.count
        #expect(size <= (file.hasPrefix("etcd/") ? 6 : 20), "\(size) operations")
    }

    @Test("a huge knot of transactions breaks strict serializability alone, in the forms that its makers name")
    func hugeKnot() throws {
        let history = try KnownHistories.history("elle/huge-scc.edn").history
        let verdict = check(history, CheckOptions(guarantees: [.strictSerializable]))[0]
        #expect(
            Set(verdict.anomalies.map(\.kind)) == [.singleAntiDependencyRealTime, .antiDependencyCycleRealTime])
    }

    @Test("write skew is an anti-dependency cycle")
    func writeSkew() throws {
        let history = try KnownHistories.history("elle/si-without-g-single.edn").history
        let verdict = check(history, CheckOptions(guarantees: [.serializable]))[0]
        #expect(verdict.anomalies.map(\.kind) == [.antiDependencyCycle])
    }

    @Test("a stale read that was put into a list is a single anti-dependency in real time")
    func staleList() throws {
        let history = try KnownHistories.history("generated/append_10000_bad.jsonl").history
        for guarantee in [Guarantee.strongSnapshotIsolation, .strictSerializable] {
            let verdict = check(history, CheckOptions(guarantees: [guarantee]))[0]
            #expect(verdict.anomalies.map(\.kind) == [.singleAntiDependencyRealTime])
        }
    }
}
