import Checkers

extension WorkloadReader {
    /// A file of the catalogue: a workload with `mutant`, or `mutant` alone with the scenario's file.
    mutating func entry(_ tree: TextTree) -> MutantEntry? {
        guard var fields = Fields(tree, "a file of the catalogue", complaints) else { return nil }
        guard fields.required("mutant") != nil else { return nil }
        guard let exposure = exposure(&fields) else { return nil }
        if exposure.scenario != nil {
            fields.finish()
            return MutantEntry(exposure: exposure)
        }
        guard let workload = workload(tree) else { return nil }
        if let misfit = workload.misfit(exposure) { complaints.add(exposure.position, misfit) }
        return MutantEntry(exposure: exposure, workload: workload)
    }

    /// `mutant: {id, flagged, events, seeds, option, scenario}`; `nil` if it is not there.
    func exposure(_ fields: inout Fields) -> MutantExposure? {
        guard let tree = fields.tree("mutant"), var inner = Fields(tree, "mutant", complaints) else { return nil }
        defer { inner.finish() }
        let id =
            inner.required("id") == nil
            ? nil
            : inner.value("id", expected: "the number of a bug, such as M46") { text in
                text.utf8.count == 3 && text.hasPrefix("M") && Int(text.dropFirst()) != nil ? text : nil
            }
        let flagged = words("flagged", &inner).compactMap { guarantee($0.text, $0.position) }
        let events = words("events", &inner).map(\.text)
        if !inner.has("flagged"), !inner.has("events") {
            complaints.add(tree.position, "mutant needs flagged: the guarantees that the bug must violate")
        }
        let seeds = inner.has("seeds") ? inner.number("seeds", in: 1...MutantExposure.seedLimit) : 1
        let option = inner.text("option") ?? "mutant"
        let scenario = inner.text("scenario")
        _ = inner.tree("seeds")
        guard let id, let seeds, !flagged.isEmpty || !events.isEmpty else { return nil }
        return MutantExposure(
            mutant: id, position: tree.position, flagged: flagged, events: events, seeds: seeds, option: option,
            scenario: scenario)
    }

    /// A list of words that may be left out.
    private func words(_ name: String, _ fields: inout Fields) -> [(text: String, position: TextPosition)] {
        guard let tree = fields.tree(name) else { return [] }
        guard case .list(let elements) = tree.content, !elements.isEmpty else {
            complaints.add(tree.position, "\(name) is a list of words such as [linearizable]; this is \(tree.kind)")
            return []
        }
        return elements.compactMap { element in
            guard case .text(let word) = element.content else {
                complaints.add(element.position, "\(name) is a list of words; this is \(element.kind)")
                return nil
            }
            return (word, element.position)
        }
    }
}
