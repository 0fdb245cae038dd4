import HistoryModel

/// What `redis-cli` and `redis-server` print, read; pure.
enum RedisReply {
    /// The first number of `Redis server v=7.0.15 ...` or `redis-cli 7.0.15`.
    static func majorVersion(_ text: String) -> Int? {
        let digits = text.drop { !$0.isNumber }.prefix { $0.isNumber }
        return Int(digits)
    }

    /// Reads `INFO replication`. Peers are named by address, for that is all that Redis knows of them.
    static func status(_ text: String, node: String) throws(AnswerError) -> NodeStatus {
        let fields = Self.fields(text)
        guard let role = fields["role"], let lineage = fields["master_replid"] else {
            throw AnswerError(.badOutput, "no 'role' or 'master_replid' in '\(HostCommand.shortened(text))'")
        }
        let isLeader = role == "master"
        let end = try number(isLeader ? "master_repl_offset" : "slave_read_repl_offset", fields)
        let host = fields["master_host"] ?? ""
        return NodeStatus(
            node: node, role: isLeader ? .leader : .follower, timeline: 0, lineage: lineage, lsn: end,
            applied: isLeader ? end : try number("slave_repl_offset", fields),
            leader: isLeader ? node : "\(host):\(fields["master_port"] ?? "")",
            isLinked: isLeader || fields["master_link_status"] == "up", peers: peers(fields))
    }

    private static func fields(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { fields[String(parts[0])] = String(parts[1]) }
        }
        return fields
    }

    private static func number(_ name: String, _ fields: [String: String]) throws(AnswerError) -> Int64 {
        guard let number = fields[name].flatMap({ Int64($0) }) else {
            throw AnswerError(.badOutput, "'\(name)' is no whole number")
        }
        return number
    }

    /// `slave0:ip=10.0.0.2,port=6379,state=online,offset=14,lag=0`
    private static func peers(_ fields: [String: String]) -> [String: NodeStatus.Peer] {
        var peers: [String: NodeStatus.Peer] = [:]
        for (name, text) in fields where name.hasPrefix("slave") && Int(name.dropFirst(5)) != nil {
            var parts: [Substring: Substring] = [:]
            for part in text.split(separator: ",") {
                let pair = part.split(separator: "=", maxSplits: 1)
                if pair.count == 2 { parts[pair[0]] = pair[1] }
            }
            guard let ip = parts["ip"], let port = parts["port"],
                let offset = parts["offset"].flatMap({ Int64($0) })
            else { continue }
            peers["\(ip):\(port)"] = NodeStatus.Peer(
                isConnected: parts["state"] == "online", received: offset, flushed: offset, applied: offset)
        }
        return peers
    }

    /// Reads the dump script's answer: a list of `[key, type, value]`.
    static func dump(_ output: [UInt8], node: String) throws(AnswerError) -> NodeDump {
        guard let entries = try JSONReply.value(output).list else {
            throw AnswerError(.badOutput, "the dump is no list")
        }
        var keys: [Value.Member] = []
        for entry in entries {
            guard let parts = entry.list, parts.count == 3, let key = parts[0].string, !parts[2].isNull else {
                throw AnswerError(.badOutput, "no text and no set: \(HostCommand.shortened(entry.plainText))")
            }
            keys.append(Value.Member(key, StoredValue.read(parts[2])))
        }
        return NodeDump(node: node, keys: keys)
    }
}
