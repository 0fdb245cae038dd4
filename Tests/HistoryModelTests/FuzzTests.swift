import Determinism
import Glibc
import HistoryModel
import Testing

/// Random files through every reader; `scripts/fuzz` reads ten million.
@Suite("Random files")
struct FuzzTests {
    private struct Count {
        var accepted: [HistoryFormat: Int] = [:]
        var refused: [HistoryError.Code: Int] = [:]
        var longest = Duration.zero
        var bytes = 0

        var text: String {
            let accepted = HistoryFormat.allCases.map { "\($0.rawValue) \(self.accepted[$0] ?? 0)" }
            let refused = HistoryError.Code.allCases.map { "\($0.rawValue) \(self.refused[$0] ?? 0)" }
            return "\(bytes) bytes, longest \(longest)\naccepted: \(accepted.joined(separator: ", "))\n"
                + "refused: \(refused.joined(separator: ", "))"
        }
    }

    @Test("a damaged file of any format gives a history or an error with its line, soon and in little memory")
    func fuzz() {
        let first = environment("INQUEST_SEED").flatMap { UInt64($0) } ?? 0
        let total = inputCount(2000)
        // The files that are damaged are others every so often, and depend on the seed alone.
        var mutator = Mutator(seed: first >> 18)
        let state = environment("INQUEST_FUZZ_STATE").map { unsafe open($0, O_WRONLY | O_CREAT | O_TRUNC, 0o644) }
        var count = Count()
        for seed in first..<first + UInt64(total) {
            // What is left in the file after a crash says how to have it again.
            if let state { note(seed, state) }
            if seed & (1 << 18 - 1) == 0 { mutator = Mutator(seed: seed >> 18) }
            read(seed, mutator, &count)
        }
        if environment("INQUEST_HISTORIES") != nil {
            print("fuzz: seeds from \(first), \(total) files, \(count.text)")
        }
        for format in HistoryFormat.allCases {
            #expect(count.accepted[format, default: 0] >= total / 200, "\(format)")
        }
        #expect(count.refused[.badSyntax, default: 0] >= total / 20)
        #expect(count.longest < .seconds(10))
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #expect(usage.ru_maxrss < 2_000_000, "kilobytes")
    }

    private func read(_ seed: UInt64, _ mutator: Mutator, _ count: inout Count) {
        var random = SeededRandom(seed: seed)
        let file = mutator.file(&random)
        let format = random.chance(1, in: 4) ? random.choose(HistoryFormat.allCases) : file.format
        let isGuessed = random.chance(1, in: 2)
        count.bytes += file.bytes.count
        let clock = ContinuousClock()
        let start = clock.now
        do throws(HistoryError) {
            let loaded = try HistoryFormat.read(file.bytes, as: isGuessed ? nil : format)
            count.longest = max(count.longest, clock.now - start)
            count.accepted[format, default: 0] += 1
            if random.chance(1, in: 16) { expectWritable(loaded.history, seed) }
        } catch {
            count.longest = max(count.longest, clock.now - start)
            count.refused[error.code, default: 0] += 1
            let lines = file.bytes.count { $0 == 0x0A } + 1
            if !(1...lines).contains(error.line ?? 0) {
                Issue.record("seed \(seed): \(error) is on no line of the file")
            }
        }
    }

    private func expectWritable(_ history: History, _ seed: UInt64) {
        do {
            try expectRoundTrips(history, "seed \(seed)")
        } catch {
            Issue.record("seed \(seed): what was written cannot be read: \(error)")
        }
    }

    private func note(_ seed: UInt64, _ state: Int32) {
        let digits = Array("\(seed)\n".utf8)
        _ = unsafe pwrite(state, digits, digits.count, 0)
    }
}
