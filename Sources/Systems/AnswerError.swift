/// Why what a program printed is of no use; who ran it adds where.
package struct AnswerError: Error, Hashable {
    var code: SystemError.Code
    var message: String

    init(_ code: SystemError.Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
