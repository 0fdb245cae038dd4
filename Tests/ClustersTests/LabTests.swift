import HostProcesses
import Testing
@testable import Clusters
@Test func `up and down`() async throws {
    var o = LabOptions(hosts: 5) { print($0) }
    o.afterStage = { s, _ in }
    let c = ContinuousClock()
    let lab = try await LocalLab.up(o)
    print(try await LocalLab.status().text)
    print(try await LocalLab.status().json)
    print(
        try await lab.run(
            "n1",
            ["sh", "-c", "hostname; ps -ef; ip -o a; cat /proc/mounts; ls /run /run/lab/ssh /var/lib/inquest"]
        ).standardOutput)
    print(try await c.measure { print(try await LocalLab.down(.only)) })
    _ = try await withLab(LabOptions(hosts: 3) { print($0) }) { $0.id }
}
