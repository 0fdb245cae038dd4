package import Replication
internal import WireProtocol

/// Writes answers as the client protocol wants them.
package struct AnswerWriter {
    let node: NodeName
    let clientAddresses: [NodeName: NodeEndpoint]
    private var writer = RESPWriter()

    package init(node: NodeName, clientAddresses: [NodeName: NodeEndpoint]) {
        self.node = node
        self.clientAddresses = clientAddresses
    }

    /// The bytes of an answer; with meta it is `[reply, [node, role, timeline, lsn, version, name, value, ...]]`, the
    /// names being those of `ClientAnswer.Details` that the design has something to say about.
    package mutating func bytes(_ answer: ClientAnswer, wantsMeta: Bool) -> [UInt8] {
        writer.removeAll()
        if wantsMeta { writer.array(count: 2) }
        write(answer.reply)
        if wantsMeta {
            writeMeta(answer, answer.details.map(Self.words) ?? [])
        }
        return writer.bytes
    }

    /// Without a position, names and values alone.
    private mutating func writeMeta(_ answer: ClientAnswer, _ details: [[UInt8]]) {
        if answer.hasPosition {
            writer.array(count: 5 + details.count)
            writer.bulk(node)
            writer.bulk(answer.role)
            writer.integer(Int64(answer.position.timeline))
            writer.integer(Int64(clamping: answer.position.lsn))
            writer.integer(Int64(clamping: answer.version?.lsn ?? 0))
        } else {
            writer.array(count: 4 + details.count)
            for word in ["node", node, "role", answer.role] { writer.bulk(word) }
        }
        details.forEach { writer.bulk($0) }
    }

    private static func words(_ details: ClientAnswer.Details) -> [[UInt8]] {
        var words: [[UInt8]] = []
        func add(_ name: String, _ value: [UInt8]?) {
            if let value { words += [Array(name.utf8), value] }
        }
        add("token", details.token)
        add("ctx", details.context)
        add("ts", details.stamp.map { Array(String($0).utf8) })
        add("tentative", details.isTentative ? [UInt8(ascii: "1")] : nil)
        for sibling in details.siblings { add("sibling", sibling) }
        return words
    }

    private mutating func write(_ reply: Reply) {
        switch reply {
        case .ok: writer.simple("OK")
        case .value(let value): write(value)
        case .integer(let number): writer.integer(Int64(number))
        case .elements(let elements):
            writer.array(count: elements.count)
            elements.forEach { writer.bulk($0) }
        case .values(let values):
            writer.array(count: values.count)
            values.forEach { write($0) }
        case .results(let results):
            writer.array(count: results.count)
            results.forEach { write($0) }
        case .failed(let code, let message): writer.error("FAIL \(code.rawValue) \(message)")
        case .unknown(let code, let message): writer.error("INFO \(code.rawValue) \(message)")
        case .moved(let name):
            guard let address = clientAddresses[name] else {
                writer.error("FAIL READONLY \(name) leads, and its client address is not known here")
                return
            }
            writer.error("MOVED \(address)")
        }
    }

    private mutating func write(_ value: [UInt8]?) {
        if let value { writer.bulk(value) } else { writer.nullBulk() }
    }
}
