import Testing

@testable import Clusters

extension LocalLabTests {
    @Suite(.serialized) struct Times {
        /// A lab starts in a fraction of this on two idle cores; the bound is for busy ones, and against waits of a whole
        /// second such as an address resolution that was asked too early.
        @Test(arguments: [3, 5]) func `a lab starts and stops fast`(hosts: Int) async throws {
            let clock = ContinuousClock()
            let begin = clock.now
            let up = try await withLab(LabOptions(hosts: hosts)) { _ in clock.now - begin }
            let all = clock.now - begin
            print("lab of \(hosts) hosts: start \(up), stop \(all - up)")
            #expect(up < .seconds(5) && all - up < .seconds(5))
        }
    }
}
