public import Foundation
import Glibc

/// A page in Debian's Chromium without a window, used as a person would: keys, colour schemes, pictures.
///
/// It speaks the DevTools protocol over pipes, so that no port is opened. Not for several threads; `close` it.
public final class BrowserSession {
    public struct Failure: Error, CustomStringConvertible {
        public var description: String
    }

    public enum ColourScheme: String, CaseIterable, Sendable { case light, dark }

    public enum Key: Sendable {
        case tab, enter, right, left

        var parts: (name: String, code: Int, text: String?) {
            switch self {
            case .tab: ("Tab", 9, nil)
            case .enter: ("Enter", 13, "\r")
            case .right: ("ArrowRight", 39, nil)
            case .left: ("ArrowLeft", 37, nil)
            }
        }
    }

    /// What was written to the console, errors among it.
    public private(set) var console: [String] = []
    private let process = Process()
    private let commands = Pipe()
    private let answers = Pipe()
    private let profile: String
    private var received: [UInt8] = []
    private var lastCommand = 0
    private var session: String?
    private var hasLoaded = false
    private static let patienceSeconds = 30.0

    /// Opens a file of this machine.
    public init(file: String, width: Int = 1200, height: Int = 900) throws {
        profile = FileManager.default.temporaryDirectory.path + "/inquest-profile-\(UUID().uuidString)"
        process.executableURL = URL(filePath: "/bin/sh")
        // The browser reads commands from 3 and writes answers to 4.
        process.arguments = [
            "-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", "sh", "chromium", "--headless=new",
            "--no-sandbox", "--disable-gpu", "--no-first-run", "--user-data-dir=\(profile)",
            "--disable-background-networking", "--disable-sync", "--disable-component-update",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--hide-scrollbars", "--force-device-scale-factor=1",
            "--remote-debugging-pipe", "about:blank",
        ]
        process.standardInput = commands
        process.standardOutput = answers
        try process.run()
        do {
            try open(file, width: width, height: height)
        } catch {
            close()
            throw error
        }
    }

    private func open(_ file: String, width: Int, height: Int) throws {
        let target = try command("Target.createTarget", ["url": "about:blank"])["targetId"] as? String
        let attached = try command("Target.attachToTarget", ["targetId": target ?? "", "flatten": true])
        session = attached["sessionId"] as? String
        for domain in ["Page", "Runtime", "Log"] { _ = try command("\(domain).enable") }
        _ = try command("Emulation.setFocusEmulationEnabled", ["enabled": true])
        _ = try command(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
        _ = try command("Page.navigate", ["url": URL(filePath: file).absoluteString])
        let end = Date.now + Self.patienceSeconds
        while !hasLoaded { note(try message(until: end)) }
    }

    /// Ends the browser and removes its profile.
    public func close() {
        if process.isRunning { _ = try? command("Browser.close") }
        try? commands.fileHandleForWriting.close()
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: profile)
    }

    /// The value of an expression, as text; what is thrown there is thrown here.
    public func text(_ expression: String) throws -> String {
        let result = try command("Runtime.evaluate", ["expression": expression, "returnByValue": true])
        if let problem = result["exceptionDetails"] { throw Failure(description: "\(problem)") }
        return (result["result"] as? [String: Any])?["value"] as? String ?? ""
    }

    public func press(_ key: Key) throws {
        let (name, code, text) = key.parts
        var parameters: [String: Any] = ["key": name, "code": name, "windowsVirtualKeyCode": code]
        parameters["type"] = text == nil ? "rawKeyDown" : "keyDown"
        if let text { parameters["text"] = text }
        _ = try command("Input.dispatchKeyEvent", parameters)
        parameters["type"] = "keyUp"
        parameters["text"] = nil
        _ = try command("Input.dispatchKeyEvent", parameters)
    }

    public func use(_ scheme: ColourScheme) throws {
        let feature = ["name": "prefers-color-scheme", "value": scheme.rawValue]
        _ = try command("Emulation.setEmulatedMedia", ["features": [feature]])
    }

    /// A picture of the whole page, as PNG.
    public func picture() throws -> Data {
        let result = try command("Page.captureScreenshot", ["format": "png", "captureBeyondViewport": true])
        return Data(base64Encoded: result["data"] as? String ?? "") ?? Data()
    }
}

extension BrowserSession {
    private func command(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: Any] {
        lastCommand += 1
        var object: [String: Any] = ["id": lastCommand, "method": method, "params": parameters]
        if let session { object["sessionId"] = session }
        try commands.fileHandleForWriting.write(
            contentsOf: try JSONSerialization.data(withJSONObject: object) + [0])
        let end = Date.now + Self.patienceSeconds
        while true {
            let answer = try message(until: end)
            guard answer["id"] as? Int == lastCommand else {
                note(answer)
                continue
            }
            if let error = answer["error"] { throw Failure(description: "\(method): \(error)") }
            return answer["result"] as? [String: Any] ?? [:]
        }
    }

    /// Keeps what an event says of the page.
    private func note(_ event: [String: Any]) {
        switch event["method"] as? String {
        case "Page.loadEventFired": hasLoaded = true
        case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded":
            console.append("\(event["params"] ?? "")")
        default: break
        }
    }

    /// The next message; they are separated by a zero byte.
    private func message(until end: Date) throws -> [String: Any] {
        let descriptor = answers.fileHandleForReading.fileDescriptor
        while true {
            if let zero = received.firstIndex(of: 0) {
                let object = try JSONSerialization.jsonObject(with: Data(received[..<zero]))
                received.removeSubrange(...zero)
                return object as? [String: Any] ?? [:]
            }
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let rest = end.timeIntervalSinceNow
            guard rest > 0, unsafe poll(&polled, 1, Int32(rest * 1000)) > 0 else {
                throw Failure(description: "the browser does not answer")
            }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = unsafe read(descriptor, &buffer, buffer.count)
            guard count > 0 else { throw Failure(description: "the browser has ended") }
            received += buffer[..<count]
        }
    }
}
