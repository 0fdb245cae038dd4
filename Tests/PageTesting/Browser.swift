import FoundationEssentials
import HostProcesses

/// Debian's Chromium without a window: what a page becomes in it, what it complains of and what it asks the network for.
public struct Browser {
    public struct Page {
        /// The document after its scripts ran, as HTML.
        public var document: String
        /// What was written to the console: errors among it.
        public var console: [String]
        /// The requests that the page itself made, as the browser's network log has them.
        public var requests: Int
    }

    /// Whether this machine has the browser.
    public static let isHere =
        ["/usr/bin", "/usr/local/bin", "/bin"].contains {
            FileManager.default.isExecutableFile(atPath: $0 + "/chromium")
        }

    /// In CI a missing browser is a failure rather than a reason to skip.
    public static let isExpected = isHere || ProcessInfo.processInfo.environment["CI"] != nil

    /// Opens a page and gives what it became.
    public static func open(_ html: [UInt8]) throws -> Page {
        let scratch = FileManager.default.temporaryDirectory.path + "/inquest-page-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        try Data(html).write(to: URL(filePath: scratch + "/page.html"))
        let output = try runCommand(
            [
                "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--user-data-dir=\(scratch)/profile", "--disable-background-networking", "--disable-sync",
                "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
                "--enable-logging=stderr", "--virtual-time-budget=3000", "--log-net-log=\(scratch)/net.json",
                "--dump-dom", "file://\(scratch)/page.html",
            ], deadlineSeconds: 60)
        let console = output.standardError.split(separator: "\n").filter { $0.contains("CONSOLE") }.map(String.init)
        let log = String(decoding: try Data(contentsOf: URL(filePath: scratch + "/net.json")), as: UTF8.self)
        // The browser's own requests have "not an origin"; those of a page opened from disk have an opaque one.
        let requests = log.split(separator: "\"initiator\":\"").dropFirst().count {
            !$0.hasPrefix("not an origin\"")
        }
        return Page(document: output.standardOutput, console: console, requests: requests)
    }
}
