import AgentProtocol
import CHostCalls
import Glibc

private let usage = """
    inquest-agent: applies faults on this host for an Inquest controller, and undoes them whatever happens.

      start     start the agent unless it runs, detached; prints READY
      attach    connect standard input and output with the agent
      status    print what the agent holds, as JSON; exit 3 when there is none
      heal      undo every fault and end every process that the agent started
      stop      heal, and end the agent

      --state DIR       its directory                     [/var/lib/inquest]
      --socket PATH     its socket                        [/run/inquest/agent.sock]
      --uid N           the user that may connect         [the one that starts it]
      --linger SECONDS  ends after this time without a controller [300]
      --protect P,...   ports that no rule may match, besides SSH's
      --sabotage E,...  tests only: kill, stop, cont, term, net-drop, clock-set pretend

      --help, --version

    """

/// The whole of `inquest-agent`: runs a command and says with which code to exit.
///
/// 0 done, 1 failed, 3 no agent runs, 64 usage, 69 `attach` found no agent.
///
/// - Parameter arguments: without the program's name.
public func runAgent(_ arguments: [String], environment: [String: String]) -> Int32 {
    guard let word = arguments.first else { return refuse("a command is missing") }
    let rest = Array(arguments.dropFirst())
    switch word {
    case "--help", "-h", "help":
        print(usage, terminator: "")
        return 0
    case "--version":
        print("inquest-agent \(agentVersion)")
        return 0
    // Parts that the agent starts of itself.
    case "launch": return Trampoline.run(rest)
    case "observe": return Observer.run(rest)
    default: break
    }
    signal(SIGPIPE, SIG_IGN)
    let places: Places
    do { places = try Places(rest, environment: environment) } catch { return refuse(error.message) }
    switch word {
    case "start": return AgentCommands(places: places).start()
    case "stop": return AgentCommands(places: places).stop(isForced: true)
    case "status": return AgentCommands(places: places).status()
    case "heal": return AgentCommands(places: places).heal()
    case "attach": return Attach.run(places)
    case "guard": return Guardian(places: places).run()
    case "serve": return serve(places)
    default: return refuse("there is no command \(word.debugDescription)")
    }
}

/// The agent itself, started by its guardian: descriptor 3 ends with the guardian, 4 is the lock they share.
private func serve(_ places: Places) -> Int32 {
    let (guardian, lock): (Int32, Int32) = (3, 4)
    guard fcntl(guardian, F_GETFD) >= 0, fcntl(lock, F_GETFD) >= 0 else {
        return refuse("serve is started by the guardian only; use start")
    }
    closeOnExec(guardian)
    closeOnExec(lock)
    // Orphans of what is started here come back here.
    _ = host_become_subreaper()
    unsafe host_set_name("inquest-agent")
    do throws(AgentError) {
        return try AgentServer(places, guardian: guardian).run()
    } catch {
        note("agent: \(error)")
        return 1
    }
}

private func refuse(_ text: String) -> Int32 {
    _ = writeAll(2, [UInt8]("inquest-agent: \(text); see inquest-agent --help\n".utf8))
    return 64
}
