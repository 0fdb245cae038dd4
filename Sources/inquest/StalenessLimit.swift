import ArgumentParser
import Checkers

/// How far behind reads may be, as users write it: versions, a time with its unit, or both with a comma.
struct StalenessLimit: ExpressibleByArgument {
    var bounds = StalenessBounds()

    init?(argument: String) {
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            if let versions = Int(part), versions >= 0, bounds.versions == nil {
                bounds.versions = versions
            } else if let time = Self.nanoseconds(part), bounds.nanoseconds == nil {
                bounds.nanoseconds = time
            } else {
                return nil
            }
        }
    }

    private static func nanoseconds(_ text: Substring) -> Int64? {
        for (unit, size) in [("ns", 1), ("us", 1000), ("ms", 1_000_000), ("s", 1_000_000_000)] as [(String, Int64)]
        where text.hasSuffix(unit) {
            guard let number = Int64(text.dropLast(unit.count)), number >= 0 else { continue }
            let (time, isTooLong) = number.multipliedReportingOverflow(by: size)
            return isTooLong ? nil : time
        }
        return nil
    }
}
