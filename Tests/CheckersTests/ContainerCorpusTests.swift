import Foundation
import HistoryModel
import Testing

@testable import Checkers

/// The shared logs of queues, stacks and priority queues, beside the package: `method value start end` in each line.
private enum ObjectLogs {
    static let folder: URL = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let named = ProcessInfo.processInfo.environment["INQUEST_SHARED"].map { URL(filePath: $0) }
        return (named ?? root.appending(path: "../shared")).appending(path: "data/objects").standardizedFileURL
    }()

    static let files: [String] = {
        let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }
        return (names ?? []).filter { $0.hasSuffix(".log") }.sorted()
    }()

    private static let functions: [Substring: ObjectOperations.Function] = [
        "enq": .enqueue, "deq": .dequeue, "push": .push, "pop": .pop, "insert": .insert, "poll": .pollMax,
        "peek": .peek,
    ]

    static func operations(_ file: String) throws -> ObjectOperations {
        var operations = ObjectOperations()
        let lines = try String(contentsOf: folder.appending(path: file), encoding: .utf8).split(separator: "\n")
        let rows = lines.dropFirst().map { $0.split(separator: " ") }.sorted {
            Int32($0[2]) ?? 0 < Int32($1[2]) ?? 0
        }
        for (position, row) in rows.enumerated() {
            let function = functions[row[0]]
            // -1 is nothing.
            let number = max(0, Int32(row[1]) ?? 0)
            let isInsertion = function == .enqueue || function == .push || function == .insert
            operations.operation.append(Int32(position))
            operations.process.append(Int32(position))
            // What ends at the time at which another begins is over before it.
            operations.call.append(2 * (Int32(row[2]) ?? 0) + 1)
            operations.ret.append(2 * (Int32(row[3]) ?? 0))
            operations.function.append(function ?? .read)
            operations.argument.append(isInsertion ? number : -1)
            operations.expected.append(-1)
            operations.result.append(isInsertion ? -1 : number)
            operations.valueCount = max(operations.valueCount, Int(number) + 1)
        }
        operations.amount = (0..<operations.valueCount).map { Int64($0) }
        return operations
    }
}

@Suite("Queues, stacks and priority queues with known verdicts")
struct ContainerCorpusTests {
    @Test(
        "every recorded object gets its known verdict",
        .enabled(
            if: !ObjectLogs.files.isEmpty, "the shared logs are not beside this package (../shared/data/objects)"),
        arguments: ObjectLogs.files)
    func known(file: String) throws {
        let operations = try ObjectLogs.operations(file)
        let verdict = try #require(ExactAlgorithm.choose(operations)).check(operations)
        let isLinearizable = if case .linearizable = verdict { true } else { false }
        #expect(isLinearizable == file.contains("/lin_"), "\(verdict)")
    }

    @Test(
        "every recorded object gets its known verdict as a history too, by what its operations could break",
        .enabled(
            if: !ObjectLogs.files.isEmpty, "the shared logs are not beside this package (../shared/data/objects)"),
        arguments: ObjectLogs.files)
    func knownHistory(file: String) throws {
        let bytes = try [UInt8](Data(contentsOf: ObjectLogs.folder.appending(path: file)))
        let verdicts = check(try HistoryFormat.read(bytes).history)
        #expect(verdicts.map(\.guarantee) == [.linearizable, .noDuplicates, .totalQueue])
        #expect(verdicts.first?.judgement == (file.contains("/lin_") ? .valid : .invalid))
        // The weaker guarantees hold wherever the stronger does.
        #expect(verdicts.first?.judgement == .invalid || !verdicts.contains { $0.judgement == .invalid })
    }

    /// Of 40 values put in one after the other, the order in which they are taken out.
    private static func taken(_ function: ObjectOperations.Function, _ order: [Int32]) -> ObjectVerdict {
        let insertions: [ObjectOperations.Function: ObjectOperations.Function] = [
            .dequeue: .enqueue, .pop: .push, .pollMax: .insert,
        ]
        var operations = ObjectOperations()
        let values = (1...40).map { Int32($0) }
        for (position, value) in (values + order).enumerated() {
            operations.operation.append(Int32(position))
            operations.process.append(0)
            operations.call.append(Int32(2 * position))
            operations.ret.append(Int32(2 * position + 1))
            operations.function.append(position < 40 ? insertions[function] ?? .read : function)
            operations.argument.append(position < 40 ? value : -1)
            operations.expected.append(-1)
            operations.result.append(position < 40 ? -1 : value)
        }
        operations.valueCount = 41
        operations.amount = (0...40).map { Int64($0) }
        return ExactAlgorithm.choose(operations)?.check(operations) ?? .undecided("no algorithm")
    }

    @Test(
        "values are taken out in the order of a queue, a stack, a priority queue, and a proof names four operations"
    )
    func orders() {
        let up = (1...40).map { Int32($0) }
        for function in [ObjectOperations.Function.dequeue, .pop, .pollMax] {
            let right = function == .dequeue ? up : up.reversed()
            #expect(Self.taken(function, right) == .linearizable(order: nil))
            var wrong = right
            wrong.swapAt(20, 21)
            let first = wrong[20] - 1
            let second = wrong[21] - 1
            let expected = ObjectViolation([first, second, 60, 61])
            guard case .violated(let violations) = Self.taken(function, wrong) else {
                Issue.record("\(function): no violation")
                continue
            }
            #expect(violations.map(\.operations) == [expected.operations], "\(function)")
        }
    }
}
