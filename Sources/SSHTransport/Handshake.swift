import CLibSSH2
import Glibc

/// Makes a connection: TCP, key exchange, the host's key, authentication.
struct Handshake {
    /// Attempts when the host hangs up before it greets, as sshd does above its MaxStartups.
    static let maximumAttempts = 20

    let patience: Patience

    private var host: SSHHost { patience.host }

    func connect() throws(SSHError) -> Connection {
        for attempt in 0..<Self.maximumAttempts {
            if let connection = try once() { return connection }
            // Nothing was asked of the host yet, so asking again is safe: after 50 ms, 100 ms, ... at most 1 s.
            try patience.pause(milliseconds: Int32(min(50 << attempt, 1000)))
        }
        throw patience.error(
            .cannotConnect, "the host hung up before it greeted, \(Self.maximumAttempts) times",
            "Too many connections may begin at once: raise MaxStartups in its sshd_config or use a larger stagger")
    }

    /// A connection, or nil when the host hung up before it greeted.
    private func once() throws(SSHError) -> Connection? {
        let wire = Wire(try Dialing.dial(patience))
        guard let handle = SessionHandle(wire) else { throw patience.error(.handshake, "libssh2 gives no session") }
        let connection = Connection(handle)
        let known = try unsafe KnownHosts(host, connection.pointer)
        let wanted = try kinds(known)
        _ = unsafe libssh2_session_method_pref(
            connection.pointer, LIBSSH2_METHOD_HOSTKEY, wanted.joined(separator: ","))
        let code = try complete(connection) {
            unsafe libssh2_session_handshake(connection.pointer, wire.socket.number)
        }
        guard code == 0 else {
            guard HostKeyKinds.hasBanner(wire.beginning) else {
                if isHangUp(code) { return nil }
                throw patience.error(.handshake, connection.lastError, "Is there an SSH server at this port?")
            }
            throw explanation(connection, known, wanted)
        }
        wire.established()
        try unsafe known.verify(try hostKey(connection), connection.pointer)
        try Authentication(patience: patience, handshake: self, connection: connection).run()
        return connection
    }

    /// The kinds of host key to ask for: those known for the host, so that a server cannot make us miss its entry.
    private func kinds(_ known: KnownHosts) throws(SSHError) -> [String] {
        guard !known.kinds.isEmpty else { return HostKeyKinds.supported }
        let usable = HostKeyKinds.supported.filter(known.kinds.contains)
        guard usable.isEmpty else { return usable }
        throw patience.error(
            .unsupportedHostKey,
            "\(host.knownHosts) lists only \(known.kinds.sorted().joined(separator: ", ")) for it, and \(HostKeyKinds.whyNoRSA)",
            "Add the host's Ed25519 key: `ssh-keyscan -t ed25519 -p \(host.port) \(host.address)` prints the line")
    }

    private func isHangUp(_ code: Int32) -> Bool {
        [
            LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_RECV, LIBSSH2_ERROR_SOCKET_SEND,
            LIBSSH2_ERROR_BANNER_RECV, LIBSSH2_ERROR_BANNER_SEND,
        ].contains(code)
    }

    /// Why the key exchange failed: libssh2 does not tell kinds of host key from all else.
    private func explanation(_ connection: Connection, _ known: KnownHosts, _ wanted: [String]) -> SSHError {
        let offered = HostKeyKinds.offered(in: connection.wire.beginning) ?? []
        let list = offered.joined(separator: ", ")
        if !offered.isEmpty && !offered.contains(where: HostKeyKinds.supported.contains) {
            return patience.error(
                .unsupportedHostKey, "the host has only keys of the kinds \(list), and \(HostKeyKinds.whyNoRSA)",
                "Give the host an Ed25519 key: `ssh-keygen -A` as root there, then a HostKey line and a restart of sshd"
            )
        }
        if !offered.isEmpty && !offered.contains(where: wanted.contains) {
            return patience.error(
                .changedHostKey,
                "\(host.knownHosts) lists \(wanted.joined(separator: ", ")) for it, but the host has only \(list)",
                """
                Either the host was installed anew or another machine answers in its place. If it is right, \
                `ssh-keygen -R '\(host.knownHostsName)' -f \(host.knownHosts)` forgets the old key
                """)
        }
        return patience.error(.handshake, "key exchange: \(connection.lastError)")
    }

    private func hostKey(_ connection: Connection) throws(SSHError) -> [UInt8] {
        var count = 0
        var kind: Int32 = 0
        guard let key = unsafe libssh2_session_hostkey(connection.pointer, &count, &kind) else {
            throw patience.error(.handshake, "the host shows no key")
        }
        return unsafe key.withMemoryRebound(to: UInt8.self, capacity: count) {
            unsafe Array(UnsafeBufferPointer(start: $0, count: count))
        }
    }

    /// Repeats a call of libssh2 until it no longer has to wait.
    func complete(_ connection: Connection, _ call: () -> Int32) throws(SSHError) -> Int32 {
        while true {
            let code = call()
            guard connection.wire.flush() else { return LIBSSH2_ERROR_SOCKET_SEND }
            guard code == LIBSSH2_ERROR_EAGAIN else { return code }
            let sending = connection.wire.wantsToSend ? POLLOUT : 0
            try patience.wait(connection.wire.socket.number, events: Int16(POLLIN | sending))
        }
    }
}
