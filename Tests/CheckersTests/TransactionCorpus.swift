import Foundation
import HistoryModel

/// Reads the shared histories of transactions, each in the form it comes in.
enum TransactionCorpus {
    /// `INQUEST_SHARED` names the shared folder where it is not beside the package.
    static let folder: URL = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let named = ProcessInfo.processInfo.environment["INQUEST_SHARED"].map { URL(filePath: $0) }
        return (named ?? root.appending(path: "../shared")).appending(path: "data").standardizedFileURL
    }()

    static var isPresent: Bool { !files(in: "causal-awdit").isEmpty }

    /// Paths of all files below a folder.
    static func files(in name: String) -> [String] {
        let files = FileManager.default.enumerator(atPath: folder.appending(path: name).path)
        return (files?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".txt") }.sorted()
            .map { "\(name)/\($0)" }
    }

    private static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: folder.appending(path: path)), as: UTF8.self)
    }

    // MARK: `r KEY VALUE`, `w KEY VALUE`, `-----` between transactions, `=====` between sessions

    /// Every key holds 0 at first; a 0 that is written is another one, so that values stay unique.
    static func sessions(_ path: String) throws -> History {
        let sessions = try text(path).split(separator: "=====").map { session in
            session.split(separator: "-----").map { $0.split(separator: "\n").map { $0.split(separator: " ") } }
        }
        let zeroes = Set(
            sessions.joined().joined().filter { $0.count == 3 && $0[0] == "w" && $0[2] == "0" }.map { $0[1] })
        var events: [Event] = []
        for (process, session) in sessions.enumerated() {
            for transaction in session {
                let micros = transaction.filter { $0.count == 3 }.map { micro -> Value in
                    let isInitial = micro[2] == "0" && !zeroes.contains(micro[1])
                    return [
                        .string(String(micro[0])), .string(String(micro[1])),
                        isInitial ? .null : .int(Int64(micro[2]) ?? -1),
                    ]
                }
                for type in [EventType.invoke, .ok] {
                    events.append(
                        Event(
                            index: events.count, time: 0, process: .client(process), type: type, f: "txn",
                            value: .list(micros)))
                }
            }
        }
        return try History(events)
    }

    // MARK: EDN, one map a line; the order of the lines is that of real time

    static func edn(_ path: String) throws -> History {
        var events: [Event] = []
        for line in try text(path).split(separator: "\n") where line.hasPrefix("{") {
            var reader = EDNReader(text: Array(line.utf8))
            let map = reader.value()
            guard let type = map["type"]?.string.flatMap(EventType.init), let process = map["process"]?.int else {
                continue
            }
            events.append(
                Event(
                    index: events.count, time: Int64(events.count), process: .client(Int(process)),
                    type: type, f: map["f"]?.string ?? "", value: map["value"] ?? .null))
        }
        return try History(events)
    }

    // MARK: JSON Lines

    static func lines(_ path: String) throws -> History {
        try History(try JSONLines.events([UInt8](try Data(contentsOf: folder.appending(path: path)))).events)
    }
}

/// As much of EDN as the shared histories have: maps, vectors, keywords, plain strings, whole numbers, `nil`.
private struct EDNReader {
    let text: [UInt8]
    private var place = 0

    init(text: [UInt8]) { self.text = text }

    private mutating func skip() {
        while place < text.count, text[place] == 0x20 || text[place] == 0x2C { place += 1 }
    }

    mutating func value() -> Value {
        skip()
        guard place < text.count else { return .null }
        switch text[place] {
        case 0x7B: return .object(pairs(sequence(closing: 0x7D)))
        case 0x5B: return .list(sequence(closing: 0x5D))
        default: return word()
        }
    }

    private mutating func sequence(closing: UInt8) -> [Value] {
        place += 1
        var values: [Value] = []
        while true {
            skip()
            guard place < text.count, text[place] != closing else { break }
            values.append(value())
        }
        place += 1
        return values
    }

    private func pairs(_ values: [Value]) -> [Value.Member] {
        stride(from: 0, to: values.count - 1, by: 2).map { Value.Member(values[$0].string ?? "", values[$0 + 1]) }
    }

    private mutating func string() -> Value {
        place += 1
        var bytes: [UInt8] = []
        while place < text.count, text[place] != 0x22 {
            if text[place] == 0x5C { place += 1 }
            bytes.append(text[place])
            place += 1
        }
        place += 1
        return .string(String(decoding: bytes, as: UTF8.self))
    }

    private mutating func word() -> Value {
        let start = place
        if text[place] == 0x22 { return string() }
        while place < text.count, ![0x20, 0x2C, 0x5D, 0x7D].contains(text[place]) { place += 1 }
        let word = String(decoding: text[start..<place], as: UTF8.self)
        if word == "nil" { return .null }
        return Int64(word).map { .int($0) } ?? .string(word.hasPrefix(":") ? String(word.dropFirst()) : word)
    }
}
