internal import Glibc
internal import NIOCore
internal import Replication

/// The two clocks of a node: those of the host, or what is made of them to see how a design takes it.
struct NodeClock {
    private(set) var wall = SkewedClock(isMonotonic: false)
    private(set) var monotonic = SkewedClock(isMonotonic: true)
    /// Whether nobody touched them: then they are read without more ado.
    private var isTrue = true

    /// Which of the two.
    enum Name: String, CaseIterable { case wall, mono }

    var time: NodeTime {
        let (mono, wall) = (Self.trueMonotonic, EventLog.nanoseconds(CLOCK_REALTIME))
        guard !isTrue else { return NodeTime(monotonic: mono, wall: wall) }
        return NodeTime(
            monotonic: Moment(clamping: monotonic.reading(at: Int64(clamping: mono))),
            wall: self.wall.reading(at: wall))
    }

    /// When, by the host's clock, this node's shows `moment`.
    func truth(of moment: Moment) -> Moment {
        isTrue ? moment : Moment(clamping: monotonic.truth(of: Int64(clamping: moment)))
    }

    /// False for what that clock cannot do.
    mutating func set(_ name: Name, _ setting: ClockSetting) -> Bool {
        isTrue = false
        return switch name {
        case .wall: wall.set(setting, at: EventLog.nanoseconds(CLOCK_REALTIME))
        case .mono: monotonic.set(setting, at: Int64(clamping: Self.trueMonotonic))
        }
    }

    static var trueMonotonic: Moment { NIODeadline.now().uptimeNanoseconds }

    /// How far each is from the host's, and how it was set.
    var report: ReportValue {
        let (mono, real) = (Int64(clamping: Self.trueMonotonic), EventLog.nanoseconds(CLOCK_REALTIME))
        return .object([
            .init("wall", .string("\(wall.setting)")),
            .init("wall_ahead_ns", .number(wall.reading(at: real) - real)),
            .init("mono", .string("\(monotonic.setting)")),
            .init("mono_ahead_ns", .number(monotonic.reading(at: mono) - mono)),
        ])
    }
}

/// Where a clock's setting comes from.
public enum ClockSource: Hashable, Sendable {
    case fixed(ClockSetting)
    /// A file with a setting, looked at again and again; without it the clock is the host's.
    case file(String)

    /// A setting, or `file:PATH`.
    public init?(_ text: String) {
        if text.hasPrefix("file:"), text.utf8.count > 5 {
            self = .file(String(text.dropFirst(5)))
        } else if let setting = ClockSetting(text) {
            self = .fixed(setting)
        } else {
            return nil
        }
    }
}

/// A file that says how a clock lies. Lives on the event loop; what is read is a line.
struct ClockFile {
    let path: String
    private var last: [UInt8]?

    static let period = TimeAmount.milliseconds(20)

    init(path: String) { self.path = path }

    /// The setting, if the file says another one than when it was last looked at; `nil` inside for what cannot be read.
    mutating func change() -> ClockSetting?? {
        let bytes = (try? FileSystem.read(path)) ?? Array("system".utf8)
        guard bytes != last else { return nil }
        last = bytes
        let text = String(decoding: bytes, as: UTF8.self)
        return .some(ClockSetting(String(text.prefix { !$0.isNewline })))
    }
}
