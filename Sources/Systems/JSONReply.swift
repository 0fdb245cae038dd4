import FoundationEssentials
import HistoryModel

/// One JSON text that a program printed, as a value.
enum JSONReply {
    static func value(_ bytes: [UInt8]) throws(AnswerError) -> Value {
        do {
            return try JSONDecoder().decode(Node.self, from: Data(bytes)).value
        } catch {
            let start = HostCommand.shortened(String(decoding: bytes.prefix(200), as: UTF8.self))
            throw AnswerError(.badOutput, "not JSON: '\(start)'")
        }
    }

    /// Decodes whatever there is; members of an object come in the order of their names.
    private struct Node: Decodable {
        let value: Value

        init(from decoder: any Decoder) throws {
            if let members = try? decoder.container(keyedBy: Name.self) {
                let names = members.allKeys.sorted { $0.stringValue < $1.stringValue }
                value = .object(
                    try names.map {
                        Value.Member($0.stringValue, try members.decode(Node.self, forKey: $0).value)
                    })
            } else if var elements = try? decoder.unkeyedContainer() {
                var values: [Value] = []
                while !elements.isAtEnd { values.append(try elements.decode(Node.self).value) }
                value = .list(values)
            } else {
                value = try Self.scalar(try decoder.singleValueContainer())
            }
        }

        private static func scalar(_ container: any SingleValueDecodingContainer) throws -> Value {
            if container.decodeNil() { return .null }
            if let flag = try? container.decode(Bool.self) { return .bool(flag) }
            if let number = try? container.decode(Int64.self) { return .int(number) }
            // A double would be another number.
            if let number = try? container.decode(UInt64.self) { return .digits(String(number)) }
            if let number = try? container.decode(Double.self) { return .double(number) }
            return .string(try container.decode(String.self))
        }
    }

    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
