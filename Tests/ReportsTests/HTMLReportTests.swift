import Glibc
import Reports
import RunStore
import Testing

@Suite struct HTMLReportTests {
    @Test func `a report names its run`() throws {
        let bytes = HTMLReport.render(try SampleRun.make())
        if let path = unsafe getenv("INQUEST_SAMPLE").map({ unsafe String(cString: $0) }) {
            try RunDirectory(path: ".").write(bytes, to: path)
        }
        #expect(String(decoding: bytes, as: UTF8.self).contains("<h1>async-any-replica</h1>"))
    }
}
