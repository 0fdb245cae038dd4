package import Replication

/// What a node says about itself, as JSON of one line and as the text of `INFO`.
package enum NodeReports {
    package static func status(_ member: any Replica) -> String { JSONLine.text(member.status) }

    package static func dump(_ member: any Replica) -> String { JSONLine.text(member.dump) }

    static func hash(_ member: any Replica) -> String {
        JSONLine.object { line in
            line.string("id", member.name)
            line.raw("applied", JSONLine.text(member.status["applied"] ?? .null))
            let hex = String(member.contentHash, radix: 16)
            line.string("hash", String(repeating: "0", count: 16 - hex.count) + hex)
        }
    }

    static func log(_ member: any Replica, from: LSN, to: LSN) -> String {
        JSONLine.text(member.log(from: from, to: to))
    }

    static func claims(_ options: NodeOptions) -> String {
        let claims = options.design.claims(isDurable: options.isSyncing)
        return JSONLine.object { line in
            line.string("program", type(of: options.design).program)
            line.raw("claims", JSONLine.text(.list(claims.map(\.report))))
        }
    }

    /// What the node is after an order.
    static func brief(_ member: any Replica) -> String {
        let status = member.status
        return JSONLine.object { line in
            line.bool("ok", true)
            for name in ["id", "role", "timeline", "lsn", "leader"] {
                if let value = status[name] { line.raw(name, JSONLine.text(value)) }
            }
        }
    }
}

extension NodeLoop {
    /// The answer to a client's `INFO`.
    var infoText: String { info.map { "\($0.name):\($0.value)\r\n" }.joined() }

    /// What the member says of itself, and the bugs that are switched on: none can be taken for a clean build.
    var info: [(name: String, value: String)] {
        let mutants = options.setting.mutants.map(\.id).sorted().joined(separator: ",")
        return member.info.filter { $0.name != "mutants" } + [("mutants", mutants.isEmpty ? "none" : mutants)]
    }
}
