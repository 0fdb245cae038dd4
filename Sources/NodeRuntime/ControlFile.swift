internal import Replication

/// Whose directory it is, and who leads by the last order: `node.control`, one `name value` a line.
struct ControlFile: Hashable {
    static let name = "node.control"

    var cluster: String
    var id: NodeName
    /// What the command line said when `role` was decided: another command line is a newer order.
    var roleWords: String
    var role: Role
    var leader: NodeName?

    var encoded: [UInt8] {
        let lines = [
            "format \(formatVersion)", "cluster \(cluster)", "id \(id)", "words \(roleWords)",
            "role \(role.rawValue)", "leader \(leader ?? "-")",
        ]
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    init(cluster: String, id: NodeName, roleWords: String, role: Role, leader: NodeName?) {
        self.cluster = cluster
        self.id = id
        self.roleWords = roleWords
        self.role = role
        self.leader = leader
    }

    init?(_ bytes: [UInt8]) {
        var fields: [Substring: Substring] = [:]
        let text = String(decoding: bytes, as: UTF8.self)
        for line in text.split(separator: "\n") {
            let pair = line.split(separator: " ", maxSplits: 1)
            if pair.count == 2 { fields[pair[0]] = pair[1] }
        }
        guard fields["format"] == "\(formatVersion)", let cluster = fields["cluster"], let id = fields["id"],
            let words = fields["words"], let role = Role(rawValue: String(fields["role"] ?? ""))
        else { return nil }
        let leader = fields["leader"].map(String.init)
        self.init(
            cluster: String(cluster), id: String(id), roleWords: String(words), role: role,
            leader: leader == "-" ? nil : leader)
    }

    func save(in directory: String) throws(NodeError) {
        try FileSystem.replace(Self.name, in: directory, with: encoded)
    }
}
