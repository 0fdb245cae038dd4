import HistoryModel

/// Why a text is no certificate.
public struct MalformedCertificate: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
}

extension Certificate {
    /// The version of the format that is written and read.
    public static var format: Int64 { 1 }

    /// As JSON, on one line.
    public var bytes: [UInt8] {
        let objects = objects.map { object -> Value in
            let order = object.order.map { step -> Value in
                let operation = Value.int(Int64(step.operation))
                return step.part.map { [operation, .int(Int64($0))] } ?? operation
            }
            return [
                "key": object.key.map(Value.string) ?? .null, "model": .string(object.model.rawValue),
                "order": .list(order),
            ]
        }
        let file: Value = [
            "certificate": "linearizable", "format": .int(Self.format), "objects": .list(objects),
        ]
        return JSONText.bytes(file) + [UInt8(ascii: "\n")]
    }

    /// Reads what `bytes` writes; other members are of no account.
    public init(_ bytes: [UInt8]) throws(MalformedCertificate) {
        let file: Value
        do {
            file = try JSONText.value(bytes)
        } catch {
            throw MalformedCertificate(description: "\(error)")
        }
        guard file["certificate"] == "linearizable" else {
            throw MalformedCertificate(description: "\"certificate\" is not \"linearizable\"")
        }
        guard file["format"] == .int(Self.format) else {
            throw MalformedCertificate(description: "\"format\" is not \(Self.format)")
        }
        guard let list = file["objects"]?.list else {
            throw MalformedCertificate(description: "\"objects\" is no list")
        }
        objects = []
        for (place, value) in list.enumerated() {
            guard let object = Object(value) else {
                throw MalformedCertificate(
                    description: "objects[\(place)] has no \"key\", \"model\" and \"order\" that make sense")
            }
            objects.append(object)
        }
    }
}

extension Certificate.Object {
    fileprivate init?(_ value: Value) {
        guard let key = value["key"], key.isNull || key.string != nil,
            let model = value["model"]?.string.flatMap(Certificate.Model.init), let list = value["order"]?.list
        else { return nil }
        var order: [Certificate.Step] = []
        order.reserveCapacity(list.count)
        for value in list {
            guard let step = Certificate.Step(value) else { return nil }
            order.append(step)
        }
        self.init(key.string, model, order)
    }
}

extension Certificate.Step {
    fileprivate init?(_ value: Value) {
        if let operation = value.int {
            self.init(Int(operation))
        } else if let pair = value.list, pair.count == 2, let operation = pair[0].int, let part = pair[1].int {
            self.init(Int(operation), part: Int(part))
        } else {
            return nil
        }
    }
}
