import Foundation
import Replication
import Testing

@testable import NodeRuntime

@Suite("What a configuration promises")
struct ClaimsTests {
    /// The oracle's columns LIN, RYW, MR, CP of sessions, LOST, DIRTY and CONV, by row.
    static let oracle: [String: [String]] = {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/oracle.csv")
        let lines = ((try? String(contentsOf: path, encoding: .utf8)) ?? "").split(separator: "\n")
        return Dictionary(
            lines.map { line in
                let cells = fields(line)
                let session = cells.count > 7 ? cells[7].split(separator: "/").last.map(String.init) ?? "" : ""
                return (cells[0], cells.count > 10 ? [cells[4], cells[5], cells[6], session] + cells[8...10] : [])
            }, uniquingKeysWith: { first, _ in first })
    }()

    /// The fields of a line of CSV.
    private static func fields(_ line: Substring) -> [String] {
        var fields = [""]
        var isQuoted = false
        for character in line {
            if character == "\"" {
                isQuoted.toggle()
            } else if character == ",", !isQuoted {
                fields.append("")
            } else {
                fields[fields.count - 1].append(character)
            }
        }
        return fields
    }

    private func claims(_ ack: AckPolicy, _ stage: AckStage = .flush, isDurable: Bool) -> [NodeClaims] {
        var configuration = SingleLeaderConfiguration(name: "n1", cluster: "c", members: ["n1", "n2"])
        configuration.ack = ack
        configuration.ackStage = stage
        return SingleLeaderDesign(configuration, role: .leader, leader: nil).claims(isDurable: isDurable)
    }

    @Test(
        "the rows of the oracle that are named say the same",
        arguments: [AckPolicy.async, .count(1), .set(1), .all], AckStage.allCases)
    func agrees(ack: AckPolicy, stage: AckStage) throws {
        let claims = claims(ack, stage, isDurable: true)
        #expect(claims.map(\.reads) == ["leader", "sticky", "any"] && claims[0].cells.count >= 4)
        try compare(claims)
    }

    @Test("a node with partitions promises what its row says")
    func partitions() throws {
        let configuration = SingleLeaderConfiguration(name: "n1", cluster: "c", members: ["n1", "n2"])
        var design = SingleLeaderDesign(configuration, role: .leader, leader: nil)
        design.partitions = 4
        let claims = design.claims(isDurable: true)
        #expect(claims.map(\.cells) == [[], ["SL08"], []])
        try compare(claims)
    }

    /// Options of `node-multi` and the rows that its claims name, for each way to read.
    static let multi: [(String, [String: [String]])] = [
        ("--policy arrival", ["local": ["ML01"]]), ("", ["local": ["ML02", "ML14"], "roaming": ["ML03"]]),
        ("--policy lww-wall", ["local": ["ML04"]]), ("--policy lww-lamport", ["local": ["ML05"]]),
        ("--policy prio", ["local": ["ML06"]]), ("--policy causal-prio", ["local": ["ML07"]]),
        ("--policy siblings", ["local": ["ML08"]]), ("--policy crdt", ["local": ["ML09"]]),
        ("--policy merge", ["local": []]), ("--home n1", ["home": ["ML10"]]),
        ("--home hash --read local", ["local": ["ML11"]]),
        (
            "--centres east:n1+n3,west:n2",
            ["local": ["ML02", "ML14"], "roaming": ["ML03"], "follower": ["ML21"]]
        ),
        ("--devices n2:n1,n3:n1", ["local": ["ML02", "ML14"], "roaming": ["ML03"], "device": ["ML19"]]),
        ("--devices n3:n2 --tentative off", ["local": ["ML02", "ML14"], "roaming": ["ML03"], "device": ["ML20"]]),
    ]

    @Test("several leaders promise what their rows say", arguments: multi)
    func severalLeaders(own: String, rows: [String: [String]]) throws {
        let words = "--id n1 --cluster c --peers n1=h:1,n2=h:2,n3=h:3 --client h:1 --peer h:2 --data d " + own
        let options = try NodeCommandLine.options(
            words.split(separator: " ").map(String.init), of: MultiDesign.self)
        let claims = options.design.claims(isDurable: true)
        #expect(Dictionary(uniqueKeysWithValues: claims.map { ($0.reads, $0.cells) }) == rows)
        try compare(claims)
        #expect(options.design.claims(isDurable: false).allSatisfy { $0.losesAcknowledged && $0.cells.isEmpty })
    }

