import HistoryModel

/// The functions that clients know.
enum ClientFunction: String, CaseIterable {
    case read, write, cas, add, txn
}

extension OperationRequest {
    /// The function, `nil` when no client knows it.
    var function: ClientFunction? { ClientFunction(rawValue: f) }

    /// True when the operation changes nothing, so that one without a value has certainly done nothing.
    public var isReadOnly: Bool {
        switch function {
        case .read: true
        case .txn: readKeys != nil
        default: false
        }
    }

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

    /// What is wrong with the request, `nil` for a good one.
    var flaw: String? {
        guard let function else { return "no client knows the function '\(f)'" }
        guard function == .txn || key != nil else { return "a \(f) needs a key" }
        switch function {
        case .read: return value.isNull ? nil : "a read carries no value"
        case .write, .add: return value.isNull ? "a \(f) needs a value" : nil
        case .cas: return value.list?.count == 2 ? nil : "a cas needs [old, new]"
        case .txn: return readKeys == nil ? "a txn is a list of [\"r\", key, null]" : nil
        }
    }
}
