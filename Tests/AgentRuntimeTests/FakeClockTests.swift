import AgentProtocol
import Foundation
import HostProcesses
import Testing

@testable import AgentRuntime

/// Whether libfaketime is there; in CI it must be.
private var hasFaketime: Bool {
    ProcessInfo.processInfo.environment["CI"] != nil || (try? FakeClocks.library()) != nil
}

@Suite("Clocks of programs under libfaketime", .serialized, .timeLimit(.minutes(2)), .enabled(if: hasFaketime))
struct FakeClockTests {
    private static let second: Int64 = 1_000_000_000

    private func withClient(
        _ options: [String] = [], _ body: (LabHost, AgentClient<PipeChannel>) async throws -> Void
    ) async throws {
        try await withHost { host in
            try host.startAgent(options)
            try await host.withClient { client in
                _ = try await client.hello(leaseSeconds: 60)
                try await body(host, client)
            }
        }
    }

    private func spawn(_ client: AgentClient<PipeChannel>, _ argv: [String], name: String = "n") async throws {
        _ = try await client.spawn(
            Spawn(
                name: name, argv: argv, output: "/run/\(name).out", error: "/run/\(name).err", ready: nil,
                fakesClock: true))
    }

    /// Prints the time of day, again and again.
    private static let clock = ["sh", "-c", "while :; do date +%s%N; sleep 0.05; done"]

    @Test(
        "offset, jump, rate and strobe move what a program reads, and end",
        arguments: [
            (ClockLie.offset(-3600 * second), -3600 * second), (.jump(90 * second), 90 * second),
            (.rate(3_000_000), nil), (.rate(100_000), nil),
            (.strobe(by: 10 * second, every: 200_000_000), 10 * second),
        ] as [(ClockLie, Int64?)])
    func lies(lie: ClockLie, ahead: Int64?) async throws {
        try await withClient { host, client in
            try await spawn(client, Self.clock)
            /// How far the program's last words are ahead of now.
            func shown() throws -> Int64 {
                let line = try host.shell("tail -n 1 /run/n.out")
                return (Int64(line) ?? 0) - ClockReading.now().wall
            }
            func isNear(_ time: Int64) throws -> Bool { abs(try shown() - time) < Self.second / 2 }
            #expect(try host.eventually { try isNear(0) })
            let sight = try await client.call(ClockSet(process: "n", lie: lie))
            #expect(sight.isConfirmed, "\(sight)")
            if let ahead {
                #expect(try host.eventually { try isNear(ahead) })
            } else {
                #expect(try host.eventually { abs(try shown()) > 2 * Self.second })
            }
            let healed = try await client.call(ClockSet(process: "n", lie: .none))
            #expect(healed.isConfirmed, "\(healed)")
            #expect(try host.eventually { try isNear(0) })
            // A slow clock never went back while it was slow.
            guard case .rate = lie else { return }
            let times = try host.shell("cat /run/n.out").split(separator: "\n").compactMap { Int64($0) }
            #expect(zip(times, times.dropFirst()).count { $0 > $1 } <= 1)
        }
    }

    @Test("PostgreSQL says so itself", .enabled(if: FileManager.default.fileExists(atPath: postgres)))
    func postgreSQL() async throws {
        try await withClient { host, client in
            let user = "setpriv --reuid=postgres --regid=postgres --init-groups"
            try host.shell(
                "install -d -o postgres /tmp/pg; cd /tmp && \(user) \(Self.folder)/initdb -D /tmp/pg/d -A trust "
                    + "-U postgres --no-sync > /tmp/initdb.log")
            let argv =
                user.split(separator: " ").map(String.init)
                + [Self.postgres, "-D", "/tmp/pg/d", "-k", "/tmp/pg", "-c", "listen_addresses="]
            try await spawn(client, argv)
            func ahead() throws -> Double {
                let said = try host.shell(
                    "psql -h /tmp/pg -U postgres -Atc 'select extract(epoch from clock_timestamp())'")
                return try #require(Double(said)) - Date().timeIntervalSince1970
            }
            #expect(host.eventually { abs((try? ahead()) ?? 99) < 1 })
            let sight = try await client.call(ClockSet(process: "n", lie: .offset(3600 * Self.second)))
            #expect(sight.isConfirmed, "\(sight)")
            #expect(abs(try ahead() - 3600) < 1)
            #expect(try await client.call(ClockSet(process: "n", lie: .none)).isConfirmed)
            #expect(abs(try ahead()) < 1)
            #expect(try await client.healAll().failures == [])
            #expect(try host.run(["test", "-e", "\(LabHost.state)/clocks"]).status == 1)
            #expect(try host.shell("ls /dev/shm | grep faketime || true") == "")
        }
    }

    private static let folder = "/usr/lib/postgresql/15/bin"
    private static let postgres = folder + "/postgres"

    @Test("a clock that is not set has no evidence")
    func sabotaged() async throws {
        try await withClient(["--sabotage", "clock-set"]) { _, client in
            try await spawn(client, Self.clock)
            #expect(try await !client.call(ClockSet(process: "n", lie: .offset(Self.second))).isConfirmed)
        }
    }

