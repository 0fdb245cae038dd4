import FoundationEssentials
import HistoryModel

/// Numbers, times and values as people read them.
enum Words {
    /// The most characters of a value that are shown in a sentence.
    static let valueLimit = 160

    /// Nanoseconds from the start as seconds with three decimals: `4.213 s`.
    static func time(_ nanoseconds: Int64) -> String { decimal(nanoseconds, unit: 1_000_000_000, 3) + " s" }

    /// The same with four decimals, to tell operations apart.
    static func fineTime(_ nanoseconds: Int64) -> String { decimal(nanoseconds, unit: 1_000_000_000, 4) + " s" }

    /// A date with its time of day: `2026-11-21 03:26:02 UTC`.
    static func moment(_ date: Date) -> String {
        date.formatted(.iso8601).replacing("T", with: " ").replacing("Z", with: " UTC")
    }

    /// A length of time in the unit that suits it: `850 µs`, `1.24 ms`, `2.5 s`.
    static func duration(_ nanoseconds: Int64) -> String {
        switch abs(nanoseconds) {
        case ..<1_000: "\(nanoseconds) ns"
        case ..<1_000_000: short(nanoseconds, unit: 1_000) + " µs"
        case ..<1_000_000_000: short(nanoseconds, unit: 1_000_000) + " ms"
        case ..<120_000_000_000: short(nanoseconds, unit: 1_000_000_000) + " s"
        default: "\(nanoseconds / 60_000_000_000) min \(nanoseconds / 1_000_000_000 % 60) s"
        }
    }

    /// A number with its thousands set apart: `12,345`.
    static func count(_ number: Int) -> String {
        let digits = String(abs(number))
        var text = number < 0 ? "-" : ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }

    /// `1 violation`, `2 violations`.
    static func count(_ number: Int, _ noun: String, plural: String? = nil) -> String {
        "\(count(number)) \(number == 1 ? noun : plural ?? noun + "s")"
    }

    /// `a`, `a and b`, `a, b and c`.
    static func list(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " and " + last
    }

    /// A value as JSON, cut when it is long.
    static func value(_ value: Value, limit: Int = valueLimit) -> String {
        cut(String(decoding: JSONText.bytes(value), as: UTF8.self), limit)
    }

    /// At most `limit` characters, the last an ellipsis if there were more.
    static func cut(_ text: String, _ limit: Int) -> String {
        // Bytes first: counting the characters of a long text is slow.
        guard text.utf8.count > limit, text.count > limit else { return text }
        return text.prefix(limit - 1) + "…"
    }

    /// `name` with its first letter in upper case.
    static func capital(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    /// What somebody wrote in passing, as a sentence: a capital in front, a full stop behind.
    static func sentence(_ text: String) -> String {
        let isClosed = text.last.map { ".!?…".contains($0) } ?? true
        return capital(text) + (isClosed ? "" : ".")
    }

    /// At least three digits that matter, without trailing zeros.
    private static func short(_ number: Int64, unit: Int64) -> String {
        let decimals = abs(number) >= 100 * unit ? 0 : abs(number) >= 10 * unit ? 1 : 2
        var text = decimal(number, unit: unit, decimals)
        guard decimals > 0 else { return text }
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    /// `number / unit` with a fixed count of decimals, rounded half up.
    static func decimal(_ number: Int64, unit: Int64, _ decimals: Int) -> String {
        var scale: Int64 = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (abs(number).multipliedFullWidth(by: scale), UInt64(unit))
        let (quotient, remainder) = scaled.1.dividingFullWidth(
            (UInt64(bitPattern: scaled.0.high), UInt64(scaled.0.low)))
        let rounded = Int64(quotient) + (remainder >= (scaled.1 + 1) / 2 ? 1 : 0)
        let sign = number < 0 && rounded != 0 ? "-" : ""
        guard decimals > 0 else { return "\(sign)\(rounded)" }
        let fraction = String(rounded % scale)
        let zeros = String(repeating: "0", count: decimals - fraction.count)
        return "\(sign)\(rounded / scale).\(zeros)\(fraction)"
    }
}
