import CLibSSH2
import Glibc

/// Logs in with a host's identities, in their order.
struct Authentication {
    /// Keys offered to one host; sshd's MaxAuthTries is 6.
    static let maximumKeys = 5

    let patience: Patience
    let handshake: Handshake
    let connection: Connection

    private var host: SSHHost { patience.host }

    func run() throws(SSHError) {
        var failures: [SSHError] = []
        for identity in host.identities {
            do throws(SSHError) {
                switch identity {
                case .keyFile(let path, let passphrase): try logIn(keyFile: path, passphrase)
                case .agent(let path): try logIn(agent: path)
                }
                return
            } catch  where error.code == .deadline || error.code == .cancelled || error.code == .connectionLost {
                throw error
            } catch {
                failures.append(error)
            }
        }
        if failures.count == 1 { throw failures[0] }
        throw patience.error(
            .authenticationRefused,
            failures.isEmpty ? "no identity is configured" : failures.map(\.detail).joined(separator: "; "),
            failures.first?.advice ?? "Name a key file or an ssh-agent for this host")
    }

    private func logIn(keyFile path: String, _ passphrase: String?) throws(SSHError) {
        let file: KeyFile
        do throws(SystemFailure) {
            file = try KeyFile.read(path)
        } catch {
            throw patience.error(.unusableIdentity, "key file \(error.text)", "Check the path and its permissions")
        }
        try check(file, path, passphrase)
        let code = try handshake.complete(connection) {
            unsafe file.bytes.withUnsafeBytes { bytes in
                unsafe bytes.withMemoryRebound(to: CChar.self) {
                    unsafe libssh2_userauth_publickey_frommemory(
                        connection.pointer, host.user, host.user.utf8.count, nil, 0, $0.baseAddress, $0.count,
                        passphrase ?? "")
                }
            }
        }
        guard code != 0 else { return }
        if isRefusal(code) { throw refused("key file \(path)") }
        try throwIfLost(code)
        if file.isEncrypted {
            throw patience.error(
                .wrongPassphrase, "the passphrase does not open key file \(path)",
                "`ssh-keygen -y -f \(path)` tells whether a passphrase is right")
        }
        throw patience.error(.unusableIdentity, "key file \(path): \(connection.lastError)", Self.makeKey)
    }

    private static let makeKey = "Make a key with `ssh-keygen -t ed25519` and add it to authorized_keys on the host"

    private func check(_ file: KeyFile, _ path: String, _ passphrase: String?) throws(SSHError) {
        let detail: String
        switch file.kind {
        case .usable where file.isEncrypted && passphrase == nil:
            throw patience.error(
                .wrongPassphrase, "key file \(path) has a passphrase, and none was given",
                "Give the passphrase, or load the key into an ssh-agent")
        case .usable: return
        case .rsa: detail = "is an RSA key, and \(HostKeyKinds.whyNoRSA)"
        case .dsa: detail = "is a DSA key, which sshd no longer accepts"
        case .hardware:
            detail = "belongs to a security key, which libssh2 1.10 cannot use; an ssh-agent cannot help either"
        case .unknown: detail = "is no Ed25519 or ECDSA private key in OpenSSH's or PEM format"
        }
        throw patience.error(.unusableIdentity, "key file \(path) \(detail)", Self.makeKey)
    }

    private func logIn(agent path: String?) throws(SSHError) {
        let agent = try AgentClient(path, patience)
        let keys = try agent.keys()
        let usable = keys.filter { KeyFile.kind(named: HostKeyKinds.kind(of: $0.blob)) == .usable }
        guard !usable.isEmpty else {
            let reason = keys.isEmpty ? "" : " (it has others, but \(HostKeyKinds.whyNoRSA))"
            throw patience.error(
                .unusableIdentity, "the ssh-agent holds no Ed25519 or ECDSA key\(reason)", "Add one with ssh-add")
        }
        for key in usable.prefix(Self.maximumKeys) where try logIn(agent, key) { return }
        let names = usable.prefix(Self.maximumKeys).map(\.comment).joined(separator: ", ")
        throw refused("ssh-agent with \(names)")
    }

    /// What the signing callback needs, and why it failed.
    private final class Signing {
        let agent: AgentClient
        let key: [UInt8]
        var failure: SSHError?

        init(_ agent: AgentClient, _ key: [UInt8]) {
            self.agent = agent
            self.key = key
        }
    }

    /// False when the host does not want this key.
    private func logIn(_ agent: AgentClient, _ key: AgentClient.Key) throws(SSHError) -> Bool {
        let signing = Signing(agent, key.blob)
        var context: UnsafeMutableRawPointer? = unsafe Unmanaged.passUnretained(signing).toOpaque()
        let code = try handshake.complete(connection) {
            unsafe libssh2_userauth_publickey(
                connection.pointer, host.user, key.blob, key.blob.count, Self.signature, &context)
        }
        if code == 0 { return true }
        if let failure = signing.failure { throw failure }
        if isRefusal(code) { return false }
        try throwIfLost(code)
        throw patience.error(.authenticationRefused, "ssh-agent key \(key.comment): \(connection.lastError)")
    }

    private typealias Sign =
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?, UnsafeMutablePointer<Int>?,
            UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
        ) -> Int32

    private static let signature: Sign = { _, signature, count, data, dataCount, context in
        guard let context = unsafe context?.pointee else { return -1 }
        let signing = unsafe Unmanaged<Signing>.fromOpaque(context).takeUnretainedValue()
        let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: dataCount))
        let signed: [UInt8]
        do throws(SSHError) {
            signed = try signing.agent.sign(bytes, with: signing.key)
        } catch {
            signing.failure = error
            return -1
        }
        guard let memory = unsafe malloc(max(1, signed.count)) else { return -1 }
        unsafe memory.copyMemory(from: signed, byteCount: signed.count)
        unsafe signature?.pointee = unsafe memory.assumingMemoryBound(to: UInt8.self)
        unsafe count?.pointee = signed.count
        return 0
    }

    private func isRefusal(_ code: Int32) -> Bool {
        code == LIBSSH2_ERROR_AUTHENTICATION_FAILED || code == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED
    }

    private func refused(_ what: String) -> SSHError {
        patience.error(
            .authenticationRefused, "the host does not accept \(what) for user \(host.user)",
            "Add the public key to ~\(host.user)/.ssh/authorized_keys there; for root also check PermitRootLogin")
    }

    private func throwIfLost(_ code: Int32) throws(SSHError) {
        let lost = [LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_RECV, LIBSSH2_ERROR_SOCKET_SEND]
        guard lost.contains(code) else { return }
        throw patience.error(
            .connectionLost, "the host hung up during authentication",
            "It may refuse more attempts (MaxAuthTries) or this user; its log says")
    }
}
