// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target of ours: warnings are errors, unsafe constructs are marked.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error), .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.target(name: name)] + dependencies,
        swiftSettings: strict)
}

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let arguments: Target.Dependency =
    .product(name: "ArgumentParser", package: "swift-argument-parser")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

/// The pure core: no Foundation, no I/O, no `async`.
let pure: [Target] = [
    library("Determinism"),
    library("HistoryModel"),
    library("SequentialModels", ["HistoryModel"]),
    library("Certificates", ["HistoryModel", "SequentialModels"]),
    library("Checkers", ["Determinism", "HistoryModel", "SequentialModels"]),
    library("Generators", ["Determinism", "HistoryModel"]),
    library("Faults", ["Determinism"]),
    library("Replication", ["Determinism"]),
]

/// What runs on hosts and speaks with them.
let effects: [Target] = [
    library("HostProcesses"),
    library("WireProtocol"),
    library("NodeRuntime", ["Replication", "WireProtocol"] + nio),
    .systemLibrary(name: "CLibSSH2", pkgConfig: "libssh2", providers: [.apt(["libssh2-1-dev"])]),
    library("SSHTransport", ["CLibSSH2"]),
    library("AgentProtocol"),
    .systemLibrary(name: "CHostCalls"),
    library("AgentRuntime", ["AgentProtocol", "CHostCalls"]),
    library("Clusters", ["HostProcesses", yams]),
]

/// The controller.
let controller: [Target] = [
    library("Clients", ["WireProtocol", "HistoryModel", "Determinism"] + nio),
    library("Workloads", ["Generators", "Faults", "Determinism", "HistoryModel", "Checkers", yams]),
    library("Systems", ["Clients", "HistoryModel", "WireProtocol"]),
    library("RunStore", ["HistoryModel", "Checkers"]),
    library("Reports", ["RunStore", "Checkers", "HistoryModel"]),
    library(
        "Simulation",
        [
            "Replication", "NodeRuntime", "WireProtocol", "Systems", "Clients", "Workloads", "Generators", "Faults",
            "Determinism", "HistoryModel", "RunStore",
            .product(name: "HeapModule", package: "swift-collections"),
        ]),
    library(
        "Runner",
        [
            "Generators", "Faults", "HistoryModel", "Checkers", "Workloads", "Systems", "Clients",
            "Clusters", "SSHTransport", "AgentProtocol", "RunStore", "HostProcesses", "Determinism", "Simulation",
            "NodeRuntime", "Replication",
        ]),
]

let executables: [Target] = [
    program(
        "inquest",
        [
            "Runner", "Reports", "RunStore", "Clusters", "Certificates", "Checkers", "HistoryModel", "Workloads",
            "Replication", arguments,
        ]),
    program("inquest-agent", ["AgentRuntime"]),
    program("node-single", ["NodeRuntime", "Replication"]),
    program("node-raft", ["NodeRuntime", "Replication"]),
    program("node-multi", ["NodeRuntime", "Replication"]),
    program("node-arbiter", ["NodeRuntime", "Replication"]),
    program("node-chain", ["NodeRuntime", "Replication"]),
    program("node-quorum", ["NodeRuntime", "Replication"]),
    program("nodectl", ["WireProtocol"]),
]

/// What several test targets share.
let testSupport: [Target] = [
    .target(
        name: "PageTesting", dependencies: ["HostProcesses"], path: "Tests/PageTesting", swiftSettings: strict),
    .target(
        name: "ReplicationTesting", dependencies: ["Replication"], path: "Tests/ReplicationTesting",
        swiftSettings: strict),
]

let testTargets: [Target] = [
    tests("Determinism"),
    tests("HistoryModel", ["Determinism"]),
    tests("SequentialModels", ["HistoryModel"]),
    tests("Checkers", ["Certificates", "Determinism", "HistoryModel", "SequentialModels"]),
    tests("Generators", ["Determinism", "HistoryModel"]),
    tests("Faults", ["Determinism"]),
    tests("Replication", ["Determinism", "ReplicationTesting"]),
    tests("WireProtocol", ["Determinism"]),
    tests(
        "NodeRuntime",
        [
            "Determinism", "Replication", "ReplicationTesting", "WireProtocol", "HostProcesses", "node-single",
            "node-arbiter", "nodectl",
        ] + nio),
    tests("SSHTransport", ["HostProcesses"]),
    tests("AgentRuntime", ["AgentProtocol", "HostProcesses"]),
    tests("Clusters", ["HostProcesses"]),
    tests("HostProcesses"),
    tests("Clients", ["HostProcesses", "HistoryModel", "WireProtocol", "Determinism"] + nio),
    tests("Systems", ["HostProcesses", "Clients", "HistoryModel", "Faults"]),
    tests("Workloads", ["Determinism", "Faults", "Generators", "HistoryModel", "Checkers"]),
    tests("RunStore", ["Checkers", "HistoryModel"]),
    tests(
        "Simulation",
        ["Checkers", "Determinism", "HistoryModel", "Replication", "RunStore", "Systems", "Workloads"]),
    tests("Reports", ["Checkers", "HistoryModel", "PageTesting", "RunStore"]),
    tests(
        "Runner",
        [
            "AgentProtocol", "Checkers", "Clients", "Clusters", "Determinism", "Faults", "Generators",
            "HistoryModel", "HostProcesses", "RunStore", "Systems", "Workloads",
        ]),
    .testTarget(
        name: "EndToEndTests",
        dependencies: [
            "HostProcesses", "Checkers", "HistoryModel", "PageTesting", "RunStore", "Clusters", "Simulation",
            "Systems",
            "Workloads",
        ],
        swiftSettings: strict),
]

/// `INQUEST_ONLY=CheckersTests,...` builds those targets and what they use: a part alone, in seconds.
func selected(_ all: [Target]) -> [Target] {
    guard let only = Context.environment["INQUEST_ONLY"] else { return all }
    var wanted: Set<String> = []
    var pending = only.split(separator: ",").map(String.init)
    while let name = pending.popLast() {
        guard let target = all.first(where: { $0.name == name }), wanted.insert(name).inserted
        else { continue }
        for dependency in target.dependencies {
            switch dependency {
            case .byNameItem(let name, _): pending.append(name)
            case .targetItem(let name, _): pending.append(name)
            default: break
            }
        }
    }
    return all.filter { wanted.contains($0.name) }
}

let targets = selected(pure + effects + controller + executables + testSupport + testTargets)

/// What other packages may use: the checkers as a library, and the random source that their benchmarks draw from.
let products: [Product] = [
    ("Checkers", ["Certificates", "Checkers", "HistoryModel", "SequentialModels"]),
    ("Determinism", ["Determinism"]),
].filter { product in
    product.1.allSatisfy { name in targets.contains { $0.name == name } }
}.map { .library(name: $0.0, targets: $0.1) }

/// A package dependency, kept only when one of the built targets uses it.
@MainActor
func used(_ package: String, _ dependency: Package.Dependency) -> [Package.Dependency] {
    let isUsed = targets.contains { target in
        target.dependencies.contains {
            if case .productItem(_, let name, _, _) = $0 { name == package } else { false }
        }
    }
    return isUsed ? [dependency] : []
}

let package = Package(
    name: "inquest",
    platforms: [.macOS(.v15)],
    products: products,
    dependencies: used(
        "swift-nio", .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"))
        + used(
            "swift-argument-parser",
            .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"))
        + used(
            "swift-collections", .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"))
        + used("Yams", .package(url: "https://github.com/jpsim/Yams", from: "6.2.2")),
    targets: targets,
    swiftLanguageModes: [.v6]
)
