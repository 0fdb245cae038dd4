/// A mapping that is being read: hands out members by name, and complains of those that nobody asked for.
struct Fields {
    let position: TextPosition
    /// What the mapping describes, such as `a fault`, for messages.
    let what: String
    let complaints: Complaints
    private let members: [(name: String, position: TextPosition, value: TextTree)]
    private var asked: [String] = []

    /// Complains and gives `nil` if the tree is no mapping.
    init?(_ tree: TextTree, _ what: String, _ complaints: Complaints) {
        guard case .map(let members) = tree.content else {
            complaints.add(
                tree.position, "\(what) is written as a mapping, such as {key: value}; this is \(tree.kind)")
            return nil
        }
        position = tree.position
        self.what = what
        self.complaints = complaints
        self.members = members
    }

    var names: [String] { members.map(\.name) }

    func has(_ name: String) -> Bool { members.contains { $0.name == name } }

    /// Where a member's name is; the mapping's own place if it is not there.
    func place(of name: String) -> TextPosition {
        members.first { $0.name == name }?.position ?? position
    }

    mutating func tree(_ name: String) -> TextTree? {
        asked.append(name)
        return members.first { $0.name == name }?.value
    }

    /// A member that has to be there.
    mutating func required(_ name: String) -> TextTree? {
        let tree = tree(name)
        if tree == nil { complaints.add(position, "\(what) needs \(name)") }
        return tree
    }

    /// Refuses a member with a reason of its own.
    mutating func refuse(_ name: String, _ reason: String) {
        guard has(name) else { return }
        asked.append(name)
        complaints.add(place(of: name), "\(name) \(reason)")
    }

    /// Complains of members that nobody asked for; `known` names others that could have been meant.
    func finish(known: [String] = []) {
        for member in members where !asked.contains(member.name) {
            complaints.add(
                member.position,
                "unknown key \(member.name) in \(what)" + Spelling.hint(for: member.name, among: asked + known))
        }
    }
}

extension Fields {
    /// The value of a member, read by `parse`; complains with `expected` if it does not understand it.
    mutating func value<T>(_ name: String, expected: String, _ parse: (String) -> T?) -> T? {
        guard let tree = tree(name) else { return nil }
        guard case .text(let text) = tree.content else {
            complaints.add(tree.position, "\(name) is \(expected); this is \(tree.kind)")
            return nil
        }
        guard let value = parse(text) else {
            complaints.add(tree.position, "\(name) is \(expected), and not \"\(text)\"")
            return nil
        }
        return value
    }

    mutating func text(_ name: String) -> String? {
        value(name, expected: "a text that is not empty") { $0.isEmpty ? nil : $0 }
    }

    mutating func number(_ name: String, in range: ClosedRange<Int>) -> Int? {
        value(name, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    mutating func flag(_ name: String) -> Bool? {
        value(name, expected: "true or false") { $0 == "true" ? true : $0 == "false" ? false : nil }
    }

    /// A duration that is longer than nothing, or also nothing where `zero` allows it.
    mutating func duration(_ name: String, zero: Bool = false) -> Duration? {
        value(name, expected: "a duration such as 500ms, 20s or 2min\(zero ? "" : ", longer than nothing")") {
            text in
            DurationText.parse(text).flatMap { $0 > .zero || zero ? $0 : nil }
        }
    }

    /// One of a fixed list of words.
    mutating func word<W: RawRepresentable & CaseIterable>(_ name: String, as: W.Type) -> W?
    where W.RawValue == String {
        guard case .text(let text)? = tree(name)?.content else { return mustBeWord(name, W.self) }
        guard let word = W(rawValue: text) else {
            let words = W.allCases.map(\.rawValue)
            complaints.add(
                tree(name)?.position ?? position,
                "\(name) is one of \(words.joined(separator: ", ")), and not \"\(text)\""
                    + Spelling.hint(for: text, among: words))
            return nil
        }
        return word
    }

    private mutating func mustBeWord<W: RawRepresentable & CaseIterable>(_ name: String, _: W.Type) -> W?
    where W.RawValue == String {
        let words = W.allCases.map(\.rawValue).joined(separator: ", ")
        if let tree = tree(name) {
            complaints.add(tree.position, "\(name) is one of \(words); this is \(tree.kind)")
        }
        return nil
    }
}
