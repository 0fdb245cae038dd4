import Glibc
import Runner

/// Turns Ctrl-C, SIGTERM and SIGHUP into requests to end early while `body` runs.
///
/// A handler, unlike an ignored signal, is not inherited by the programs that a run starts.
func withInterruption<Value: Sendable>(
    _ body: () async throws -> Value
) async throws -> Value {
    let numbers = [SIGINT, SIGTERM, SIGHUP]
    for number in numbers { signal(number, hear) }
    defer { for number in numbers { signal(number, SIG_DFL) } }
    return try await body()
}

/// The one of this process: signals go to the process as a whole. It is made before a handler can need it.
let interruption = Interruption()

private func hear(_ number: Int32) {
    let saved = errno
    interruption.request()
    let text: StaticString =
        "\ninterrupted: healing, then checking what there is; once more skips the final reads\n"
    _ = unsafe write(2, text.utf8Start, text.utf8CodeUnitCount)
    errno = saved
}
