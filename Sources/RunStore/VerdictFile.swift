public import Checkers

/// `verdict.json`: what was judged, what was expected, and the exit code that follows.
public struct VerdictFile: Hashable, Sendable {
    public var verdicts: [Verdict]
    public var expectations: Expectations
    public var exitCode: ExitCode
    /// Why the exit code is not 0.
    public var reasons: [String]
    /// Guarantees that nobody asked for and that nothing in the history could have broken: not judged, and no reason for
    /// an exit code.
    public var unexercised: [Guarantee] = []

    /// The verdicts on a history of which nobody said what it should keep.
    ///
    /// What the history did not exercise is told apart, as long as anything was.
    public static func unasked(_ verdicts: [Verdict]) -> VerdictFile {
        let judged = verdicts.filter { !$0.isUnexercised }
        guard !judged.isEmpty else { return VerdictFile(verdicts: verdicts) }
        var file = VerdictFile(verdicts: judged)
        file.unexercised = verdicts.filter(\.isUnexercised).map(\.guarantee)
        return file
    }

    /// Compares the verdicts with what was expected.
    public init(
        verdicts: [Verdict], expectations: Expectations = Expectations(), status: RunStatus = RunStatus(.completed),
        faults: [FaultRecord] = []
    ) {
        let decision = ExitDecision(
            verdicts: verdicts, expectations: expectations, status: status, faults: faults)
        self.verdicts = verdicts
        self.expectations = expectations
        exitCode = decision.code
        reasons = decision.reasons
    }
}

extension VerdictFile: Codable {
    private enum CodingKeys: String, CodingKey {
        case format, guarantees, isolation, exitCode, reasons, expectations, unexercised
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        verdicts = try container.decode([VerdictRecord].self, forKey: .guarantees).map(\.verdict)
        expectations = try container.decode(Expectations.self, forKey: .expectations)
        exitCode = try container.decode(ExitCode.self, forKey: .exitCode)
        reasons = try container.decode([String].self, forKey: .reasons)
        unexercised = try container.decodeIfPresent([Guarantee].self, forKey: .unexercised) ?? []
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let records = verdicts.map { VerdictRecord($0, expected: expectations[$0.guarantee]) }
        try container.encode(RunRecord.currentFormat, forKey: .format)
        try container.encode(records, forKey: .guarantees)
        try container.encodeIfPresent(KeptIsolation(verdicts).map(IsolationRecord.init), forKey: .isolation)
        try container.encode(expectations, forKey: .expectations)
        try container.encode(exitCode, forKey: .exitCode)
        try container.encode(reasons, forKey: .reasons)
        if !unexercised.isEmpty { try container.encode(unexercised, forKey: .unexercised) }
    }
}

/// How far transactions can be trusted; what it says follows from the verdicts and is not read back.
private struct IsolationRecord: Encodable {
    var strongestKept: [String]
    var weakestBroken: [String]

    init(_ isolation: KeptIsolation) {
        strongestKept = isolation.strongestKept.map(\.rawValue)
        weakestBroken = isolation.weakestBroken.map(\.rawValue)
    }
}

extension VerdictFile {
    /// Whether a verdict is what was expected of it.
    public func isMet(_ verdict: Verdict) -> Bool {
        ExitDecision.judge(verdict, expected: expectations.stated[verdict.guarantee]) == nil
    }

    /// The content of `verdict.json`, which is also what `--json` prints.
    public var bytes: [UInt8] { StoreJSON.file(self) }
}