    @Test("a process that was started without the library is not taken for one that has it")
    func without() async throws {
        try await withClient { _, client in
            _ = try await client.spawn(
                Spawn(name: "n", argv: ["sleep", "60"], output: "/run/o", error: "/run/e", ready: nil))
            let error = await #expect(throws: AgentError.self) {
                try await client.call(ClockSet(process: "n", lie: .offset(1)))
            }
            #expect(error?.code == .notFound)
        }
    }

    @Test("a program that cannot be skewed is refused with the reason before it is started")
    func refused() async throws {
        try await withClient { host, client in
            for (argv, reason) in [
                (["/usr/sbin/ldconfig", "-p"], "it is linked statically"),
                (["/etc/passwd"], "neither an ELF program"),
            ] {
                let error = await #expect(throws: AgentError.self) { try await spawn(client, argv) }
                #expect(error?.code == .unsupported && error?.message.contains(reason) == true, "\(argv)")
            }
            _ = try await client.call(ClockTrial(argv: ["date"]))
            let error = await #expect(throws: AgentError.self) {
                try await client.call(ClockTrial(argv: ["sh", "-c", "echo broken; exit 3"]))
            }
            #expect(error?.code == .unsupported)
            #expect(
                error?.message.contains("under libfaketime sh -c echo broken; exit 3 ended with code 3: broken")
                    == true)
            #expect(try host.count("ldconfig") == 0)
        }
    }

    @Test("the clock of this machine, which all its namespaces share, is not moved")
    func sharedClock() async throws {
        try await withClient { _, client in
            for boots in [[ThisHostClock.boot], ["another"], []] {
                let before = ClockReading.now()
                let error = await #expect(throws: AgentError.self) {
                    try await client.call(
                        ClockSet(process: nil, lie: .offset(3600 * Self.second), otherBoots: boots))
                }
                #expect(error?.code == .refused && error?.message.contains("is not moved") == true)
                let after = ClockReading.now()
                #expect(abs((after.wall - after.monotonic) - (before.wall - before.monotonic)) < Self.second)
            }
        }
    }
}

@Suite("What a program is linked with")
struct ProgramLinkageTests {
    /// An ELF file with an interpreter and a section, or without.
    private func elf(interpreter: String?, section: String?) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 512)
        func put(_ value: Int, _ offset: Int, _ count: Int) {
            for index in 0..<count { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
        }
        bytes.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
        put(64, 32, 8)
        put(56, 54, 2)
        put(1, 56, 2)
        put(interpreter == nil ? 1 : 3, 64, 4)
        put(400, 64 + 8, 8)
        put((interpreter?.utf8.count ?? 0) + 1, 64 + 32, 8)
        bytes.replaceSubrange(400..<(400 + (interpreter?.utf8.count ?? 0)), with: Array((interpreter ?? "").utf8))
        // Two sections: the one in question and the names.
        put(128, 40, 8)
        put(64, 58, 2)
        put(2, 60, 2)
        put(1, 62, 2)
        put(1, 128, 4)
        put(300, 192 + 24, 8)
        put(64, 192 + 32, 8)
        bytes.replaceSubrange(301..<(301 + (section?.utf8.count ?? 0)), with: Array((section ?? "").utf8))
        return bytes
    }

    private func read(_ bytes: [UInt8]) -> ElfFile? {
        ElfFile { offset, count in
            offset + count <= bytes.count ? Array(bytes[offset..<(offset + count)]) : nil
        }
    }

    @Test("loader and language are told by the headers")
    func headers() throws {
        let usual = try #require(read(elf(interpreter: "/lib64/ld-linux-x86-64.so.2", section: ".text")))
        #expect(usual.interpreter == "/lib64/ld-linux-x86-64.so.2" && !usual.isGo && usual.is64Bit)
        #expect(read(elf(interpreter: nil, section: ".text"))?.interpreter == .some(nil))
        for section in [".go.buildinfo", ".gopclntab", ".note.go.buildid"] {
            #expect(read(elf(interpreter: "/lib64/ld-linux-x86-64.so.2", section: section))?.isGo == true)
        }
        var old = elf(interpreter: nil, section: nil)
        old[4] = 1
        #expect(read(old)?.is64Bit == false)
    }

    @Test("damaged files are none, or say little, and never end the program")
    func damaged() {
        let whole = elf(interpreter: "/lib64/ld-linux-x86-64.so.2", section: ".gopclntab")
        #expect(read([]) == nil && read(Array(whole.prefix(63))) == nil && read(Array("#!/bin/sh\n".utf8)) == nil)
        for length in 64..<whole.count { _ = read(Array(whole.prefix(length))) }
        for place in 0..<whole.count {
            var bytes = whole
            bytes[place] = 0xff
            _ = read(bytes)
        }
    }

    @Test("etcd is written in Go", .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/etcd")))
    func go() {
        let error = #expect(throws: AgentError.self) { try ProgramLinkage.check("/usr/bin/etcd") }
        #expect(error?.message.contains("it is written in Go") == true)
    }

    @Test("programs of this machine are as they are")
    func real() throws {
        #expect(throws: Never.self) { try ProgramLinkage.check("/bin/sh") }
        let error = #expect(throws: AgentError.self) { try ProgramLinkage.check("/usr/sbin/ldconfig") }
        #expect(error?.message.contains("it is linked statically") == true)
        let none = #expect(throws: AgentError.self) { try ProgramLinkage.check("/etc/passwd") }
        #expect(none?.message.contains("neither an ELF program nor a script") == true)
    }
}
