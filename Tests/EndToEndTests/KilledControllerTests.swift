import Foundation
import HostProcesses
import Testing

/// Each has a lab of its own, made by the script.
@Suite(.serialized, .needsProgramsAndLab)
struct KilledControllerTests {
    @Test("kill -9 of the controller at three random moments leaves nothing on the hosts once the lease is over")
    func threeTimes() async throws {
        let output = try await Inquest.command(
            ["INQUEST_PROGRAMS=\(Inquest.programs)", "scripts/kill-controller", "3", "11"], deadlineSeconds: 240)
        let said = Comment(rawValue: output.standardOutput + output.standardError)
        #expect(output.status == 0, said)
        #expect(output.standardOutput.contains("agents gone after: "), said)
    }
}
