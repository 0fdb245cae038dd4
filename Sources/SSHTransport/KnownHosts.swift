import CLibSSH2
import Glibc

/// libssh2's memory of known_hosts lines.
@safe private struct LineSet: ~Copyable {
    private let pointer: OpaquePointer

    init?(_ session: OpaquePointer) {
        guard let pointer = unsafe libssh2_knownhost_init(session) else { return nil }
        unsafe self.pointer = unsafe pointer
    }

    deinit { unsafe libssh2_knownhost_free(pointer) }

    /// False for a line that libssh2 cannot read.
    func add(_ line: String) -> Bool {
        unsafe libssh2_knownhost_readline(pointer, line, line.utf8.count, LIBSSH2_KNOWNHOST_FILE_OPENSSH) == 0
    }

    /// One of `LIBSSH2_KNOWNHOST_CHECK_…`; keys of every kind are compared.
    func check(_ name: String, _ key: String) -> Int32 {
        let form = LIBSSH2_KNOWNHOST_TYPE_PLAIN | LIBSSH2_KNOWNHOST_KEYENC_BASE64
        return unsafe libssh2_knownhost_check(pointer, name, key, key.utf8.count, form, nil)
    }
}

/// What a known_hosts file says about one host: plain, hashed and `[host]:port` entries, `@revoked` lines.
///
/// Patterns and `@cert-authority` lines are not understood; a host known only by those counts as unknown.
struct KnownHosts {
    /// A larger file is refused.
    static let maximumBytes = 4 << 20

    private let host: SSHHost
    private var lines: [String] = []
    private var revoked: [String] = []
    /// The kinds of keys listed for the host.
    private(set) var kinds: Set<String> = []
    private(set) var isMissing = false

    init(_ host: SSHHost, _ session: OpaquePointer) throws(SSHError) {
        self.host = host
        for line in try fileLines() {
            var words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            let marker = first.hasPrefix("@") ? String(words.removeFirst()) : ""
            let entry = words.joined(separator: " ")
            guard words.count >= 3, marker != "@cert-authority", unsafe names(entry, session) else { continue }
            if marker.isEmpty {
                lines.append(entry)
                kinds.insert(String(words[1]))
            } else {
                revoked.append(entry)
            }
        }
    }

    /// Throws unless the host may show this key. A new one is added to the file when the policy says so.
    func verify(_ key: [UInt8], _ session: OpaquePointer) throws(SSHError) {
        let text = Base64.encode(key)
        if unsafe check(revoked, text, session) == LIBSSH2_KNOWNHOST_CHECK_MATCH {
            throw refusal(.revokedHostKey, key, "is marked @revoked in \(host.knownHosts)", "Do not connect")
        }
        switch unsafe check(lines, text, session) {
        case LIBSSH2_KNOWNHOST_CHECK_MATCH: return
        case LIBSSH2_KNOWNHOST_CHECK_NOTFOUND where host.hostKeyPolicy == .acceptNew: try append(key)
        case LIBSSH2_KNOWNHOST_CHECK_NOTFOUND: throw unknown(key)
        default: throw changed(key)
        }
    }

    /// True when the entry is for our host. Only the name decides: no key equals the one asked for here.
    private func names(_ entry: String, _ session: OpaquePointer) -> Bool {
        unsafe check([entry], "AAAA", session) != LIBSSH2_KNOWNHOST_CHECK_NOTFOUND
    }

    private func check(_ lines: [String], _ key: String, _ session: OpaquePointer) -> Int32 {
        guard let set = unsafe LineSet(session) else { return LIBSSH2_KNOWNHOST_CHECK_FAILURE }
        for line in lines where !set.add(line) { continue }
        return set.check(host.knownHostsName, key)
    }

    private func fileLines() throws(SSHError) -> [String] {
        do {
            let file = try Descriptor(opening: host.knownHosts, flags: O_RDONLY | O_CLOEXEC)
            let bytes = try file.contents(atMost: Self.maximumBytes)
            return bytes.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
        } catch  where error.number == ENOENT {
            return []
        } catch {
            throw self.error(
                .knownHostsFile, error.text, "Make the file readable, or name another one for this host")
        }
    }

    /// Adds the key as one appended write, so that sessions starting side by side do not disturb each other.
    private func append(_ key: [UInt8]) throws(SSHError) {
        let line = "\(host.knownHostsName) \(HostKeyKinds.kind(of: key)) \(Base64.encode(key))\n"
        do {
            let flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC
            let file = try Descriptor(opening: host.knownHosts, flags: flags, mode: 0o600)
            var last: UInt8 = 10
            let size = lseek(file.number, 0, SEEK_END)
            if size > 0 { _ = unsafe pread(file.number, &last, 1, size - 1) }
            try file.write(Array((last == 10 ? line : "\n" + line).utf8))
        } catch {
            throw self.error(.knownHostsFile, error.text, "The policy acceptNew must be able to write this file")
        }
    }

    private func unknown(_ key: [UInt8]) -> SSHError {
        let kind = HostKeyKinds.kind(of: key).contains("ecdsa") ? "ecdsa" : "ed25519"
        let file = ShellQuoting.quoted(host.knownHosts)
        return refusal(
            .unknownHostKey, key, "is not in \(host.knownHosts)",
            """
            On the host, `ssh-keygen -lf /etc/ssh/ssh_host_\(kind)_key.pub` prints the fingerprint of its key. Only if it \
            is the same, add the key: `ssh-keyscan -t \(kind) -p \(host.port) \(host.address) >> \(file)`, and see that \
            `ssh-keygen -lF '\(host.knownHostsName)' -f \(file)` prints that fingerprint too
            """)
    }

    private func changed(_ key: [UInt8]) -> SSHError {
        refusal(
            .changedHostKey, key,
            "is not the one that \(host.knownHosts) lists (\(kinds.sorted().joined(separator: ", ")))",
            """
            Either the host was installed anew or another machine answers in its place. Compare the fingerprint with \
            `ssh-keygen -lf` on the host; if it is right, `ssh-keygen -R '\(host.knownHostsName)' -f \(host.knownHosts)` \
            forgets the old key
            """)
    }

    private func refusal(_ code: SSHError.Code, _ key: [UInt8], _ detail: String, _ advice: String) -> SSHError {
        let shown = "the host's key \(HostKeyKinds.kind(of: key)) \(HostKeyKinds.fingerprint(key))"
        return error(code, "\(shown) \(detail)", advice)
    }

    private func error(_ code: SSHError.Code, _ detail: String, _ advice: String) -> SSHError {
        SSHError(code, host: host.label, operation: "connect", detail: detail, advice: advice)
    }
}
