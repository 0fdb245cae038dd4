import Glibc
import Testing

@testable import Clusters

/// What needs no namespaces.
struct LabPartsTests {
    @Test(arguments: [
        ("10.77.3.0/24", true), ("10.77.3.9", true), ("10.77.0.0/16", true), ("10.77.2.0/23", true),
        ("10.77.3.128/25", true), ("10.77.4.0/24", false), ("10.78.3.0/24", false), ("10.0.0.0/8", false),
        ("default", false), ("0.0.0.0/0", false), ("10.77/16", true), ("", false),
    ])
    func `a route into the subnet takes it, a very broad one does not`(target: String, isTaken: Bool) {
        #expect(LabRegistry.overlaps(target[...], 3) == isTaken)
    }

    @Test func `who cannot make a lab learns what is missing`() {
        #expect(LocalLab.problem(user: 0, missing: []) == nil)
        let user = LocalLab.problem(user: 1000, missing: [])
        #expect(
            user?.description
                == "no local lab on this machine: making namespaces needs root; run this with sudo, or give hosts with --hosts"
        )
        let tools = LocalLab.problem(user: 0, missing: [("sshd", "openssh-server"), ("ip", "iproute2")])
        #expect(tools?.detail == "not installed: sshd, ip; on Debian: apt-get install iproute2 openssh-server")
        #expect(tools?.isUsage == false)
    }

    @Test(.needsNamespaces) func `a kernel that refuses namespaces is named as the reason`() {
        let error = LocalLab.namespaceProblem(through: ["setpriv", "--bounding-set", "-all"])
        #expect(error?.code == .unavailable)
        #expect(error?.detail.contains("the kernel refused namespaces") == true)
        #expect(error?.detail.contains("Operation not permitted") == true)
    }

    @Test func `interface names fit into the kernel's 15 characters`() {
        for number in LabRegistry.numbers {
            let owner = ProcessIdentity(pid: 1, start: 1)
            #expect(LabRecord(number: number, hosts: 1, owner: owner).interface.utf8.count <= 15)
        }
    }

    @Test func `a process is itself and no other with its number`() throws {
        let own = try #require(ProcessIdentity.current)
        #expect(own.pid == getpid() && own.isAlive)
        #expect(!ProcessIdentity(pid: own.pid, start: own.start + 1).isAlive)
        #expect(ProcessIdentity(pid: Int32.max) == nil)
    }

    /// Labs there are (owned ones in brackets), what is selected for `down`, and the ids picked or the error.
    @Test(arguments: [
        ("1", LocalLab.Selection.only, "lab1"), ("", .only, ""), ("1 [2]", .only, "lab1"), ("[2]", .only, ""),
        ("1 2", .only, "ambiguous"), ("1 [2] 3", .all, "lab1 lab3"), ("1 2", .id("lab2"), "lab2"),
        ("1", .id("lab2"), "notFound"), ("1 [2]", .id("lab2"), "inUse"),
    ])
    func `down takes what is meant and never a lab in use`(
        labs: String, selection: LocalLab.Selection, expected: String
    ) {
        #expect(Self.picked(labs, selection, isDown: true) == expected)
    }

    @Test(arguments: [
        ("1", LocalLab.Selection.only, "lab1"), ("", .only, "notFound"), ("1 [2]", .only, "ambiguous"),
        ("[2]", .only, "lab2"), ("1 [2]", .id("lab2"), "lab2"), ("1", .id("lab2"), "notFound"),
    ])
    func `a command on a host needs one lab, in use or not`(
        labs: String, selection: LocalLab.Selection, expected: String
    ) {
        #expect(Self.picked(labs, selection, isDown: false) == expected)
    }

    private static func picked(_ labs: String, _ selection: LocalLab.Selection, isDown: Bool) -> String {
        let owner = ProcessIdentity(pid: 7, start: 7)
        let records = labs.split(separator: " ").map { word in
            var record = LabRecord(number: Int(word.filter(\.isNumber)) ?? 0, hosts: 1, owner: owner)
            if !word.hasPrefix("[") { record.owner = nil }
            return record
        }
        do {
            return try selection.pick(records, isDown: isDown).map(\.id).joined(separator: " ")
        } catch {
            return error.code.rawValue
        }
    }

    @Test func `status is told to people and programs`() throws {
        let host = LabStatus.HostStatus(
            name: "n1", address: "10.77.1.1", port: 22, pid: 42, isRunning: true, doesSSHAnswer: true)
        var silent = host
        silent.name = "n2"
        silent.doesSSHAnswer = false
        var dead = host
        dead.name = "n3"
        dead.isRunning = false
        let lab = LabStatus(
            id: "lab1", isPersistent: true, isUp: true, ownerPID: nil, subnet: "10.77.1.0/24",
            controllerAddress: "10.77.1.254", interface: "iqlab1", hostsFile: "/h", hosts: [host, silent, dead])
        let status = LabsStatus(labs: [lab], removed: ["lab9"])
        #expect(
            status.text == """
                lab9: removed, its controller was gone
                lab1: up, 10.77.1.0/24, this machine is 10.77.1.254 on iqlab1, --hosts /h
                  n1 10.77.1.1:22 pid 42 sshd answers
                  n2 10.77.1.1:22 pid 42 sshd is silent
                  n3 10.77.1.1:22 pid 42 not running

                """)
        #expect(try status.json.contains("\"doesSSHAnswer\" : true"))
        #expect(LabsStatus(labs: [], removed: []).text == "no labs\n")
    }

    @Test func `progress is a line`() {
        let step = LabProgress(lab: "lab1", stage: .keys, detail: "keys made", elapsed: .milliseconds(1234))
        #expect(step.description == "lab1: keys made (1.23 s)")
    }
}
