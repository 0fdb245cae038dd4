extension Statement {
    /// What a statement comes to: the changes of rows, and what the client is told.
    struct Result {
        var changes: [Change]
        var reply: Reply
    }

    /// Computes it on a state; a reply that is a failure comes without changes.
    func evaluate(on store: Store, in surroundings: Surroundings) -> Result {
        do throws(Refusal) {
            return try Evaluation(store: store, surroundings: surroundings).result(of: self)
        } catch {
            return Result(changes: [], reply: error.reply)
        }
    }

    /// The same statement with every function replaced by what it came to.
    func withLiterals(_ surroundings: Surroundings) -> Statement {
        switch self {
        case .set(let key, let value): .set(key: key, value.withLiterals(surroundings))
        case .append(let key, let value): .append(key: key, value.withLiterals(surroundings))
        case .insert(let name, let value): .insert(sequence: name, value.withLiterals(surroundings))
        case .update(let prefix, let value, let limit):
            .update(prefix: prefix, value.withLiterals(surroundings), limit: limit)
        case .add, .delete: self
        }
    }

    /// Read back by `init(_:)`.
    var text: [UInt8] {
        switch self {
        case .set(let key, let value): Array("SET ".utf8) + key + Array(" = ".utf8) + value.text
        case .add(let key, let number): Array("ADD ".utf8) + key + Array(" \(number)".utf8)
        case .append(let key, let value): Array("APPEND ".utf8) + key + Array(" ".utf8) + value.text
        case .delete(let key): Array("DEL ".utf8) + key
        case .insert(let name, let value): Array("INSERT ".utf8) + name + Array(" ".utf8) + value.text
        case .update(let prefix, let value, let limit):
            Array("UPDATE ".utf8) + prefix + Array("* SET value = ".utf8) + value.text
                + Array((limit.map { " LIMIT \($0)" } ?? "").utf8)
        }
    }
}

extension Statement.Expression {
    fileprivate func withLiterals(_ surroundings: Surroundings) -> Self {
        switch self {
        case .function(let function): .literal(surroundings.value(of: function))
        case .sum(let value, let number): .sum(value.withLiterals(surroundings), number)
        case .literal, .key, .own: self
        }
    }

    fileprivate var text: [UInt8] {
        switch self {
        case .literal(let bytes):
            [UInt8(ascii: "'")] + bytes.flatMap { $0 == UInt8(ascii: "'") ? [$0, $0] : [$0] } + [UInt8(ascii: "'")]
        case .key(let key): key
        case .own: Array("value".utf8)
        case .function(let function): Array("\(function.rawValue)()".utf8)
        case .sum(let value, let number): value.text + Array(" + \(number)".utf8)
        }
    }
}

/// Why a statement does nothing.
private struct Refusal: Error {
    var reply: Reply

    init(_ code: Reply.FailureCode, _ message: String) { reply = .failed(code, message) }
}

private struct Evaluation {
    let store: Store
    let surroundings: Surroundings

    func result(of statement: Statement) throws(Refusal) -> Statement.Result {
        switch statement {
        case .set(let key, let expression):
            let value = try value(expression)
            return .init(changes: [.put(key: key, value: value)], reply: .value(value))
        case .add(let key, let number): return try addition(key, number)
        case .append(let key, let expression):
            guard store.holds(key, .list) else { throw Self.wrongType }
            let value = try value(expression)
            return .init(changes: [.append(key: key, elements: [value])], reply: .value(value))
        case .delete(let key):
            let isThere = store.kind(of: key) != nil
            return .init(changes: isThere ? [.delete(key: key)] : [], reply: .integer(isThere ? 1 : 0))
        case .insert(let sequence, let expression): return try insertion(sequence, expression)
        case .update(let prefix, let expression, let limit): return try update(prefix, expression, limit)
        }
    }

    private func addition(_ key: [UInt8], _ amount: Int64) throws(Refusal) -> Statement.Result {
        let sum = try sum(try register(key), amount)
        return .init(changes: [.increment(key: key, by: amount)], reply: .value(sum))
    }

    /// The next number is the one that this replica has, wherever the statement came from.
    private func insertion(
        _ sequence: [UInt8], _ expression: Statement.Expression
    ) throws(Refusal) -> Statement.Result {
        let number = try sum(try register(sequence), 1)
        let key = sequence + Array("/".utf8) + number
        let value = try value(expression)
        return .init(
            changes: [.increment(key: sequence, by: 1), .put(key: key, value: value)],
            reply: .elements([key, value]))
    }

    private func update(
        _ prefix: [UInt8], _ expression: Statement.Expression, _ limit: Int?
    ) throws(Refusal) -> Statement.Result {
        var result = Statement.Result(changes: [], reply: .ok)
        var told: [[UInt8]] = []
        for key in store.registersInRowOrder(from: prefix).prefix(limit ?? .max) {
            let value = try value(expression, own: store.register(key))
            result.changes.append(.put(key: key, value: value))
            told += [key, value]
        }
        result.reply = .elements(told)
        return result
    }

    // MARK: Values

    private func value(_ expression: Statement.Expression, own: [UInt8]? = nil) throws(Refusal) -> [UInt8] {
        switch expression {
        case .literal(let bytes): return bytes
        case .own: return own ?? []
        case .function(let function): return surroundings.value(of: function)
        case .key(let key):
            guard let value = try register(key) else {
                throw Refusal(.refused, "nothing is stored under a key that the value is made of")
            }
            return value
        case .sum(let expression, let number): return try sum(try value(expression, own: own), number)
        }
    }

    private func register(_ key: [UInt8]) throws(Refusal) -> [UInt8]? {
        guard store.holds(key, .register) else { throw Self.wrongType }
        return store.register(key)
    }

    /// Absence counts as 0.
    private func sum(_ value: [UInt8]?, _ amount: Int64) throws(Refusal) -> [UInt8] {
        guard let number = value.map(IntegerText.parse) ?? 0 else {
            throw Refusal(.refused, "the value is no whole number of 64 bits")
        }
        let (sum, overflows) = number.addingReportingOverflow(amount)
        guard !overflows else { throw Refusal(.refused, "the sum has more than 64 bits") }
        return IntegerText.text(sum)
    }

    private static let wrongType = Refusal(.wrongType, "the key holds another type of value")
}
