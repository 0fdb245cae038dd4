import FoundationEssentials

/// The one way in which this module's records become bytes: stable order of names, times as ISO 8601.
enum StoreJSON {
    /// A file of its own, indented for people, with a newline at its end.
    static func file(_ record: some Encodable) -> [UInt8] { encode(record, [.prettyPrinted]) }

    /// One line of a `.jsonl` file, with its newline.
    static func line(_ record: some Encodable) -> [UInt8] { encode(record, []) }

    private static func encode(_ record: some Encodable, _ format: JSONEncoder.OutputFormatting) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = format.union([.sortedKeys, .withoutEscapingSlashes])
        encoder.dateEncodingStrategy = .iso8601
        do {
            return Array(try encoder.encode(record)) + [UInt8(ascii: "\n")]
        } catch {
            preconditionFailure("records hold nothing that JSON cannot: \(error)")
        }
    }

    static func decode<Record: Decodable>(
        _ type: Record.Type, _ bytes: some Collection<UInt8>, path: String
    ) throws(StoreError) -> Record {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do {
            return try decoder.decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw StoreError(.malformed, path: path, words(error))
        } catch {
            throw StoreError(.malformed, path: path, "\(error)")
        }
    }

    private static func words(_ error: DecodingError) -> String {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            "at '\(place(context))': \(context.debugDescription)"
        case .keyNotFound(let key, let context): "at '\(place(context))': '\(key.stringValue)' is missing"
        @unknown default: "\(error)"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        context.codingPath.map(\.stringValue).joined(separator: ".")
    }
}
