import HistoryModel
import Testing

@testable import Clients

@Suite("The registry of errors")
struct ClientErrorTests {
    @Test("names are unique, spelled with dashes, and every error is explained")
    func registry() {
        let codes = ClientErrorCode.allCases
        #expect(Set(codes.map(\.rawValue)).count == codes.count)
        #expect(Set(codes.map(\.name)).count == codes.count)
        for code in codes {
            #expect(code.name.allSatisfy { $0.isLowercase || $0 == "-" }, "\(code)")
            #expect(code.doc.hasSuffix("."), "\(code)")
        }
    }

    @Test("what may have happened is indefinite, everything else definite")
    func indefinite() {
        let expected: Set<ClientErrorCode> = [
            .connectionLost, .timeout, .malformedReply, .unexpectedReply, .invalidCompletion, .outcomeUnknown,
            .unknownError,
        ]
        #expect(Set(ClientErrorCode.allCases.filter { !$0.isDefinite }) == expected)
    }

    @Test("reads always fail; writes fail when the error is definite", arguments: ClientErrorCode.allCases)
    func completion(code: ClientErrorCode) {
        let error = ClientError(code, "text")
        let read = OperationRequest(f: "read", key: "k")
        let txn = OperationRequest(f: "txn", value: [["r", "a", nil]])
        for request in [read, txn] {
            #expect(ClientReply.Outcome(error, of: request) == .fail(error))
        }
        for request in [
            OperationRequest(f: "write", key: "k", value: 1), OperationRequest(f: "cas", key: "k", value: [1, 2]),
            OperationRequest(f: "add", key: "k", value: 1),
            OperationRequest(f: "txn", value: [["append", "a", 1]]), OperationRequest(f: "unheard"),
        ] {
            #expect(ClientReply.Outcome(error, of: request) == (code.isDefinite ? .fail(error) : .info(error)))
        }
    }

    @Test("an error is written with its name first")
    func text() {
        #expect("\(ClientError(.casFailed, "expected 3"))" == "cas-failed: expected 3")
        #expect("\(ClientError(.timeout, ""))" == "timeout")
    }
}
