import Certificates
import Checkers
import HistoryModel
import Testing

@Suite("Certificates")
struct CertificateTests {
    private static func flaw(_ line: String, _ objects: [Certificate.Object]) throws -> String? {
        try Certificate(objects).flaw(in: History(notation: line))?.description
    }

    /// The certificate with one object of key x.
    private static func flaw(_ line: String, _ model: Certificate.Model, _ order: [Int]) throws -> String? {
        try flaw(line, [Certificate.Object("x", model, order.map { Certificate.Step($0) })])
    }

    private static let line = "p0 w x 1 ok | p1 w x 2 | p2 r x 2 ok | p1 ok | p3 w x 3 info | p4 c x 2>4 fail"

    @Test("an order that explains everything is accepted, with or without what nobody saw end")
    func accepted() throws {
        #expect(try Self.flaw(Self.line, .register, [0, 2, 3]) == nil)
        #expect(try Self.flaw(Self.line, .register, [0, 2, 3, 6]) == nil)
    }

    @Test(
        "everything else is refused, with the reason",
        arguments: [
            ([2, 3, 0], "key \"x\": operation 0 had returned before one in front of it was invoked"),
            ([0, 3, 2], "key \"x\": operation 3 was not answered as the model answers"),
            ([0, 2], "key \"x\": 1 of 3 operations that were answered are not in the order"),
            ([0, 2, 2, 3], "key \"x\": operation 2 takes effect twice"),
            ([0, 2, 3, 1], "key \"x\": operation 1 is not in the history"),
            ([0, 2, 3, 8], "key \"x\": operation 8 failed"),
            ([0, 6, 2, 3], "key \"x\": operation 2 had returned before one in front of it was invoked"),
        ] as [([Int], String)])
    func refused(order: [Int], reason: String) throws {
        #expect(try Self.flaw(Self.line, .register, order) == reason)
    }

    @Test("a certificate is of one history, of its keys and of its kinds of objects")
    func foreign() throws {
        let line = "p0 w x 1 ok | p1 a y 1 ok | p1 r y [1] ok"
        let x = Certificate.Object("x", .register, [Certificate.Step(0)])
        let y = Certificate.Object("y", .set, [Certificate.Step(2), Certificate.Step(4)])
        #expect(try Self.flaw(line, [x, y]) == nil)
        #expect(try Self.flaw(line, [x]) == "there is no order of the operations on key \"y\"")
        #expect(try Self.flaw(line, [x, y, x]) == "key \"x\" has two orders")
        let stolen = Certificate.Object("x", .register, [Certificate.Step(0), Certificate.Step(2)])
        #expect(
            try Self.flaw(line, [stolen, y]) == "key \"x\": operation 2 is none that a register of this key has")
        let wrong = Certificate.Object("y", .queue, y.order)
        #expect(try Self.flaw(line, [x, wrong]) == "key \"y\": operation 2 is none that a queue of this key has")
        let other = "p0 w x 1 ok | p1 a y 1 ok | p1 r y [2] ok"
        #expect(try Self.flaw(other, [x, y]) == "key \"y\": operation 4 was not answered as the model answers")
    }

    @Test("operations of one process that touch are in the order of the process")
    func touching() throws {
        let line = "p0 w x 1 at=5 | p0 ok at=5 | p0 w x 2 at=5 | p0 ok at=5 | p1 r x at=5 | p1 ok 1 at=5"
        #expect(try Self.flaw(line, .register, [0, 4, 2]) == nil)
        let behind = "key \"x\": operation 0 comes behind a later one of its process"
        #expect(try Self.flaw(line, .register, [2, 0, 4]) == behind)
    }

    @Test("each read of a transaction takes effect by itself, and transactions that write have no certificate")
    func transactions() throws {
        let line = "p0 w x 1 ok | p1 t x=1,y=null ok | p1 t x=1,x=1 ok"
        let x = Certificate.Object(
            "x", .register, [.init(0), .init(2, part: 0), .init(4, part: 1), .init(4, part: 0)])
        let y = Certificate.Object("y", .register, [.init(2, part: 1)])
        #expect(try Self.flaw(line, [x, y]) == nil)
        var wrong = x
        wrong.order[3] = .init(4, part: 1)
        #expect(try Self.flaw(line, [wrong, y]) == "key \"x\": operation 4 takes effect twice")
        wrong.order[3] = .init(2, part: 1)
        #expect(
            try Self.flaw(line, [wrong, y]) == "key \"x\": operation 2 is none that a register of this key has")
        #expect(
            try Self.flaw("p0 t x:=1 ok", [x]) == "key \"x\": operation 0 is none that a register of this key has")
        #expect(try Self.flaw("p0 t x:=1 ok", []) == "operation 0 is a transaction that does more than read")
    }

    @Test("what is written is read again, and everything else is malformed")
    func text() throws {
        let certificate = Certificate([
            Certificate.Object("x", .register, [.init(0), .init(4, part: 1)]), Certificate.Object(nil, .lock, []),
        ])
        let text = String(decoding: certificate.bytes, as: UTF8.self)
        #expect(
            text == """
                {"certificate":"linearizable","format":1,"objects":[{"key":"x","model":"register","order":[0,[4,1]]},\
                {"key":null,"model":"lock","order":[]}]}

                """)
        #expect(try Certificate(certificate.bytes) == certificate)
        for (part, other) in [
            ("linearizable", "serial"), ("\"format\":1", "\"format\":2"), ("\"objects\"", "\"object\""),
            ("\"register\"", "\"cell\""), ("[4,1]", "[4]"), ("[4,1]", "\"4\""), ("}]}", "}]"),
            ("\"key\":null,", ""),
        ] {
            #expect(throws: MalformedCertificate.self, "\(other)") {
                try Certificate(Array(text.replacing(part, with: other).utf8))
            }
        }
    }

    @Test("kinds of objects have one name in verdicts and in certificates")
    func kinds() {
        #expect(Linearization.Kind.allCases.map(\.rawValue) == Certificate.Model.allCases.map(\.rawValue))
    }
}
