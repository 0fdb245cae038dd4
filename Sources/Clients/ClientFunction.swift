public import HistoryModel

/// The functions that clients know.
enum ClientFunction: String, CaseIterable {
    case read, write, cas, add, remove, increment, append, txn, open, transfer, reserve, rejected, statement

    /// Whether it is about one key.
    var hasKey: Bool {
        switch self {
        case .read, .write, .cas, .add, .remove, .increment, .append, .reserve, .rejected: true
        case .txn, .open, .transfer, .statement: false
        }
    }
}

extension OperationRequest {
    /// The function, `nil` when no client knows it.
    var function: ClientFunction? { ClientFunction(rawValue: f) }

    /// True when the operation changes nothing, so that one without a value has certainly done nothing.
    public var isReadOnly: Bool {
        switch function {
        case .read, .rejected: true
        case .txn: readKeys != nil
        default: false
        }
    }

    /// A write of nothing.
    var isDeletion: Bool { function == .write && value.isNull }

    /// Whether a read of the key returns a list.
    var readsList: Bool { shape == .set || shape == .list }

    /// The keys of a `txn` that only reads: `[["r", key, null], ...]`.
    var readKeys: [String]? {
        guard let operations = value.list, !operations.isEmpty else { return nil }
        var keys: [String] = []
        for operation in operations {
            guard let parts = operation.list, parts.count == 3, parts[0].string == "r", let key = parts[1].string
            else { return nil }
            keys.append(key)
        }
        return keys
    }

    /// The balances of an `open`, by account.
    var balances: [(account: String, balance: Int64)]? {
        guard case .object(let members) = value, !members.isEmpty else { return nil }
        var balances: [(account: String, balance: Int64)] = []
        for member in members {
            guard let balance = member.value.int else { return nil }
            balances.append((member.name, balance))
        }
        return balances
    }

    /// What a `transfer` moves, and between which accounts.
    var transfer: (from: String, to: String, amount: Int64)? {
        guard let from = value["from"]?.string, let to = value["to"]?.string, let amount = value["amount"]?.int,
            amount > 0
        else { return nil }
        return (from, to, amount)
    }

    /// The function whose value is to be written, where it is for the node to compute: `RAND()`, or `RAND() + 5`.
    var computed: String? {
        guard function == .write, let text = value.string else { return nil }
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard let first = words.first, Self.functions.contains(String(first)) else { return nil }
        let isSum = words.count == 3 && words[1] == "+" && Int64(words[2]) != nil
        return words.count == 1 || isSum ? text : nil
    }

    /// What a statement can compute.
    private static let functions: Set<String> = ["RAND()", "NOW()", "UUID()", "SYSDATE()"]

    /// Whether only the node's answer tells what is written.
    public var isToldLater: Bool { computed != nil || function == .statement }

    /// How the operation stands in a history when it ended so: a statement as the writes that the node told of.
    public func recorded(as reply: ClientReply) -> (f: String, key: String?, value: Value) {
        guard function == .statement, let rows = reply.value?.list else { return (f, key, reply.value ?? value) }
        guard rows.count == 1, let row = rows[0].list, row.count == 3 else { return ("txn", nil, .list(rows)) }
        return ("write", row[1].string, row[2])
    }

    /// What is wrong with the request, `nil` for a good one.
    var flaw: String? {
        guard let function else { return "no client knows the function '\(f)'" }
        guard !function.hasKey || key != nil else { return "a \(f) needs a key" }
        switch function {
        case .read: return value.isNull ? nil : "a read carries no value"
        case .write: return nil
        case .add, .remove, .append, .reserve, .rejected: return value.isNull ? "a \(f) needs a value" : nil
        case .statement: return value.string == nil ? "a statement is a text" : nil
        case .increment: return value.int == nil ? "an increment needs a whole number" : nil
        case .cas: return value.list?.count == 2 ? nil : "a cas needs [old, new]"
        case .txn: return readKeys == nil ? "a txn is a list of [\"r\", key, null]" : nil
        case .open: return balances == nil ? "an open has a balance for each account" : nil
        case .transfer: return transfer == nil ? "a transfer has from, to and a positive amount" : nil
        }
    }
}