    private func compare(_ claims: [NodeClaims]) throws {
        for claim in claims {
            for cell in claim.cells {
                let row = try #require(Self.oracle[cell], "there is no row \(cell)")
                let promised = [
                    claim.isLinearizable, claim.readsOwnWrites, claim.readsMonotonically, claim.keepsPrefixes,
                    !claim.losesAcknowledged, !claim.showsRolledBack, claim.converges,
                ]
                #expect(promised == row.map { $0 == "P" }, "\(cell), \(row)")
            }
        }
    }

    @Test("what a leaderless store promises is what the rows of its setting say")
    func quorum() throws {
        var cells: Set<String> = []
        for repair in QuorumConfiguration.Repair.allCases {
            for versions in QuorumConfiguration.Versions.allCases where versions != .abd || repair == .blocking {
                for (r, w) in (1...3).flatMap({ r in (1...3).map { (r, $0) } }) {
                    let words =
                        "--id n1 --cluster c --peers n1=h:1,n2=h:1,n3=h:1 --client h:1 --peer h:2 --data d --r \(r) "
                        + "--w \(w) --repair \(repair.rawValue) --version \(versions.rawValue)"
                    let options = try NodeCommandLine.options(
                        words.split(separator: " ").map(String.init), of: QuorumDesign.self)
                    let claims = options.design.claims(isDurable: true)
                    try compare(claims)
                    cells.formUnion(claims.flatMap(\.cells))
                }
            }
        }
        #expect(cells == ["LL01", "LL02", "LL03", "LL04", "LL05", "LL06", "LL07", "LL08", "LL16"])
    }

    /// Options of groups and the rows that their claims name, for each way to read.
    static let groups: [(String, String, [String: [String]])] = [
        ("node-raft", "", ["any": ["RA01"]]), ("node-raft", "--read log", ["any": ["RA01"]]),
        ("node-raft", "--read lease", ["leader": ["RA02"]]),
        ("node-raft", "--read leader-local", ["leader": ["RA04"]]),
        (
            "node-raft", "--read local",
            ["any": ["RA06"], "sticky": ["RA07"], "any with tokens": ["RA08"]]
        ),
        ("node-raft", "--dedup off", ["any": ["RA01"], "leader, retrying": ["RA09"]]),
        ("node-chain", "", ["tail": ["CH09"]]),
        ("node-chain", "--arbiters a1=h:3", ["tail": ["CH01", "CH08"]]),
        ("node-chain", "--arbiters a1=h:3 --tail-lease off", ["tail": ["CH07"]]),
        ("node-chain", "--read any", ["any": ["CH02"]]), ("node-chain", "--read head", ["head": ["CH03"]]),
        ("node-chain", "--read head --arbiters a1=h:3", ["head": ["CH04"]]),
        ("node-chain", "--read craq", ["any": ["CH05"]]),
        ("node-chain", "--read craq-eventual", ["sticky": ["CH06"]]),
        ("node-chain", "--read craq-bounded --bound 50ms", ["any": []]),
    ]

    @Test("groups and chains promise what their rows say", arguments: groups)
    func agreeing(program: String, own: String, rows: [String: [String]]) throws {
        let words = "--id n1 --cluster c --peers n1=h:1,n2=h:2,n3=h:3 --client h:1 --peer h:2 --data d " + own
        let options = try NodeCommandLine.options(
            words.split(separator: " ").map(String.init), of: try #require(NodeDesigns.design(ofProgram: program)))
        let claims = options.design.claims(isDurable: true)
        #expect(Dictionary(uniqueKeysWithValues: claims.map { ($0.reads, $0.cells) }) == rows)
        try compare(claims)
        #expect(options.design.claims(isDurable: false).allSatisfy { $0.losesAcknowledged && $0.cells.isEmpty })
    }

    @Test("without fsync nothing is promised about what was acknowledged")
    func notDurable() {
        let claims = claims(.async, isDurable: false)
        #expect(claims.allSatisfy { $0.losesAcknowledged } && claims[0].cells == ["SL01", "SL20"])
    }

    @Test("they are printed as JSON")
    func printed() throws {
        let words = "--id n1 --cluster c --peers n1=h:1 --client h:1 --peer h:2 --data d --role leader"
        let options = try NodeCommandLine.options(
            words.split(separator: " ").map(String.init), of: SingleLeaderDesign.self)
        let text = NodeReports.claims(options)
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
        #expect(text.hasPrefix("{\"program\":\"node-single\",\"claims\":[{\"reads\":\"leader\",\"lin\":true,"))
    }
}
