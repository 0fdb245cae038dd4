import Checkers
import Workloads

/// A row of the verdict matrix.
struct OracleRow {
    var id: String
    var expectations: [Guarantee: ExpectedVerdict]

    static func parse(_ text: String) -> [OracleRow] {
        let rows = text.split(separator: "\n").map { fields(of: $0) }
        guard let header = rows.first else { return [] }
        return rows.dropFirst().compactMap { row in
            let cells = Dictionary(zip(header, row)) { first, _ in first }
            // One mark says that neither is judged.
            let words = (cells["CP node/session"] ?? "").split(separator: "/").map(String.init)
            guard let id = cells["id"], let first = words.first, let last = words.last else { return nil }
            let prefix = [first, last]
            let marks: [(Guarantee, String?)] = [
                (.linearizable, cells["LIN"]), (.readYourWrites, cells["RYW"]), (.monotonicReads, cells["MR"]),
                (.consistentPrefixNode, prefix[0]), (.consistentPrefixSession, prefix[1]),
                (.noLostWrites, cells["LOST"]), (.noDirtyReads, cells["DIRTY"]), (.convergence, cells["CONV"]),
            ]
            let verdicts: [String: ExpectedVerdict] = ["P": .valid, "X": .invalid, "?": .any]
            let pairs = marks.compactMap { mark in verdicts[mark.1 ?? ""].map { (mark.0, $0) } }
            return OracleRow(id: id, expectations: Dictionary(uniqueKeysWithValues: pairs))
        }
    }

    /// Fields separated by commas; a field in quotes may hold commas, and quotes doubled.
    private static func fields(of line: Substring) -> [String] {
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
