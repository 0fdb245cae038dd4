import Glibc

/// Whether an upload had to send anything.
public enum UploadOutcome: String, Hashable, Sendable {
    case stored
    /// The host had the same content already; only its mode was set.
    case unchanged
}

extension SSHSession {
    /// Time allowed for a transfer when the caller names none.
    public static let defaultTransferDeadline = Duration.seconds(300)
    /// Bytes hashed or sent between two looks at the session's other channels.
    static let pieceBytes = 256 * 1024

    /// Puts a local file at `path` on the host, whole or not at all, and checks its SHA-256 there.
    ///
    /// Nothing is sent when the host has the content already: then it costs one command. Missing directories are
    /// made. After any failure `path` is as before or as wanted, so that the same call may be made again.
    ///
    /// `digest` is the file's SHA-256 in lower-case hexadecimal, for callers that know it; without one the file is read
    /// twice. A file of another content is not put in place.
    @discardableResult
    public nonisolated func upload(
        file: String, digest: String? = nil, to path: String, mode: UInt32 = 0o644,
        deadline: Duration = defaultTransferDeadline
    ) async throws(SSHError) -> UploadOutcome {
        let end = Deadline(deadline)
        let number = number()
        return try await cancellable(number) { () async throws(SSHError) in
            try await store(file: file, digest, path, mode, number, end)
        }
    }

    /// Puts `bytes` at `path` on the host; otherwise as for a file.
    @discardableResult
    public nonisolated func upload(
        _ bytes: [UInt8], to path: String, mode: UInt32 = 0o644, deadline: Duration = defaultTransferDeadline
    ) async throws(SSHError) -> UploadOutcome {
        let end = Deadline(deadline)
        let number = number()
        return try await cancellable(number) { () async throws(SSHError) in
            try await store(bytes, path, mode, number, end)
        }
    }

    private func store(
        file: String, _ known: String?, _ path: String, _ mode: UInt32, _ number: UInt64, _ deadline: Deadline
    ) async throws(SSHError) -> UploadOutcome {
        let operation = "upload \(file) to \(path)"
        do {
            let source = try Descriptor(opening: file, flags: O_RDONLY | O_CLOEXEC)
            var wanted = known ?? ""
            if known == nil {
                var digest = SHA256Digest()
                while case let piece = try source.piece(atMost: Self.pieceBytes), !piece.isEmpty {
                    digest.update(piece)
                    await Task.yield()
                }
                guard lseek(source.number, 0, SEEK_SET) == 0 else { throw SystemFailure("lseek") }
                wanted = digest.hex()
            }
            return try await store(wanted, path, mode, number, operation, deadline) {
                try source.piece(atMost: Self.pieceBytes)
            }
        } catch let failure as SystemFailure {
            throw failed(.localFile, operation, "\(file): \(failure.text)")
        } catch let error as SSHError {
            throw error
        } catch {
            throw failed(.localFile, operation, "\(file): \(error)")
        }
    }

    private func store(
        _ bytes: [UInt8], _ path: String, _ mode: UInt32, _ number: UInt64, _ deadline: Deadline
    ) async throws(SSHError) -> UploadOutcome {
        let operation = "upload \(bytes.count) bytes to \(path)"
        var rest = bytes[...]
        do {
            return try await store(SHA256Digest.hex(of: bytes), path, mode, number, operation, deadline) {
                defer { rest = rest.dropFirst(Self.pieceBytes) }
                return Array(rest.prefix(Self.pieceBytes))
            }
        } catch let error as SSHError {
            throw error
        } catch {
            throw failed(.localFile, operation, "\(error)")
        }
    }

    private func store(
        _ digest: String, _ path: String, _ mode: UInt32, _ number: UInt64, _ operation: String,
        _ deadline: Deadline,
        next: () throws -> [UInt8]
    ) async throws -> UploadOutcome {
        precondition(mode <= 0o7777, "a file mode has twelve bits")
        try check(path, operation)
        let arguments = ["sh", "-c", TransferScript.upload, "sh", path, digest, String(mode, radix: 8)]
        let channel = try await start(number, operation, arguments, deadline)
        let answer = try await answer(channel.exchange, deadline)
        if answer == .send { try await send(next, to: channel.exchange, deadline) }
        endInput(of: channel.exchange)
        let output = try await ending(of: channel.exchange, number, by: deadline)
        guard output.status == 0, let answer else { throw unfinished(output, operation) }
        return answer == .same ? .unchanged : .stored
    }

    private enum Answer: String { case same, send }

    /// What the host's side says first; nil when it ended without a word.
    private func answer(_ exchange: Exchange, _ deadline: Deadline) async throws(SSHError) -> Answer? {
        var text = ""
        // Noise of a login shell before the answer is passed over, up to a limit.
        while text.utf8.count < 65536, let chunk = try await nextChunk(of: exchange, exchange.number, by: deadline)
        {
            text += String(decoding: chunk, as: UTF8.self)
            for line in text.split(separator: "\n") where line.hasPrefix(TransferScript.mark) {
                if let answer = Answer(rawValue: String(line.dropFirst(TransferScript.mark.count))) {
                    return answer
                }
            }
        }
        return nil
    }

    private func send(
        _ next: () throws -> [UInt8], to exchange: Exchange, _ deadline: Deadline
    ) async throws {
        while case let piece = try next(), !piece.isEmpty {
            do throws(SSHError) {
                try await write(piece, to: exchange, exchange.number, by: deadline)
            } catch {
                // When the host's side ended early, its status says why.
                if exchange.hasSucceeded { return }
                throw error
            }
        }
    }

    func check(_ path: String, _ operation: String) throws(SSHError) {
        guard path.isEmpty || path.hasSuffix("/") else { return }
        throw failed(.badArgument, operation, "the path \(path.debugDescription) names no file")
    }

    func unfinished(_ output: RemoteOutput, _ operation: String) -> SSHError {
        let how = output.status.map { "status \($0)" } ?? "signal \(output.signal ?? "unknown")"
        return failed(
            .transferFailed, operation, "the host's side ended with \(how): \(output.errorText.suffix(2000))")
    }

    func failed(_ code: SSHError.Code, _ operation: String, _ detail: String, _ advice: String = "") -> SSHError {
        SSHError(code, host: host.label, operation: operation, detail: detail, advice: advice)
    }
}
