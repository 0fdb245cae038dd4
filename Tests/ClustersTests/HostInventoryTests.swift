import Foundation
import Testing

@testable import Clusters

struct HostInventoryTests {
    static let key = ClusterHost(
        name: "n1", address: "10.0.0.1", identity: .keyFile(path: "/k/id", passphraseVariable: nil),
        knownHosts: "/k/known_hosts")

    static let varied = [
        key,
        ClusterHost(
            name: "db-2", address: "db2.example.org", port: 2222, user: "ops",
            identity: .keyFile(path: "/k/my \"key\" é\\", passphraseVariable: "LAB_PASS"),
            knownHosts: "/k/# known: hosts", stateDirectory: "/srv/true", hasOwnClock: true),
        ClusterHost(name: "n3", address: "fe80::1", identity: .agent, knownHosts: "/k/'x'"),
    ]

    @Test func `what is saved is read back`() throws {
        let inventory = try HostInventory(Self.varied)
        let path = NSTemporaryDirectory() + "inventory-\(UUID().uuidString).yaml"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try inventory.save(path)
        #expect(try HostInventory.load(path) == inventory)
    }

    @Test func `defaults are filled in and paths resolved`() throws {
        let text = """
            hosts:
              - name: n1
                address: 10.0.0.1
                identity: keys/id
              - {name: n2, address: 10.0.0.2, agent: true, known_hosts: ~/other}
            """
        let inventory = try HostInventory.parse(text, file: "/lab/hosts.yaml", home: "/home/me")
        #expect(
            inventory.hosts == [
                ClusterHost(
                    name: "n1", address: "10.0.0.1",
                    identity: .keyFile(path: "/lab/keys/id", passphraseVariable: nil),
                    knownHosts: "/home/me/.ssh/known_hosts"),
                ClusterHost(
                    name: "n2", address: "10.0.0.2", identity: .agent, knownHosts: "/home/me/other"),
            ])
    }

    /// A faulty text, and what the message says after the name of the file.
    static let faults: [(String, String)] = [
        ("", "h.yaml:1: expected `hosts:`"),
        ("- name: n1", "h.yaml:1: expected `hosts:`"),
        ("hosts: 7", "h.yaml:1: expected `hosts:`"),
        ("hosts: []", "h.yaml: there are no hosts in it"),
        ("hosts:\n- 7", "h.yaml:2: expected a host with `name:`"),
        ("hosts: [\n", "h.yaml:2: not YAML"),
        ("hosts:\n- name: n1\n  name: n2", "the same key twice: name"),
        ("nodes: []", "h.yaml:1: unknown key \"nodes\"; only `hosts` is known"),
        (host("nmae: x"), "h.yaml:5: unknown key \"nmae\"; known: address, agent"),
        ("hosts:\n- address: a\n  agent: true", "h.yaml:2: a host without `name`"),
        ("hosts:\n- name: n1\n  agent: true", "h.yaml:2: a host without `address`"),
        ("hosts:\n- name: n1\n  address: a", "h.yaml:2: a host with neither `identity: FILE` nor `agent: true`"),
        (host("identity: /k"), "h.yaml:2: a host with both `identity` and `agent: true`"),
        (host("passphrase_env: P"), "h.yaml:2: `passphrase_env` needs `identity: FILE`"),
        (host("port: ssh"), "h.yaml:5: port: \"ssh\" is not a number"),
        (host("port: 70000"), "h.yaml:5: port: 70000 is not a port"),
        (host("port: [22]"), "h.yaml:5: port: expected a text"),
        (host("user: 'a;b'"), "h.yaml:5: user: \"a;b\" is not a user name"),
        (host("clock: mine"), "h.yaml:5: clock: \"mine\" is neither own nor shared"),
        (host("state_directory: lib"), "h.yaml:5: state_directory: \"lib\" is not an absolute path"),
        (host("state_directory: /"), "h.yaml:5: state_directory: \"/\" cannot be the whole file system"),
        (host("state_directory: /a/../etc"), "h.yaml:5: state_directory: \"/a/../etc\" contains '..'"),
        (host("known_hosts: \"/a\\nb\""), "h.yaml:5: known_hosts: \"/a\\nb\" is not a usable path"),
        (named("N1"), "h.yaml:2: name: \"N1\" is not a host name"),
        (named("-n"), "h.yaml:2: name: \"-n\" is not a host name"),
        (named("n_1"), "h.yaml:2: name: \"n_1\" is not a host name"),
        (named("''"), "h.yaml:2: name: \"\" is not a host name"),
        (addressed("'$(id)'"), "h.yaml:3: address: \"$(id)\" is neither an IP address nor a DNS name"),
        (addressed("-oProxyCommand=x"), "h.yaml:3: address: \"-oProxyCommand=x\" is neither"),
        (
            "hosts:\n- {name: n1, address: a, agent: true}\n- {name: n1, address: b, agent: true}",
            "h.yaml:3: name: there is already a host \"n1\""
        ),
        (
            "hosts:\n- {name: n1, address: a, agent: true}\n- {name: n2, address: a, agent: true}",
            "h.yaml:3: address: a is already the address of n1"
        ),
        ("hosts:\n- name: n1\n  address: a\n  agent: yes", "h.yaml:4: agent: \"yes\" is neither true nor false"),
    ]

    static func host(_ line: String) -> String {
        "hosts:\n- name: n1\n  address: a\n  agent: true\n  \(line)\n"
    }

    static func named(_ name: String) -> String {
        "hosts:\n- name: \(name)\n  address: a\n  agent: true\n"
    }

    static func addressed(_ address: String) -> String {
        "hosts:\n- name: n1\n  address: \(address)\n  agent: true\n"
    }

    @Test(arguments: faults)
    func `a faulty file is refused with file, line and reason`(text: String, message: String) {
        let error = #expect(throws: InventoryError.self) {
            try HostInventory.parse(text, file: "h.yaml", home: "/root")
        }
        let description = error?.description ?? ""
        #expect(description.contains(message), "\(description)")
    }

    @Test func `a missing file is named`() {
        #expect(throws: InventoryError(file: "/no/such", line: nil, reason: "cannot be read; is the path right?")) {
            try HostInventory.load("/no/such")
        }
    }

    @Test func `limits hold`() {
        let many = (0...HostInventory.maximumHosts).map { number in
            ClusterHost(name: "n\(number)", address: "a\(number)", identity: .agent, knownHosts: "/k")
        }
        #expect(throws: InventoryError(file: nil, line: nil, reason: "101 hosts; at most 100")) {
            try HostInventory(many)
        }
        let long = String(repeating: "#", count: HostInventory.maximumBytes + 1)
        #expect(throws: InventoryError(file: "h", line: nil, reason: "larger than 1048576 bytes")) {
            try HostInventory.parse(long, file: "h", home: "/root")
        }
    }
}
