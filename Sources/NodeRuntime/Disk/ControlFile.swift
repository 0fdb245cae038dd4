internal import Replication

/// Whose directory it is: `node.control`, one `name value` a line. Written once.
struct ControlFile: Hashable {
    static let name = "node.control"

    var cluster: String
    var id: NodeName
    /// The program that wrote it: designs do not understand each other's logs.
    var program: String

    var encoded: [UInt8] {
        let lines = ["format \(formatVersion)", "cluster \(cluster)", "id \(id)", "program \(program)"]
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    init(cluster: String, id: NodeName, program: String) {
        self.cluster = cluster
        self.id = id
        self.program = program
    }

    init?(_ bytes: [UInt8]) {
        var fields: [Substring: Substring] = [:]
        let text = String(decoding: bytes, as: UTF8.self)
        for line in text.split(separator: "\n") {
            let pair = line.split(separator: " ", maxSplits: 1)
            if pair.count == 2 { fields[pair[0]] = pair[1] }
        }
        guard fields["format"] == "\(formatVersion)", let cluster = fields["cluster"], let id = fields["id"],
            let program = fields["program"]
        else { return nil }
        self.init(cluster: String(cluster), id: String(id), program: String(program))
    }

    func save(in directory: String) throws(NodeError) {
        try FileSystem.replace(Self.name, in: directory, with: encoded)
    }
}
