import HistoryModel

/// Reads the options of a system out of a workload file; every value that is impossible is refused by name.
struct OptionReader {
    private var members: [Value.Member]

    /// Takes an object, or `null` for none.
    init(_ options: Value, known: [String]) throws(SystemOptionError) {
        switch options {
        case .null: members = []
        case .object(let members): self.members = members
        default:
            throw SystemOptionError(option: "options", value: options.plainText, allowed: "names with values")
        }
        for member in members where !known.contains(member.name) {
            throw SystemOptionError(
                option: member.name, value: member.value.plainText,
                allowed: "the options \(known.joined(separator: ", "))")
        }
    }

    subscript(_ option: String) -> Value? { members.first { $0.name == option }?.value }

    /// One of a few words.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ option: String, default fallback: Choice
    ) throws(SystemOptionError) -> Choice where Choice.RawValue == String {
        guard let value = self[option] else { return fallback }
        guard let choice = Choice(rawValue: value.plainText) else {
            throw refused(option, Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    /// A whole number within bounds.
    func number(
        _ option: String, in range: ClosedRange<Int64>, default fallback: Int64
    ) throws(SystemOptionError) -> Int64 {
        guard let value = self[option] else { return fallback }
        guard let number = value.int, range.contains(number) else {
            throw refused(option, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A text, or a list of texts.
    func words(_ option: String, allowed: String) throws(SystemOptionError) -> [String] {
        switch self[option] {
        case nil, .null?: return []
        case .string(let text)?: return text.split(separator: ",").map(String.init)
        case .list(let values)?:
            let words = values.compactMap(\.string)
            guard words.count == values.count else { throw refused(option, allowed) }
            return words
        default: throw refused(option, allowed)
        }
    }

    func refused(_ option: String, _ allowed: String) -> SystemOptionError {
        SystemOptionError(option: option, value: self[option]?.plainText ?? "", allowed: allowed)
    }
}

extension Value {
    /// As a person would write it; YAML's `yes`, `no` and numbers come as the words that they stand for.
    var plainText: String {
        switch self {
        case .null: "null"
        case .bool(let flag): flag ? "yes" : "no"
        case .int(let number): String(number)
        case .double(let number): String(number)
        case .string(let text), .digits(let text): text
        case .list(let values): values.map(\.plainText).joined(separator: ",")
        case .object(let members): members.map { "\($0.name)=\($0.value.plainText)" }.joined(separator: ",")
        }
    }
}
