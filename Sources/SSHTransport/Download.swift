import Glibc

extension SSHSession {
    /// Brings a file of the host here, whole or not at all, checked by its SHA-256.
    ///
    /// A file that changes meanwhile fails the check. Like every call it takes no more than `limit` bytes.
    public nonisolated func download(
        _ path: String, toFile file: String, limit: Int = 4 << 30, deadline: Duration = defaultTransferDeadline
    ) async throws(SSHError) {
        let end = Deadline(deadline)
        let number = number()
        try await cancellable(number) { () async throws(SSHError) in
            try await fetch(path, toFile: file, limit, number, end)
        }
    }

    /// The content of a file of the host, checked by its SHA-256.
    public nonisolated func download(
        _ path: String, limit: Int = 64 << 20, deadline: Duration = defaultTransferDeadline
    ) async throws(SSHError) -> [UInt8] {
        let end = Deadline(deadline)
        let number = number()
        return try await cancellable(number) { () async throws(SSHError) in
            try await fetch(path, limit, number, end)
        }
    }

    private func fetch(
        _ path: String, toFile file: String, _ limit: Int, _ number: UInt64, _ deadline: Deadline
    ) async throws(SSHError) {
        let operation = "download \(path) to \(file)"
        let partial = "\(file).\(getpid())-\(number).partial"
        do {
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
            let target = try Descriptor(opening: partial, flags: flags, mode: 0o644)
            defer { unsafe unlink(partial) }
            try await fetch(path, limit, number, operation, deadline) { try target.write($0) }
            guard unsafe rename(partial, file) == 0 else { throw SystemFailure("rename \(partial)") }
        } catch let failure as SystemFailure {
            throw failed(.localFile, operation, failure.text)
        } catch let error as SSHError {
            throw error
        } catch {
            throw failed(.localFile, operation, "\(error)")
        }
    }

    private func fetch(
        _ path: String, _ limit: Int, _ number: UInt64, _ deadline: Deadline
    ) async throws(SSHError) -> [UInt8] {
        let operation = "download \(path)"
        var content: [UInt8] = []
        do {
            try await fetch(path, limit, number, operation, deadline) { content += $0 }
        } catch let error as SSHError {
            throw error
        } catch {
            throw failed(.localFile, operation, "\(error)")
        }
        return content
    }

    private func fetch(
        _ path: String, _ limit: Int, _ number: UInt64, _ operation: String, _ deadline: Deadline,
        take: ([UInt8]) throws -> Void
    ) async throws {
        try check(path, operation)
        let channel = try await start(
            number, operation, ["sh", "-c", TransferScript.download, "sh", path, "\(limit)"], deadline)
        endInput(of: channel.exchange)
        var digest = SHA256Digest()
        var count = 0
        while let chunk = try await nextChunk(of: channel.exchange, number, by: deadline) {
            count += chunk.count
            guard count <= limit else {
                throw failed(
                    .outputLimit, operation, "it has more than \(limit) bytes", "Raise the limit of this call")
            }
            digest.update(chunk)
            try take(chunk)
        }
        let output = try await ending(of: channel.exchange, number, by: deadline)
        guard output.status == 0 else { throw unfinished(output, operation) }
        let lines = output.errorText.split(separator: "\n").map(String.init)
        let actual = digest.hex()
        guard actual == lines.last(where: { $0.utf8.count == 64 }) else {
            throw failed(
                .transferFailed, operation,
                "what arrived (\(count) bytes) has not the digest that the host computed",
                "The file may have changed meanwhile, or the login shell prints something of its own")
        }
    }
}
