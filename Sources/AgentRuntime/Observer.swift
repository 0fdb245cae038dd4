import AgentProtocol
import FoundationEssentials
import Glibc

/// What `inquest-agent observe` is: a process that reads `/proc` and takes no part in what it observes.
enum Observer {
    struct Sight: Codable {
        var pid: Int
        var state: String
        var isConfirmed: Bool
        var clocks: ClockReading
    }

    /// What a signal must bring about.
    static func isReached(_ signal: Signal.Kind, _ state: String) -> Bool {
        switch signal {
        case .kill, .term: ["gone", "Z", "X"].contains(state)
        case .stop: ["T", "t"].contains(state)
        case .cont: !["gone", "Z", "X", "T", "t"].contains(state)
        }
    }

    static func state(_ identity: ProcessIdentity) -> String {
        ProcessStat.read(identity)?.state ?? "gone"
    }

    /// - Parameter arguments: signal, milliseconds to wait, then `pid:start` of each process, the main one first.
    static func run(_ arguments: [String]) -> Int32 {
        guard arguments.count >= 3, let signal = Signal.Kind(rawValue: arguments[0]),
            let wait = Int64(arguments[1])
        else { return 2 }
        let processes = arguments[2...].compactMap(identity)
        guard let main = processes.first else { return 2 }
        let limit = monotonicNanoseconds() + wait * 1_000_000
        while true {
            let isConfirmed = processes.allSatisfy { isReached(signal, state($0)) }
            if isConfirmed || monotonicNanoseconds() >= limit {
                let sight = Sight(
                    pid: Int(getpid()), state: state(main), isConfirmed: isConfirmed, clocks: .now())
                guard let line = try? JSONEncoder().encode(sight) else { return 1 }
                return writeAll(1, [UInt8](line)) ? 0 : 1
            }
            pause(milliseconds: 2)
        }
    }

    private static func identity(_ text: String) -> ProcessIdentity? {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let pid = Int(parts[0]), let start = UInt64(parts[1]) else { return nil }
        return ProcessIdentity(pid: pid, start: start)
    }

    /// Starts an observer and waits for what it sees.
    static func ask(
        _ command: HostCommand, _ signal: Signal.Kind, _ processes: [ProcessIdentity], waitSeconds: Double
    ) throws(AgentError) -> Sight {
        let argv = [Children.program, "observe", signal.rawValue, "\(waitSeconds.nanoseconds / 1_000_000)"]
        let output = try command.tool(
            argv + processes.map { "\($0.pid):\($0.start)" }, deadlineSeconds: waitSeconds + 10)
        guard let sight = try? JSONDecoder().decode(Sight.self, from: Data(output.utf8)) else {
            throw AgentError(.failed, "the observer said: \(output)")
        }
        return sight
    }
}
