import Determinism
import HistoryModel
import Testing

@testable import Checkers

/// From events to a verdict: what objects are made of histories.
extension RandomHistoryTests {
    @Test("histories of objects get the verdict of trying all orders", arguments: RandomObject.Shape.allCases)
    func objectHistories(shape: RandomObject.Shape) throws {
        var random = SeededRandom.named("history-\(shape)", seed: randomSeed)
        let count = historyCount(500)
        var judgements: [Judgement: Int] = [:]
        for _ in 0..<count {
            let operations = RandomObject.operations(shape, random.split())
            // Reads alone are taken for those of a register, unless an update that failed says what the key is.
            let hasFailed = random.chance(1, in: 2)
            guard hasFailed || operations.function.contains(where: { $0 != .read }) else { continue }
            let isText = random.chance(1, in: 2)
            let history = try History(
                ObjectEvents(shape, operations, isText: isText, hasFailed: hasFailed).events)
            let verdict = check(history, CheckOptions(guarantees: [.linearizable]))[0]
            judgements[verdict.judgement, default: 0] += 1
            let isLinearizable = NaiveObject(shape.kind, operations).isLinearizable()
            let expected: Judgement = isLinearizable ? .valid : .invalid
            let mayBeUnknown =
                ExactAlgorithm.choose(operations).map {
                    $0 == .sums || $0 == .list && !operations.hasUniqueUpdates && !isLinearizable
                } ?? true
                || ["nothing to judge", "are mixed", "no algorithm decides"].contains {
                    verdict.reason?.contains($0) == true
                }
            if verdict.judgement == expected || verdict.judgement == .unknown && mayBeUnknown { continue }
            Issue.record("\(verdict.judgement), not \(expected): \(HistoryNotation.text(history)) \(verdict)")
            return
        }
        let common = judgements[.invalid, default: 0] > count / 50
        #expect(common && (judgements[.valid, default: 0] > count / 20 || shape == .mixedCounter), "\(judgements)")
    }
}

/// The events of random operations.
struct ObjectEvents {
    private(set) var events: [Event] = []
    private let shape: RandomObject.Shape
    private let operations: ObjectOperations
    /// Lists as strings, elements as what was appended to them.
    private let isText: Bool

    init(
        _ shape: RandomObject.Shape, _ operations: ObjectOperations, isText: Bool = false, hasFailed: Bool = false
    ) {
        self.shape = shape
        self.operations = operations
        self.isText = isText && shape.kind == .list
        if hasFailed { addFailed() }
        // At one instant calls come first: then whatever touches is concurrent.
        var moments = operations.call.indices.map { (instant: operations.call[$0], isReturn: 0, position: $0) }
        for position in operations.ret.indices where operations.ret[position] != .max {
            moments.append((operations.ret[position], 1, position))
        }
        moments.sort { ($0.instant, $0.isReturn, $0.position) < ($1.instant, $1.isReturn, $1.position) }
        for moment in moments { add(moment.position, Int64(moment.instant), isReturn: moment.isReturn == 1) }
    }

    /// An update that did not happen, at first.
    private mutating func addFailed() {
        let f =
            switch shape.kind {
            case .register: "write"
            case .list: "append"
            case .set, .elements: "add"
            case .counter: "increment"
            case .mutex: "acquire"
            }
        let value: Value = shape.kind == .mutex ? .null : isText ? "e77;" : 77
        for type in [EventType.invoke, .fail] {
            events.append(
                Event(
                    index: events.count, time: 0, process: .client(1000), type: type, f: f, key: "x", value: value))
        }
    }

    private mutating func add(_ position: Int, _ time: Int64, isReturn: Bool) {
        // Intervals of other objects than locks were moved about: each operation gets a process of its own.
        let process = shape.kind == .mutex ? Int(operations.process[position]) : position
        events.append(
            Event(
                index: events.count, time: time, process: .client(process), type: isReturn ? .ok : .invoke,
                f: name(position), key: "x", value: isReturn ? answer(position) : argument(position)))
    }

    private func name(_ position: Int) -> String {
        switch operations.function[position] {
        case .read: isText ? "get" : "read"
        case .write: isText ? "put" : "write"
        case .increment where position % 2 == 0 && amount(operations.argument[position]) < 0: "decrement"
        case let function: "\(function)"
        }
    }

    private func amount(_ number: Int32) -> Int64 { operations.amount[Int(number)] }

    private func value(_ number: Int32) -> Value {
        number == 0 ? .null : isText ? .string("e\(number);") : .int(Int64(number))
    }

    private func argument(_ position: Int) -> Value {
        let argument = operations.argument[position]
        switch operations.function[position] {
        case .cas: return [value(operations.expected[position]), value(argument)]
        case .increment: return .int(name(position) == "decrement" ? -amount(argument) : amount(argument))
        default: return argument < 0 ? .null : value(argument)
        }
    }

    private func answer(_ position: Int) -> Value {
        let result = operations.result[position]
        switch operations.function[position] {
        case .read:
            if shape.kind == .counter { return .int(amount(result)) }
            if shape.kind == .register { return value(result) }
            let elements = operations.elements[position].map(value)
            return isText ? .string(elements.compactMap(\.string).joined()) : .list(elements)
        case .acquire: return result < 0 ? .null : .int(amount(result))
        case .add where result < 0, .remove where result < 0: return argument(position)
        case .add, .remove, .contains: return .bool(result == 1)
        default: return argument(position)
        }
    }
}
