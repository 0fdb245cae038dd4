/// One command about a node on its host, whose failures all become `SystemError`s that say where and what.
struct HostCommand {
    /// Bytes of an error's text that are kept.
    private static let maximumErrorLength = 500
    static let defaultDeadline = Duration.seconds(10)
    /// For asking how a node is: one that is stopped must not hold up those who wait for the others.
    static let statusDeadline = Duration.seconds(2)

    var system: String
    var site: NodeSite
    var action: String
    var argv: [String]
    var deadline = Self.defaultDeadline

    /// Runs it, and gives its output when the status is 0.
    func run(via host: any HostAccess) async throws(SystemError) -> ExecResult {
        let result: ExecResult
        do {
            result = try await host.exec(argv, input: [], deadline: deadline)
        } catch {
            throw failed(.hostFailed, "\(error)")
        }
        guard result.status == 0 else {
            let said = result.errorText.isEmpty ? result.outputText : result.errorText
            throw failed(.commandFailed, "\(argv[0]) ended with status \(result.status): \(Self.shortened(said))")
        }
        return result
    }

    func failed(_ code: SystemError.Code, _ message: String) -> SystemError {
        SystemError(code, system: system, node: site.name, action: action, message)
    }

    static func shortened(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: "; ")
        return line.count > maximumErrorLength ? line.prefix(maximumErrorLength) + "..." : line
    }
}
