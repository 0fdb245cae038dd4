import Determinism
import HistoryModel
import Testing

/// Files that were valid until bytes of them were changed: what reads them must say so or find another history.
@Suite("Damaged files")
struct MutatedFileTests {
    /// Text that changes the meaning of what it is put into.
    private static let fragments = [
        "\"", "\\", "\\u00", "{", "}", "[", "]", ",", ":", "\n", "\r\n", "0", "-", "9223372036854775808", "1e999",
        ".",
        "null", "true", "\u{0}", "\"type\":\"ok\"", "\"time\":0,", "\"index\":1,", "\"process\":\"nemesis\"",
        "[[[[", " ",
        "{\"a\":",
    ].map { Array($0.utf8) }

    private static func damaged(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0...random.below(3) {
            let place = random.below(bytes.count + 1)
            let end = min(bytes.count, place + random.below(8))
            switch random.below(5) {
            case 0: bytes.removeSubrange(place..<end)
            case 1: bytes.insert(contentsOf: random.choose(fragments), at: place)
            case 2: bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count + 1))
            case 3:
                var lines = Array(lines(bytes))
                lines.swapAt(random.below(lines.count), random.below(lines.count))
                bytes = Array(lines.joined(separator: [0x0A]))
            default: if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: random.next()) }
            }
        }
        return bytes
    }

    /// The lines as the reader counts them, the last without line break.
    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    }

    private static func isJSON(_ line: ArraySlice<UInt8>) -> Bool {
        line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } || (try? JSONText.value(Array(line))) != nil
    }

    @Test("a damaged file gives a history or an error with its line, and never anything else")
    func damage() {
        var accepted = 0
        var refused: [HistoryError.Code: Int] = [:]
        let count = inputCount(1500)
        for seed in 0..<UInt64(count) {
            var random = SeededRandom(seed: seed)
            let whole = RandomEvents(seed: seed, steps: 12).events.flatMap { JSONLines.line($0) }
            let bytes = Self.damaged(whole, &random)
            do throws(HistoryError) {
                try expectReadable(JSONLines.read(bytes), bytes, seed)
                accepted += 1
            } catch {
                refused[error.code, default: 0] += 1
                expectReason(error, bytes, seed)
            }
        }
        // Enough of each for the test to mean something.
        #expect(accepted > count / 20)
        for code: HistoryError.Code in [.badSyntax, .badField, .completionWithoutInvocation, .indexRunsBackwards] {
            #expect(refused[code, default: 0] > count / 200, "\(code)")
        }
    }

    /// Every line was JSON, and the history is the same when it is written and read again.
    private func expectReadable(_ loaded: LoadedHistory, _ bytes: [UInt8], _ seed: UInt64) throws(HistoryError) {
        let lines = Self.lines(bytes)
        #expect(lines.dropLast().allSatisfy(Self.isJSON), "seed \(seed)")
        #expect(loaded.isTorn == !Self.isJSON(lines.last ?? []), "seed \(seed)")
        let again = try JSONLines.read(loaded.history.events.flatMap { JSONLines.line($0) })
        #expect(again == LoadedHistory(history: loaded.history), "seed \(seed)")
    }

    private func expectReason(_ error: HistoryError, _ bytes: [UInt8], _ seed: UInt64) {
        let lines = Self.lines(bytes)
        guard let line = error.line, line >= 1, line <= lines.count else {
            Issue.record("seed \(seed): \(error) names no line")
            return
        }
        if error.code == .badSyntax {
            #expect(!Self.isJSON(lines[line - 1]) && line < lines.count, "seed \(seed): \(error)")
        }
    }
}
