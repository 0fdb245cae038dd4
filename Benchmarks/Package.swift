// swift-tools-version: 6.2
import PackageDescription

/// Benchmarks of the checkers: a package of its own, so that the main build does not pay for it.
let package = Package(
    name: "inquest-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "inquest", path: "..")],
    targets: [
        .executableTarget(
            name: "inquest-benchmark",
            dependencies: [
                .product(name: "Checkers", package: "inquest"), .product(name: "Determinism", package: "inquest"),
            ],
            swiftSettings: [.treatAllWarnings(as: .error), .strictMemorySafety()])
    ],
    swiftLanguageModes: [.v6]
)
