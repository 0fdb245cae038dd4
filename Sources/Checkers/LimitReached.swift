/// Why a checker stopped before it had an answer.
struct LimitReached: Error {
    var reason: String
}
