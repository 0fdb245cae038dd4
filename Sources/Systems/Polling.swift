/// Tries again and again until it works or the time is up; what went wrong last is then what is reported.
struct Polling {
    static let interval = Duration.milliseconds(50)

    var deadline: Duration

    func run<Answer>(_ attempt: () async throws(SystemError) -> Answer) async throws(SystemError) -> Answer {
        let end = ContinuousClock.now + deadline
        while true {
            do throws(SystemError) {
                return try await attempt()
            } catch {
                guard ContinuousClock.now + Self.interval < end, !Task.isCancelled else { throw late(error) }
            }
            // Sleeping ends early only when the task is cancelled, which the next round sees.
            try? await ContinuousClock().sleep(for: Self.interval)
        }
    }

    private func late(_ error: SystemError) -> SystemError {
        var error = error
        error.message = "not within \(deadline): \(error.message)"
        error.code = .deadline
        return error
    }
}
