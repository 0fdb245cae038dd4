import ArgumentParser
import Checkers
import Workloads

extension Guarantee {
    /// The guarantees of an option's value, separated by commas.
    static func list(_ text: String) throws -> [Guarantee] {
        let words = text.split(separator: ",")
        guard !words.isEmpty else { throw ValidationError("--guarantee names none") }
        return try words.map { word in
            guard let guarantee = Guarantee(rawValue: String(word)) else {
                let known = Guarantee.allCases.map(\.rawValue)
                throw ValidationError(
                    "there is no guarantee \(word)" + Spelling.hint(for: String(word), among: known))
            }
            return guarantee
        }
    }
}
