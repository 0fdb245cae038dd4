/// Why a text or a list of events is no history: malformed is not the same as inconsistent.
public struct HistoryError: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        case badSyntax = "bad-syntax"
        case missingField = "missing-field"
        case badField = "bad-field"
        case unknownType = "unknown-type"
        case completionWithoutInvocation = "completion-without-invocation"
        case twoOpenInvocations = "two-open-invocations"
        case completionOfAnother = "completion-of-another-operation"
        case timeRunsBackwards = "time-runs-backwards"
        case indexRunsBackwards = "index-runs-backwards"
        case duplicateIndex = "duplicate-index"
        case unknownFormat = "unknown-format"
        /// More of something than references have room for.
        case tooLarge = "too-large"
    }

    public var code: Code
    /// The line in the file, from 1; `nil` where the events did not come from a file.
    public var line: Int?
    public var message: String

    public init(_ code: Code, line: Int? = nil, _ message: String) {
        self.code = code
        self.line = line
        self.message = message
    }
}

extension HistoryError: CustomStringConvertible {
    public var description: String {
        let place = line.map { "line \($0): " } ?? ""
        return "\(place)\(message) (\(code.rawValue))"
    }
}
