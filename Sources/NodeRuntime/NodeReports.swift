package import Replication

/// What a node says about itself, as JSON of one line and as the text of `INFO`.
package enum NodeReports {
    static func status(_ node: ReplicationNode) -> String {
        let status = node.status
        return JSONLine.object { line in
            line.string("id", status.name)
            line.string("role", status.role.rawValue)
            line.number("timeline", max(1, status.position.timeline))
            line.number("lsn", status.position.lsn)
            line.number("flushed", status.flushed)
            line.number("applied", status.applied)
            line.number("committed", status.committed)
            line.raw("leader", status.leader.map(JSONLine.quoted) ?? "null")
            line.string("readiness", readiness(status.readiness))
            line.raw("peers", JSONLine.object { peers in status.peers.forEach { peer($0, &peers) } })
            line.raw("gates", JSONLine.list(status.gates.map(JSONLine.quoted)))
            line.raw("delays", JSONLine.object { line in status.delays.forEach { line.string($0.name, $0.range) } })
        }
    }

    private static func peer(_ peer: NodeStatus.PeerStatus, _ line: inout JSONLine) {
        line.raw(
            peer.name,
            JSONLine.object { line in
                line.bool("connected", peer.isConnected)
                line.number("received", peer.progress.received)
                line.number("flushed", peer.progress.flushed)
                line.number("applied", peer.progress.applied)
            })
    }

    static func readiness(_ readiness: ReplicationNode.Readiness) -> String {
        switch readiness {
        case .ready: "ready"
        case .until(let lsn): "until \(lsn)"
        case .unknown: "unknown"
        case .diverged: "diverged"
        }
    }

    package static func dump(_ node: ReplicationNode) -> String {
        JSONLine.object { line in
            line.string("id", node.configuration.name)
            line.number("timeline", max(1, node.applied.position.timeline))
            line.number("lsn", node.log.last.lsn)
            line.number("applied", node.applied.position.lsn)
            let rows = node.applied.rows.map { JSONLine.list([JSONLine.string($0.key), value($0.value)]) }
            line.raw("keys", JSONLine.list(rows))
        }
    }

    private static func value(_ value: StoredValue) -> String {
        switch value {
        case .register(let bytes): JSONLine.string(bytes)
        case .set(let elements), .list(let elements): JSONLine.list(elements.map { JSONLine.string($0) })
        case .reservation(let value): JSONLine.string(value.holder)
        }
    }

    static func hash(_ node: ReplicationNode) -> String {
        JSONLine.object { line in
            line.string("id", node.configuration.name)
            line.number("applied", node.applied.position.lsn)
            line.number("keys", node.applied.count)
            let hex = String(node.applied.contentHash, radix: 16)
            line.string("hash", String(repeating: "0", count: 16 - hex.count) + hex)
        }
    }

    /// Entries of the log that are kept in memory, at most 10 000 of them.
    static func log(_ node: ReplicationNode, from: LSN, to: LSN) -> String {
        let first = max(from, node.log.base.lsn + 1)
        let last = min(to, node.log.last.lsn)
        let end = first <= last ? min(last, first + 9999) : 0
        let entries = first <= end ? (first...end).map { entry(node.log[$0]) } : []
        return JSONLine.object { line in
            line.string("id", node.configuration.name)
            line.number("base", node.log.base.lsn)
            line.number("last", node.log.last.lsn)
            line.raw("entries", JSONLine.list(entries))
        }
    }

    private static func entry(_ entry: LogEntry) -> String {
        JSONLine.object { line in
            line.number("timeline", entry.position.timeline)
            line.number("lsn", entry.lsn)
            change(entry.change, &line)
        }
    }

    private static func change(_ change: Change, _ line: inout JSONLine) {
        switch change {
        case .noop: line.string("change", "noop")
        case .put(let key, let value):
            line.string("change", "put")
            line.raw("key", JSONLine.string(key))
            line.raw("value", JSONLine.string(value))
        case .delete(let key):
            line.string("change", "delete")
            line.raw("key", JSONLine.string(key))
        case .increment(let key, let amount):
            line.string("change", "increment")
            line.raw("key", JSONLine.string(key))
            line.raw("by", "\(amount)")
        case .add(let key, let elements): self.elements("add", key, elements, &line)
        case .remove(let key, let elements): self.elements("remove", key, elements, &line)
        case .append(let key, let elements): self.elements("append", key, elements, &line)
        case .reserve(let slot, let holder, _):
            line.string("change", "reserve")
            line.raw("key", JSONLine.string(slot))
            line.raw("value", JSONLine.string(holder))
        case .batch(let changes):
            line.string("change", "batch")
            let parts = changes.map { part in JSONLine.object { self.change(part, &$0) } }
            line.raw("changes", JSONLine.list(parts))
        case .statement(let record):
            line.string("change", "statement")
            line.raw("text", JSONLine.string(record.text))
        case .pages(let pages):
            line.string("change", "pages")
            line.raw("numbers", JSONLine.list(pages.map { "\($0.number)" }))
        case .timeline(let parent):
            line.string("change", "timeline")
            line.string("parent", "\(parent)")
        }
    }

    private static func elements(_ name: String, _ key: [UInt8], _ elements: [[UInt8]], _ line: inout JSONLine) {
        line.string("change", name)
        line.raw("key", JSONLine.string(key))
        line.raw("elements", JSONLine.list(elements.map { JSONLine.string($0) }))
    }

    static func info(_ node: ReplicationNode) -> [(name: String, value: String)] {
        let status = node.status
        let configuration = node.configuration
        return [
            ("server", "node-single"), ("format", "\(formatVersion)"), ("id", status.name),
            ("cluster", configuration.cluster), ("role", status.role.rawValue),
            ("leader", status.leader ?? "-"), ("timeline", "\(max(1, status.position.timeline))"),
            ("lsn", "\(status.position.lsn)"), ("applied", "\(status.applied)"),
            ("readiness", readiness(status.readiness)), ("ack", text(configuration.ack)),
            ("ack_stage", configuration.ackStage.rawValue), ("visible", configuration.visibility.rawValue),
            ("keys", "\(node.applied.count)"),
        ]
    }

    private static func text(_ ack: AckPolicy) -> String {
        switch ack {
        case .async: "async"
        case .count(let count): "count:\(count)"
        case .all: "all"
        }
    }
}

extension NodeLoop {
    /// The answer to a client's `INFO`.
    var infoText: String {
        NodeReports.info(node).map { "\($0.name):\($0.value)\r\n" }.joined()
    }
}
