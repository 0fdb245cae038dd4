import Foundation

// inquest-benchmark [NAME...] [--sizes]
// inquest-benchmark --write NAME SIZE FILE
//
// Each measurement is a process of its own, so that its memory is its own; all of it on one thread.
let arguments = Array(CommandLine.arguments.dropFirst())

/// Runs one benchmark in this process and prints its numbers, separated by tabs.
func measure(_ name: String, _ size: Int) throws {
    guard let benchmark = Benchmark.all.first(where: { $0.name == name }) else { exit(64) }
    let result = try benchmark.run(size: size)
    print(
        [
            "\(result.parse)", "\(result.check)", "\(result.peak)", "\(result.bytes)", "\(result.operations)",
            result.verdicts,
        ].joined(separator: "\t"))
}

/// The numbers of a benchmark, from a process of its own.
func measured(_ benchmark: Benchmark, size: Int) throws -> Measurement? {
    let child = Process()
    child.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
    child.arguments = ["--measure", benchmark.name, "\(size)"]
    let pipe = Pipe()
    child.standardOutput = pipe
    try child.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    child.waitUntilExit()
    let fields = String(decoding: output, as: UTF8.self).split(whereSeparator: { "\t\n".contains($0) })
    guard child.terminationStatus == 0, fields.count == 6 else { return nil }
    return Measurement(
        parse: Double(fields[0]) ?? 0, check: Double(fields[1]) ?? 0, peak: Double(fields[2]) ?? 0,
        bytes: Int(fields[3]) ?? 0, operations: Int(fields[4]) ?? 0, verdicts: String(fields[5]))
}

func row(_ benchmark: Benchmark, _ size: Int, _ result: Measurement?) -> String {
    guard let result else { return "| \(benchmark.name) | \(size) | failed | | | | | |" }
    let speed = Double(result.bytes) / 1e3 / max(result.parse, 0.001)
    func text(_ number: Double) -> String { String(format: number < 10 ? "%.1f" : "%.0f", number) }
    var misses: [String] = []
    if size == benchmark.size {
        if let most = benchmark.checkTarget, result.check > most { misses.append("check > \(text(most)) ms") }
        if let most = benchmark.totalTarget, result.check + result.parse > most {
            misses.append("parse and check > \(text(most)) ms")
        }
        if let most = benchmark.memoryTarget, result.peak - Double(result.bytes) / 1e6 > most {
            misses.append("memory > \(text(most)) MB")
        }
    }
    let expected =
        benchmark.isShared
        ? "as known" : benchmark.guarantees.map { _ in benchmark.expected }.joined(separator: ",")
    if result.verdicts != expected { misses.append("WRONG: \(expected) expected") }
    return "| \(benchmark.name) | \(result.operations) | \(text(result.parse)) | \(text(speed)) | "
        + "\(text(result.check)) | \(text(result.check * 1e6 / Double(max(result.operations, 1)))) | "
        + "\(text(result.peak - Double(result.bytes) / 1e6)) | \(result.verdicts) | "
        + "\(misses.isEmpty ? "" : misses.joined(separator: "; ")) |"
}

if arguments.first == "--measure", arguments.count == 3, let size = Int(arguments[2]) {
    try measure(arguments[1], size)
    exit(0)
}
// An input by itself, for other programs to be measured on.
if arguments.first == "--write", arguments.count == 4, let size = Int(arguments[2]) {
    guard let benchmark = Benchmark.all.first(where: { $0.name == arguments[1] }) else { exit(64) }
    try Data(benchmark.input(size)).write(to: URL(fileURLWithPath: arguments[3]))
    exit(0)
}
let names = arguments.filter { !$0.hasPrefix("-") }
let chosen = Benchmark.all.filter { names.isEmpty || names.contains($0.name) }
guard !chosen.isEmpty, arguments.allSatisfy({ !$0.hasPrefix("-") || $0 == "--sizes" }) else {
    print(
        "usage: inquest-benchmark [NAME...] [--sizes] | --write NAME SIZE FILE\nnames: \(Benchmark.all.map(\.name).joined(separator: " "))"
    )
    exit(64)
}
let columns = [
    "input", "operations", "parse, CPU ms", "MB/s", "check, CPU ms", "ns per operation",
    "memory without the file, MB", "verdict", "missed",
]
print("| \(columns.joined(separator: " | ")) |")
print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
for benchmark in chosen {
    let hasSizes = arguments.contains("--sizes") && !benchmark.isShared
    let sizes = hasSizes ? [27, 9, 3, 1].map { benchmark.size / $0 } : [benchmark.size]
    for size in sizes { print(row(benchmark, size, try measured(benchmark, size: size))) }
}
