import Checkers
import Foundation

/// The verdict matrix, `docs/oracle.csv`.
struct Oracle {
    /// What a cell says: P, X and ? of each guarantee.
    typealias Row = [Guarantee: Set<Judgement>]

    private var cells: [String: [String]] = [:]
    private static let columns: [Guarantee] = [
        .linearizable, .readYourWrites, .monotonicReads, .consistentPrefixNode, .consistentPrefixSession,
        .noLostWrites, .noDirtyReads, .convergence,
    ]

    init() throws {
        let text = try String(contentsOfFile: Inquest.root + "/docs/oracle.csv", encoding: .utf8)
        for line in text.split(separator: "\n").dropFirst() {
            let fields = Self.fields(line)
            cells[fields[0]] = Array(fields[4..<11])
        }
    }

    /// The row of a scenario's file: a twin is named after its row, and every promise of a repaired one is kept.
    func row(ofScenario name: String) -> Row? {
        if name.hasSuffix("-repaired") {
            return Dictionary(uniqueKeysWithValues: Self.columns.map { ($0, [.valid]) })
        }
        guard let id = name.split(separator: "-").first, let cells = cells[String(id)] else { return nil }
        var words = cells.flatMap { $0.split(separator: "/").map(String.init) }
        // One mark says that neither prefix is judged.
        if words.count == Self.columns.count - 1 { words.insert(words[3], at: 4) }
        guard words.count == Self.columns.count else { return nil }
        let judgements: [String: Set<Judgement>] = ["P": [.valid], "X": [.invalid], "?": [.valid, .invalid]]
        let known = zip(Self.columns, words).compactMap { column, word in judgements[word].map { (column, $0) } }
        let isRead = words.allSatisfy { judgements[$0] != nil || $0 == "-" || $0 == "–" }
        return isRead ? Dictionary(uniqueKeysWithValues: known) : nil
    }

    /// The fields of a line; quoted ones may contain commas and doubled quotes.
    private static func fields(_ line: Substring) -> [String] {
        var fields = [""]
        var isQuoted = false
        for character in line {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: fields.append("")
            default: fields[fields.count - 1].append(character)
            }
        }
        return fields
    }
}
