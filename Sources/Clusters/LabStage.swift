/// The steps of starting a lab, in order.
public enum LabStage: String, CaseIterable, Codable, Hashable, Sendable {
    /// A subnet taken and the lab on record.
    case reserve
    /// Host keys, the user's key and sshd's settings.
    case keys
    /// The namespaces and the bridge.
    case namespaces
    /// The controller's cable to the bridge.
    case network
    /// Each host's sshd answers.
    case hosts
    /// `known_hosts` and `hosts.yaml`.
    case inventory
}

/// One step that starting a lab has taken.
public struct LabProgress: Hashable, Sendable, CustomStringConvertible {
    public var lab: String
    public var stage: LabStage
    public var detail: String
    /// Time since the start began.
    public var elapsed: Duration

    public var description: String {
        let milliseconds = elapsed / .milliseconds(1)
        let hundredths = Int((milliseconds / 10).rounded())
        let fraction = hundredths % 100
        return "\(lab): \(detail) (\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) s)"
    }
}

/// What a lab is made of, beyond the number of its hosts.
public struct LabOptions: Sendable {
    public static let hostRange = 1...32

    public var hosts: Int
    /// Keys each host has; a lab with `rsa` alone shows what a client without rsa-sha2 does.
    public var hostKeys: [HostKeyType]
    public var progress: @Sendable (LabProgress) -> Void
    /// Called after each stage; an error from it fails the start. For tests of what a failed start leaves.
    package var afterStage: @Sendable (LabStage, Lab) throws -> Void = { _, _ in }

    public init(
        hosts: Int, hostKeys: [HostKeyType] = [.ed25519, .ecdsa],
        progress: @escaping @Sendable (LabProgress) -> Void = { _ in }
    ) {
        self.hosts = hosts
        self.hostKeys = hostKeys
        self.progress = progress
    }
}
