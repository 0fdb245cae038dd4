public import Checkers

/// The verdict matrix: for each configuration what its histories must and must not show.
public struct OracleMatrix: Sendable {
    /// What a cell says of a guarantee.
    public enum Mark: String, Sendable, Hashable, CaseIterable, Encodable {
        /// Kept: any report is a bug.
        case kept = "P"
        /// Violated with the sure setting: silence is a failure.
        case broken = "X"
        /// Either.
        case open = "?"
    }

    /// A configuration.
    public struct Row: Sendable {
        public var id: String
        public var mode: String
        public var reads: String
        public var fault: String
        /// The settings that make a violation sure, and where it is known from.
        public var evidence: String
        /// Cells that say nothing are not here.
        public var marks: [Guarantee: Mark]
    }

    public var rows: [Row]

    /// The columns, in the order of the file.
    public static let columns = Guarantee.standard

    private static let header = [
        "id", "mode", "read policy", "fault", "LIN", "RYW", "MR", "CP node/session", "LOST", "DIRTY", "CONV",
        "sure settings and evidence",
    ]

    /// Reads the matrix (`docs/oracle.csv`).
    public init(file: String) throws(RunFailure) { try self.init(text: readText(file), file: file) }

    init(text: String, file: String) throws(RunFailure) {
        let lines = text.split(whereSeparator: \.isNewline).map(Self.fields)
        guard lines.first == Self.header else {
            throw RunFailure(.malformed, "\(file):1: the columns are \(Self.header.joined(separator: ","))")
        }
        var rows: [Row] = []
        for (number, fields) in lines.enumerated().dropFirst() {
            guard fields.count == Self.header.count, let marks = Self.marks(fields) else {
                throw RunFailure(
                    .malformed, "\(file):\(number + 1): not \(Self.header.count) fields with cells of P, X, ? or -")
            }
            rows.append(
                Row(
                    id: fields[0], mode: fields[1], reads: fields[2], fault: fields[3], evidence: fields[11],
                    marks: marks))
        }
        self.rows = rows
    }

    /// The row whose scenario a file is, told by its name: `SL20-snapshot` and `SL20-repaired` belong to `SL20`.
    public static func row(ofFile name: String) -> String {
        String(name.split(separator: "-").first ?? "")
    }

    private static func marks(_ fields: [String]) -> [Guarantee: Mark]? {
        let prefix = fields[7].split(separator: "/").map(String.init)
        let cells = fields[4...6] + (prefix.count == 2 ? prefix : [fields[7], fields[7]]) + fields[8...10]
        var marks: [Guarantee: Mark] = [:]
        for (guarantee, cell) in zip(columns, cells) where cell != "-" && cell != "–" {
            guard let mark = Mark(rawValue: cell) else { return nil }
            marks[guarantee] = mark
        }
        return marks
    }

    /// The fields of a line; quoted ones may hold commas, and quotes doubled.
    private static func fields(_ line: some StringProtocol) -> [String] {
        var fields = [""]
        var isQuoted = false
        var isAfterQuote = false
        for character in line {
            switch character {
            case "\"":
                if !isQuoted, isAfterQuote { fields[fields.count - 1].append("\"") }
                isAfterQuote = isQuoted
                isQuoted.toggle()
                continue
            case "," where !isQuoted: fields.append("")
            default: fields[fields.count - 1].append(character)
            }
            isAfterQuote = false
        }
        return fields
    }
}
