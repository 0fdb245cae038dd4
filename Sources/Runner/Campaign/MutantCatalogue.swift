import Foundation
public import Replication
public import Workloads

/// The planted bugs that can be exposed: one file each, beside the settings that nothing may flag.
public struct MutantCatalogue: Sendable {
    /// A bug with the setting that exposes it.
    public struct Entry: Sendable {
        public var mutant: Mutant
        public var exposure: MutantExposure
        /// The setting, with the bug off.
        public var workload: Workload
    }

    /// In the order of their numbers.
    public private(set) var entries: [Entry] = []
    /// Negative controls: correct settings that look suspicious.
    public private(set) var controls: [Workload] = []

    /// Reads `DIRECTORY/mutants` and `DIRECTORY/controls`.
    public init(workloads directory: String) throws(RunFailure) {
        let files = Self.files(in: "\(directory)/mutants")
        guard !files.isEmpty else {
            throw RunFailure(
                .usage, "there is no catalogue in \(directory)/mutants",
                advice: "run it in the repository's directory, or say where with --workloads")
        }
        for file in files { entries.append(try Self.entry(file)) }
        entries.sort { $0.mutant.id < $1.mutant.id }
        for (entry, next) in zip(entries, entries.dropFirst()) where entry.mutant == next.mutant {
            throw RunFailure(.malformed, "\(directory)/mutants has two files for \(entry.mutant.id)")
        }
        for file in Self.files(in: "\(directory)/controls") { controls.append(try loadWorkload(file)) }
    }

    /// The workload files of a directory, by name.
    static func files(in directory: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.hasSuffix(".yaml") }.sorted().map { "\(directory)/\($0)" }
    }

    /// The entry of a bug; `nil` if it is not in the catalogue.
    public subscript(mutant: Mutant) -> Entry? { entries.first { $0.mutant == mutant } }

    private static func entry(_ file: String) throws(RunFailure) -> Entry {
        let entry: MutantEntry
        let text = try readText(file)
        do throws(WorkloadError) {
            entry = try MutantEntry.load(text: text, file: file)
        } catch {
            throw RunFailure(.malformed, "\(error)")
        }
        let exposure = entry.exposure
        let place = "\(file):\(exposure.position.line)"
        guard let mutant = Mutant(exposure.mutant) else {
            throw RunFailure(.malformed, "\(place): there is no bug \(exposure.mutant)")
        }
        guard file.hasSuffix("/\(mutant.id).yaml") else {
            throw RunFailure(.malformed, "\(place): the file of \(mutant.id) is named \(mutant.id).yaml")
        }
        let workload =
            if let scenario = exposure.scenario {
                try loadWorkload(path(scenario, from: file))
            } else {
                try loadWorkload(file)
            }
        if let misfit = workload.misfit(exposure) { throw RunFailure(.malformed, "\(place): \(misfit)") }
        return Entry(mutant: mutant, exposure: exposure, workload: workload)
    }

    /// A path that is relative to a file, without `..` in it.
    private static func path(_ relative: String, from file: String) -> String {
        var parts = file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        for part in relative.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != "..", last != "" {
                parts.removeLast()
            } else {
                parts.append(part)
            }
        }
        return parts.joined(separator: "/")
    }
}
