/// Why a text is no statement.
public struct StatementError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}

extension Statement {
    /// The longest text that is read, in bytes.
    static let textLimit = 64 * 1024

    /// Reads a statement; words of the language in either case.
    public init(_ text: [UInt8]) throws(StatementError) {
        guard text.count <= Self.textLimit else { throw StatementError("more than \(Self.textLimit) bytes") }
        var parser = StatementParser(try StatementWord.split(text))
        self = try parser.statement()
        try parser.end()
    }
}

/// The pieces that a statement is made of.
private enum StatementWord: Hashable {
    case name([UInt8])
    case text([UInt8])
    case sign(UInt8)

    private static let signs = Array("=+*()".utf8)
    private static let spaces = Array(" \t\r\n".utf8)
    private static let quote = UInt8(ascii: "'")

    static func split(_ text: [UInt8]) throws(StatementError) -> [StatementWord] {
        var words: [StatementWord] = []
        var index = 0
        while index < text.count {
            let byte = text[index]
            if spaces.contains(byte) {
                index += 1
            } else if signs.contains(byte) {
                words.append(.sign(byte))
                index += 1
            } else if byte == quote {
                words.append(.text(try quoted(text, &index)))
            } else {
                let end = text[index...].firstIndex { spaces.contains($0) || signs.contains($0) || $0 == quote }
                words.append(.name(Array(text[index..<(end ?? text.count)])))
                index = end ?? text.count
            }
        }
        return words
    }

    /// A quoted text; two quotes stand for one.
    private static func quoted(_ text: [UInt8], _ index: inout Int) throws(StatementError) -> [UInt8] {
        var result: [UInt8] = []
        index += 1
        while index < text.count {
            if text[index] != quote {
                result.append(text[index])
                index += 1
            } else if index + 1 < text.count, text[index + 1] == quote {
                result.append(quote)
                index += 2
            } else {
                index += 1
                return result
            }
        }
        throw StatementError("a text in quotes does not end")
    }

    var shown: String {
        switch self {
        case .name(let bytes), .text(let bytes): "'\(String(decoding: bytes.prefix(40), as: UTF8.self))'"
        case .sign(let byte): "'\(Character(Unicode.Scalar(byte)))'"
        }
    }
}

private struct StatementParser {
    private let words: [StatementWord]
    private var index = 0

    init(_ words: [StatementWord]) { self.words = words }

    private static let verbs = "SET, ADD, APPEND, DEL, UPDATE and INSERT"

    mutating func statement() throws(StatementError) -> Statement {
        let verb = try name("one of \(Self.verbs)")
        switch String(decoding: verb, as: UTF8.self).uppercased() {
        case "SET":
            let key = try name("a key")
            try sign("=")
            return .set(key: key, try expression(inUpdate: false))
        case "ADD": return .add(key: try name("a key"), try number())
        case "APPEND": return .append(key: try name("a key"), try expression(inUpdate: false))
        case "DEL": return .delete(key: try name("a key"))
        case "UPDATE": return try update()
        case "INSERT": return .insert(sequence: try name("a sequence"), try expression(inUpdate: false))
        default: throw StatementError("statements are \(Self.verbs), and not \(StatementWord.name(verb).shown)")
        }
    }

    private mutating func update() throws(StatementError) -> Statement {
        let prefix = isNext(.sign(UInt8(ascii: "*"))) ? [] : try name("the beginning of keys")
        try sign("*")
        try keyword("SET")
        try keyword("VALUE")
        try sign("=")
        let expression = try expression(inUpdate: true)
        guard index < words.count else { return .update(prefix: prefix, expression, limit: nil) }
        try keyword("LIMIT")
        guard let limit = Int(exactly: try number()), limit >= 0 else {
            throw StatementError("a limit is not negative")
        }
        return .update(prefix: prefix, expression, limit: limit)
    }

    private mutating func expression(inUpdate: Bool) throws(StatementError) -> Statement.Expression {
        let value = try operand(inUpdate: inUpdate)
        guard isNext(.sign(UInt8(ascii: "+"))) else { return value }
        index += 1
        return .sum(value, try number())
    }

    private mutating func operand(inUpdate: Bool) throws(StatementError) -> Statement.Expression {
        switch try word("a value") {
        case .text(let text): return .literal(text)
        case .sign(let byte): throw StatementError("a value is wanted, and not \(StatementWord.sign(byte).shown)")
        case .name(let name):
            if isNext(.sign(UInt8(ascii: "("))) { return .function(try function(name)) }
            if IntegerText.parse(name) != nil { return .literal(name) }
            return inUpdate && String(decoding: name, as: UTF8.self).uppercased() == "VALUE" ? .own : .key(name)
        }
    }

    private mutating func function(_ name: [UInt8]) throws(StatementError) -> Statement.Function {
        guard let function = Statement.Function(rawValue: String(decoding: name, as: UTF8.self).uppercased()) else {
            let known = Statement.Function.allCases.map(\.rawValue).joined(separator: ", ")
            throw StatementError("functions are \(known), and not \(StatementWord.name(name).shown)")
        }
        try sign("(")
        try sign(")")
        return function
    }

    // MARK: Words

    func end() throws(StatementError) {
        guard index == words.count else { throw StatementError("\(words[index].shown) is too much") }
    }

    private func isNext(_ word: StatementWord) -> Bool { index < words.count && words[index] == word }

    private mutating func word(_ wanted: String) throws(StatementError) -> StatementWord {
        guard index < words.count else { throw StatementError("the statement ends, and \(wanted) is wanted") }
        defer { index += 1 }
        return words[index]
    }

    private mutating func name(_ wanted: String) throws(StatementError) -> [UInt8] {
        let word = try word(wanted)
        guard case .name(let name) = word else {
            throw StatementError("\(wanted) is wanted, and not \(word.shown)")
        }
        return name
    }

    private mutating func keyword(_ keyword: String) throws(StatementError) {
        let name = try name(keyword)
        guard String(decoding: name, as: UTF8.self).uppercased() == keyword else {
            throw StatementError("\(keyword) is wanted, and not \(StatementWord.name(name).shown)")
        }
    }

    private mutating func sign(_ sign: Unicode.Scalar) throws(StatementError) {
        let word = try word("'\(sign)'")
        guard word == .sign(UInt8(ascii: sign)) else {
            throw StatementError("'\(sign)' is wanted, and not \(word.shown)")
        }
    }

    private mutating func number() throws(StatementError) -> Int64 {
        let name = try name("a whole number")
        guard let number = IntegerText.parse(name) else {
            throw StatementError("a whole number of 64 bits is wanted, and not \(StatementWord.name(name).shown)")
        }
        return number
    }
}
