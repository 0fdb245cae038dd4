import Glibc
import HostProcesses

extension LocalLab {
    /// Why this machine cannot have a lab; nil when it can. Takes some tens of milliseconds.
    public static func availability() async -> LabError? {
        do {
            return try await onOwnThread { unavailability() }
        } catch {
            return LabError(.unavailable, "\(error)")
        }
    }

    /// The checks of `availability`, the cheap ones first; blocks.
    static func unavailability() -> LabError? {
        problem(user: geteuid(), missing: LabTools.missing) ?? namespaceProblem() ?? missingUser()
    }

    /// What the user and the installed programs forbid.
    static func problem(user: uid_t, missing: [(program: String, package: String)]) -> LabError? {
        guard user == 0 else {
            return LabError(
                .unavailable, "making namespaces needs root; run this with sudo, or give hosts with --hosts")
        }
        guard missing.isEmpty else {
            let programs = missing.map(\.program).joined(separator: ", ")
            let packages = Set(missing.map(\.package)).sorted().joined(separator: " ")
            return LabError(
                .unavailable, "not installed: \(programs); on Debian: apt-get install \(packages)")
        }
        return nil
    }

    /// Makes the namespaces and devices of a lab once and lets them go; `through` starts it with fewer rights in tests.
    static func namespaceProblem(through: [String] = []) -> LabError? {
        let script = """
            ip link add lab0 type bridge && ip link add n1 type veth peer name eth0 \
            && mount --no-mtab -t tmpfs tmpfs /tmp && mount --no-mtab -t proc proc /proc
            """
        do {
            try LabTools.run(
                through + [
                    "unshare", "--fork", "--kill-child", "--pid", "--mount", "--uts", "--ipc", "--net",
                    "sh", "-ec", script,
                ])
            return nil
        } catch {
            return LabError(
                .unavailable,
                "the kernel refused namespaces, a bridge or a veth pair (in a container: start it privileged); "
                    + "or give hosts with --hosts; \(error)")
        }
    }

    /// Debian's sshd drops privileges to this user, which its package makes.
    private static func missingUser() -> LabError? {
        guard unsafe getpwnam("sshd") == nil else { return nil }
        return LabError(
            .unavailable, "there is no user sshd; on Debian: apt-get install --reinstall openssh-server")
    }
}
