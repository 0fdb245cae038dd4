import Determinism
import Foundation
import Replication
import Testing

@testable import NodeRuntime

@Suite("Clocks that lie", .serialized)
struct ClockTests {
    @Test(
        "settings are read as they are written",
        arguments: [
            ("system", ClockSetting.system as ClockSetting?), ("offset:+10s", .offset(10_000_000_000)),
            ("offset:-200ms", .offset(-200_000_000)), ("jump:5us", .jump(5000)), ("rate:1.05", .rate(1_050_000)),
            ("rate:0", .rate(0)), ("frozen", .rate(0)), ("rate:100.000001", .rate(100_000_001)),
            ("strobe:+200ms/50ms", .strobe(by: 200_000_000, every: 50_000_000)), ("", nil), ("offset", nil),
            ("offset:10", nil), ("offset:+-1s", nil), ("rate:-1", nil), ("rate:101", nil), ("rate:0.1234567", nil),
            ("strobe:1s", nil), ("strobe:1s/0s", nil), ("offset:99999999999999999999s", nil), ("rate:1.", nil),
        ])
    func settings(text: String, setting: ClockSetting?) {
        #expect(ClockSetting(text) == setting)
        if let setting { #expect(ClockSetting("\(setting)") == setting) }
    }

    @Test("a wall clock shows what it is set to")
    func wall() {
        var clock = SkewedClock(isMonotonic: false)
        #expect(clock.reading(at: 1000) == 1000)
        clock.set(.offset(500), at: 1000)
        #expect(clock.reading(at: 2000) == 2500)
        clock.set(.jump(-1000), at: 2000)
        #expect(clock.reading(at: 2000) == 1500)
        clock.set(.rate(500_000), at: 2000)
        #expect(clock.reading(at: 3000) == 2000)
        clock.set(.strobe(by: 70, every: 10), at: 3000)
        #expect([3000, 3009, 3010, 3019, 3020].map { clock.reading(at: $0) } == [3000, 3009, 3080, 3089, 3020])
        clock.set(.system, at: 4000)
        #expect(clock.reading(at: 4001) == 4001)
    }

    @Test("a monotonic clock never goes back, whatever it is set to, and says when it will show a time")
    func monotonic() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<200 {
            var clock = SkewedClock(isMonotonic: true)
            var (now, last): (Int64, Int64) = (0, 0)
            for _ in 0..<50 {
                now += Int64(random.below(1_000_000_000))
                let time = Int64(random.below(2_000_000_000)) - 1_000_000_000
                let settings: [ClockSetting] = [
                    .system, .offset(time), .jump(time), .rate(Int64(random.below(3_000_000))), .rate(0),
                    .strobe(by: time, every: 10),
                ]
                clock.set(settings[random.below(settings.count)], at: now)
                #expect(clock.reading(at: now) >= last)
                last = clock.reading(at: now)
                let wanted = last + 1 + Int64(random.below(1_000_000_000))
                let truth = clock.truth(of: wanted)
                guard truth < .max else { continue }
                #expect(clock.reading(at: truth) >= wanted && clock.reading(at: truth - 1) < wanted)
            }
        }
    }

    static func cluster(_ configure: @escaping @Sendable (inout NodeOptions) -> Void = { _ in }) throws -> Cluster {
        try Cluster(1) {
            $0.design = PingDesign()
            configure(&$0)
        }
    }

    static var seconds: Int { Int(Date.now.timeIntervalSince1970) }

    @Test("a member sees the wall clock of its options, and what an operator makes of it")
    func offset() throws {
        let cluster = try Self.cluster { $0.clock = .fixed(.offset(1_000_000_000_000)) }
        try cluster.start("n1")
        func ahead() -> Int { (Field.number("wall", cluster.admin("n1", "status")) ?? 0) - Self.seconds }
        try cluster.wait("a thousand seconds ahead") { abs(ahead() - 1000) <= 2 }
        #expect(cluster.admin("n1", "clock wall system").contains("\"wall\":\"system\""))
        try cluster.wait("right again") { abs(ahead()) <= 2 }
        #expect(cluster.admin("n1", "clock mono strobe:1s/1s").contains("error"))
        #expect(cluster.admin("n1", "clock wall nonsense").contains("error"))
        try cluster.wait("noted") {
            cluster.events("n1").contains("\"event\":\"clock\",\"detail\":\"wall system\"")
        }
    }

    @Test(
        "a monotonic clock at a tenth of its speed wakes a member a tenth as often; one that jumps wakes it at once"
    )
    func rate() throws {
        let cluster = try Self.cluster()
        try cluster.start("n1")
        func ticks(in milliseconds: UInt32) -> Int {
            let before = Field.number("ticks", cluster.admin("n1", "status")) ?? 0
            usleep(milliseconds * 1000)
            return (Field.number("ticks", cluster.admin("n1", "status")) ?? 0) - before
        }
        let usual = ticks(in: 500)
        #expect(cluster.admin("n1", "clock mono rate:0.1").contains("rate:0.100000"))
        let start = DispatchTime.now().uptimeNanoseconds
        let slow = ticks(in: 500)
        // A busy machine sleeps longer than it was asked to.
        let most = Int((DispatchTime.now().uptimeNanoseconds - start) / 80_000_000)
        #expect(slow <= most && usual > 2 * slow * 6 / most, "\(usual) usually, then \(slow) of at most \(most)")
        #expect(cluster.admin("n1", "clock mono frozen").contains("rate:0.000000"))
        #expect(ticks(in: 100) <= 1)
        _ = cluster.admin("n1", "clock mono system")
        try cluster.wait("it is woken again") { ticks(in: 50) > 1 }
    }

    @Test("a file moves a clock while the node runs; without the file it is right")
    func file() throws {
        let cluster = try Cluster(1)
        let path = cluster.directory + "/clock"
        var options = try cluster.options("n1")
        options.design = PingDesign()
        options.clock = try #require(ClockSource("file:" + path))
        let server = try cluster.launch(options)
        func ahead() -> Int { (Field.number("wall", server.admin(["status"])) ?? 0) - Self.seconds }
        try cluster.wait("right at first") { abs(ahead()) <= 2 }
        try Data("offset:-1000s\n".utf8).write(to: URL(fileURLWithPath: path))
        try cluster.wait("a thousand seconds behind") { abs(ahead() + 1000) <= 2 }
        try Data("nonsense\n".utf8).write(to: URL(fileURLWithPath: path))
        try cluster.wait("noted") { cluster.events("n1").contains("holds no setting") }
        try FileManager.default.removeItem(atPath: path)
        try cluster.wait("right again") { abs(ahead()) <= 2 }
        server.stop()
    }

    @Test("bugs that are switched on are reported, whatever the member says")
    func mutants() throws {
        let cluster = try Self.cluster { $0.setting.mutants = [.staleLeaderRead, .noFsync] }
        try cluster.start("n1")
        #expect(cluster.admin("n1", "info") == "{\"mutants\":\"M01,M46\"}")
        let all = cluster.admin("n1", "mutants")
        #expect(all.contains("\"id\":\"M46\",\"name\":\"stale-leader-read\""))
        #expect(all.components(separatedBy: "\"running\":true").count == 3)
        #expect(all.components(separatedBy: "\"id\"").count == Mutant.allCases.count + 1)
    }
}
