import AgentProtocol
import FoundationEssentials
import Glibc

/// The commands a person or a controller types on a host.
struct AgentCommands {
    let places: Places

    /// Starts the agent unless this very one runs; prints `READY ...`.
    func start() -> Int32 {
        do throws(AgentError) {
            if let status = try LocalCall(places: places).call(Status()) {
                if isThis(status) {
                    // It may be about to end, because nobody has come for a while.
                    guard try LocalCall(places: places).call(Linger()) == nil else { return ready(status) }
                    return try launch()
                }
                guard status.controller == nil else {
                    return fail(
                        "another version of the agent runs and controller \(status.controller ?? "") holds it")
                }
                let guardian = ProcessStat.read(status.guardian)?.identity
                // A controller may have come in between: it keeps the agent.
                guard stop(isForced: false) == 0 else { return 1 }
                waitForEnd(of: guardian)
            }
            return try launch()
        } catch {
            return fail(error.description)
        }
    }

    /// A guardian of another directory holds another lock, and at its end removes the socket that both use.
    private func waitForEnd(of guardian: ProcessIdentity?) {
        guard let guardian else { return }
        let limit = monotonicNanoseconds() + 20_000_000_000
        while let stat = ProcessStat.read(guardian), !stat.isDead, monotonicNanoseconds() < limit {
            pause(milliseconds: 10)
        }
    }

    private func launch() throws(AgentError) -> Int32 {
        places.make()
        let log = unsafe open(places.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let null = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
        guard log >= 0, null >= 0 else { throw AgentError(.cannotStart, "\(places.log): \(errorText())") }
        var status = stat()
        if unsafe fstat(log, &status) == 0, status.st_size > 1 << 20 { ftruncate(log, 0) }
        let limit = monotonicNanoseconds() + 20_000_000_000
        while monotonicNanoseconds() < limit {
            let guardian = spawnProgram(
                ["inquest-agent", "guard"] + places.arguments, environment: Children.basics,
                descriptors: [(null, 0), (null, 1), (log, 2)], ownSession: true)
            guard let guardian else { throw AgentError(.cannotStart, errorText()) }
            var code: Int32 = 0
            var hasEnded = false
            while !hasEnded, monotonicNanoseconds() < limit {
                hasEnded = unsafe waitpid(pid_t(guardian), &code, WNOHANG) > 0
                if let status = try LocalCall(places: places).call(Status()), isThis(status) {
                    return ready(status)
                }
                pause(milliseconds: 10)
            }
            // 75: somebody else starts the same agent, or the one before is still ending.
            guard code >> 8 == 75 else { break }
        }
        let words = String(decoding: (readFile(places.log) ?? []).suffix(1000), as: UTF8.self)
        return fail("the agent did not start; \(places.log) ends with:\n\(words)")
    }

    private func ready(_ status: StatusReply) -> Int32 {
        print("READY version=\(status.version) pid=\(status.pid) socket=\(places.socket)")
        return 0
    }

    /// Whether the running agent is this program with these settings.
    private func isThis(_ status: StatusReply) -> Bool {
        status.version == agentVersion && Set(status.sabotage) == places.sabotage
            && status.state == places.state && Self.isSameFile("/proc/\(status.pid)/exe", "/proc/self/exe")
    }

    private static func isSameFile(_ one: String, _ other: String) -> Bool {
        var (first, second) = (stat(), stat())
        guard unsafe stat(one, &first) == 0, unsafe stat(other, &second) == 0 else { return false }
        if first.st_dev == second.st_dev, first.st_ino == second.st_ino { return true }
        guard first.st_size == second.st_size else { return false }
        return readFile(one, limit: 1 << 30) == readFile(other, limit: 1 << 30)
    }

    func status() -> Int32 {
        do throws(AgentError) {
            guard let status = try LocalCall(places: places).call(Status()) else {
                print("no agent answers at \(places.socket)")
                return 3
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: (try? encoder.encode(status)) ?? Data(), as: UTF8.self))
            return 0
        } catch {
            return fail(error.description)
        }
    }

    /// Ends the agent, everything undone; also one that hangs, and also when there is none.
    func stop(isForced: Bool) -> Int32 {
        do throws(AgentError) {
            let reply = try LocalCall(places: places).call(Stop(isForced: isForced), seconds: 20)
            if reply == nil { endByForce() }
            return undoRest(after: reply)
        } catch {
            return fail(error.description)
        }
    }

    /// Undoes everything; an agent that answers goes on.
    func heal() -> Int32 {
        do throws(AgentError) {
            if let reply = try LocalCall(places: places).call(HealAll(isForced: true), seconds: 20) {
                return show(reply)
            }
            endByForce()
            return undoRest(after: nil)
        } catch {
            return fail(error.description)
        }
    }

    /// Kills an agent that does not answer: its guardian then undoes, and ends.
    private func endByForce() {
        let lines = (readText(places.pids) ?? "").split(separator: "\n")
        guard let last = lines.last?.split(separator: " "), lines.count == 2, last.count == 2,
            let pid = Int(last[0]), let start = UInt64(last[1])
        else { return }
        send(SIGKILL, to: ProcessIdentity(pid: pid, start: start))
    }

    /// Waits until agent and guardian are gone, and undoes what they left.
    private func undoRest(after reply: HealReply?) -> Int32 {
        guard unsafe access(places.own, F_OK) == 0 else {
            return show(reply ?? HealReply(undone: [], failures: []))
        }
        guard let lock = StateLock.wait(places.lock, seconds: 20) else {
            return fail("an agent still holds \(places.lock) after 20 s")
        }
        defer { lock.release() }
        do throws(AgentError) {
            let rest = try Guardian.heal(places, Children(marker: places.state))
            return show(HealReply(undone: (reply?.undone ?? []) + rest.undone, failures: rest.failures))
        } catch {
            return fail(error.description)
        }
    }

    private func show(_ reply: HealReply) -> Int32 {
        reply.undone.forEach { print($0) }
        reply.failures.forEach { print("FAILED: \($0)") }
        return reply.failures.isEmpty ? 0 : 1
    }

    private func fail(_ text: String) -> Int32 {
        _ = writeAll(2, [UInt8]("inquest-agent: \(text)\n".utf8))
        return 1
    }
}
