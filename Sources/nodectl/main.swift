import Glibc

/// How long an answer may take: `quiesce` waits up to 10 s in the node.
let patienceMilliseconds: Int32 = 15_000

func die(_ status: Int32, _ message: String) -> Never {
    let text = Array("nodectl: \(message)\n".utf8)
    _ = unsafe text.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(status)
}

/// A connection to a unix socket.
func dial(_ path: String) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard !bytes.isEmpty, bytes.count < room else { die(64, "\(path): a socket's path has 1 to \(room - 1) bytes") }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard file >= 0 else { die(3, "no socket: errno \(errno)") }
    let result = unsafe withUnsafePointer(to: &address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe connect(file, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    guard result == 0 else {
        die(3, "cannot reach a node at \(path): \(unsafe String(cString: strerror(errno)))")
    }
    return file
}

/// Everything up to the end of the first line.
func readLine(_ file: Int32) -> [UInt8] {
    var line: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65536)
    while line.last != UInt8(ascii: "\n") {
        var polled = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
        let ready = unsafe poll(&polled, 1, patienceMilliseconds)
        if ready < 0, errno == EINTR { continue }
        guard ready > 0 else { die(3, "no answer within \(patienceMilliseconds / 1000) s") }
        let count = unsafe read(file, &piece, piece.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { die(3, "the node closed the connection") }
        line += piece[..<count]
    }
    return line
}

/// Every order with what it does.
let orders: [(words: String, what: String)] = [
    ("info", "what the node is and how it was set up"),
    ("status", "how it is: role, positions, gates, peers"),
    ("log FROM TO", "the records of its log that it keeps"),
    ("dump", "all keys with their values, as readers see them here"),
    ("hash", "a digest of that"),
    (
        "gate open|close|list [TARGET]",
        "stops or frees a stream inside the node: ship:n2, recv:n1, ack:n1, apply, ..."
    ),
    ("delay TARGET RANGE|off", "slows one: delay apply 50..100ms"),
    ("promote", "makes the node leader, or asks for it"),
    ("demote", "ends leading: node-single, and node-raft, which hands over to the voter with most of the log"),
    ("follow NODE", "follows that one; at an arbiter: chooses it"),
    ("join", "node-single: takes a copy of the leader's state; node-raft: asks to be made a member"),
    ("quiesce", "waits until all that it knows has arrived everywhere, up to 10 s"),
    ("snapshot", "saves the state now"),
    ("failpoint NAME crash|pause|off", "what happens at a named place in the code"),
    ("member add|remove NODE", "who belongs to the group, the chain"),
    ("syncset NODE,...", "node-single: whose word a write waits for"),
    ("rehome KEY DC drain|now", "node-multi: moves a key to another data centre"),
    ("repair", "node-quorum: compares with the others now"),
    ("offline", "node-multi: cuts a device off"),
    ("online", "node-multi: ends that"),
    ("sync", "node-multi: a device exchanges everything once"),
    ("power-cut [--torn]", "ends a node of --disk buffered as a power cut does"),
    ("clock [wall|mono SETTING]", "lets a clock lie: clock wall offset:+10s"),
    ("mutants", "the bugs that can be switched on, and which are"),
    ("claims", "what its configuration promises"),
]

let usage: String = {
    let width = orders.map(\.words.count).max() ?? 0
    let lines = orders.map { order in
        "  " + order.words + String(repeating: " ", count: width - order.words.count + 2) + order.what
    }
    return "usage: nodectl --socket PATH ORDER\n\n"
        + "Prints the node's answer, one line of JSON; ends with 1 if that is a refusal.\n\n"
        + lines.joined(separator: "\n")
}()

let words = Array(CommandLine.arguments.dropFirst())
if words == ["--help"] || words == ["help"] {
    print(usage)
    exit(0)
}
guard words.count >= 3, words[0] == "--socket" else { die(64, usage) }
guard words.dropFirst(2).allSatisfy({ !$0.isEmpty && !$0.contains { $0.isWhitespace } }) else {
    die(64, "words hold no blanks")
}
let connection = dial(words[1])
let request = Array((words.dropFirst(2).joined(separator: " ") + "\n").utf8)
guard unsafe request.withUnsafeBytes({ unsafe write(connection, $0.baseAddress, $0.count) }) == request.count else {
    die(3, "cannot send: errno \(errno)")
}
let answer = readLine(connection)
var written = 0
while written < answer.count {
    let count = unsafe answer[written...].withUnsafeBytes { unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    guard count > 0 || errno == EINTR else { die(3, "cannot print the answer: errno \(errno)") }
    written += max(0, count)
}
if answer.starts(with: Array("{\"error\":".utf8)) { exit(1) }
