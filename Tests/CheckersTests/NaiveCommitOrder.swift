import Checkers
import HistoryModel

/// Read committed, read atomic and causal consistency by their axioms (Biswas and Enea, OOPSLA 2019): every order of
/// commits, and every choice of whom a read may have read from.
struct NaiveCommitOrder {
    private let transactions: [NaiveTransactions.Transaction]
    private let lists: Set<String>
    private let included: [Int]
    private let guarantee: Guarantee
    private let isSessionBefore: (Int, Int) -> Bool

    /// A read of what another transaction left; -1: of the initial state.
    private struct Reading {
        var reader: Int
        var micro: Int
        var key: String
        var writer: Int
    }

    init(_ naive: NaiveTransactions, _ included: [Int], _ guarantee: Guarantee) {
        transactions = naive.transactions
        lists = naive.lists
        self.included = included
        self.guarantee = guarantee
        isSessionBefore = naive.sessionBefore
    }

    func exists() -> Bool {
        permutations(included, []).contains { order in
            assignments(order).contains { isExplained(order, $0) }
        }
    }

    private func permutations(_ left: [Int], _ done: [Int]) -> [[Int]] {
        if left.isEmpty { return [done] }
        return left.filter { next in !left.contains { isSessionBefore($0, next) } }
            .flatMap { next in permutations(left.filter { $0 != next }, done + [next]) }
    }

    // MARK: Whom reads may have read from

    /// All ways to say whom each read read from; none if some read fits nobody.
    private func assignments(_ order: [Int]) -> [[Reading]] {
        var ways: [[Reading]] = [[]]
        for reader in included where transactions[reader].isRead {
            for (position, micro) in transactions[reader].micros.enumerated() where micro.f == "r" {
                guard let candidates = candidates(reader, position, micro, order) else { continue }
                ways = ways.flatMap { way in
                    candidates.map {
                        way + [Reading(reader: reader, micro: position, key: micro.key, writer: $0)]
                    }
                }
            }
        }
        return ways
    }

    /// `nil` for a read that shows just what its own transaction wrote.
    private func candidates(
        _ reader: Int, _ position: Int, _ micro: NaiveTransactions.Micro, _ order: [Int]
    ) -> [Int]? {
        let own = transactions[reader].micros[..<position].filter { $0.key == micro.key && $0.f != "r" }
        if !lists.contains(micro.key) {
            if let last = own.last { return last.value == micro.value ? nil : [] }
            let writers = included.filter { $0 != reader && left($0, micro.key) == micro.value }
            return writers + (micro.value.isNull ? [-1] : [])
        }
        guard micro.value.isNull || micro.value.list != nil else { return [] }
        let seen = micro.value.list ?? []
        guard seen.count >= own.count, seen.suffix(own.count).elementsEqual(own.map(\.value)) else { return [] }
        var elements: [Value] = []
        let others = Array(seen.dropLast(own.count))
        var found = others.isEmpty ? [-1] : []
        for writer in order {
            let appended = transactions[writer].micros.filter { $0.f == "append" && $0.key == micro.key }.map(
                \.value)
            elements += appended
            if !appended.isEmpty, elements == others, writer != reader { found.append(writer) }
        }
        return found
    }

    private func left(_ writer: Int, _ key: String) -> Value? {
        transactions[writer].micros.last { $0.f == "w" && $0.key == key }?.value
    }

    // MARK: Axioms

    private func isExplained(_ order: [Int], _ readings: [Reading]) -> Bool {
        var place: [Int: Int] = [-1: -1]
        for (position, transaction) in order.enumerated() { place[transaction] = position }
        func commits(_ first: Int, before second: Int) -> Bool { (place[first] ?? 0) < (place[second] ?? 0) }
        guard readings.allSatisfy({ commits($0.writer, before: $0.reader) }) else { return false }
        return readings.allSatisfy { reading in
            included.allSatisfy { other in
                other == reading.writer || other == reading.reader
                    || !transactions[other].writtenKeys.contains(reading.key)
                    || !sees(reading, other, readings) || commits(other, before: reading.writer)
            }
        }
    }

    private func sees(_ reading: Reading, _ other: Int, _ readings: [Reading]) -> Bool {
        let own = readings.filter { $0.reader == reading.reader && $0.writer == other }
        switch guarantee {
        case .readCommitted: return own.contains { $0.micro < reading.micro }
        case .readAtomic: return !own.isEmpty || isSessionBefore(other, reading.reader)
        default: return leads(other, reading.reader, readings)
        }
    }

    /// Over sessions and reads-from, which are acyclic here.
    private func leads(_ first: Int, _ second: Int, _ readings: [Reading]) -> Bool {
        included.contains { step in
            let isDirect =
                isSessionBefore(first, step) || readings.contains { $0.reader == step && $0.writer == first }
            return isDirect && (step == second || leads(step, second, readings))
        }
    }
}
