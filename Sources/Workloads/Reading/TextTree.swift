import Yams

/// A YAML document with the place of every part: what the rest of the reader knows of YAML.
struct TextTree {
    enum Content {
        /// A single value as it is spelled.
        case text(String)
        case list([TextTree])
        case map([(name: String, position: TextPosition, value: TextTree)])
    }

    var content: Content
    var position: TextPosition

    /// The most parts a file may have: aliases can make a small file huge.
    static let partLimit = 100_000
    static let byteLimit = 1_000_000

    /// What the content is, for messages.
    var kind: String {
        switch content {
        case .text: "a single value"
        case .list: "a list"
        case .map: "a mapping"
        }
    }
}

extension TextTree {
    /// Reads one document; syntax errors and repeated keys go to `complaints`.
    static func read(_ text: String, _ complaints: Complaints) -> TextTree? {
        guard text.utf8.count <= byteLimit else {
            complaints.add(TextPosition(line: 1, column: 1), "the file is larger than \(byteLimit) bytes")
            return nil
        }
        do {
            guard let node = try Yams.compose(yaml: text) else {
                complaints.add(TextPosition(line: 1, column: 1), "the file is empty")
                return nil
            }
            var parts = 0
            return convert(node, parts: &parts, complaints)
        } catch let error as YamlError {
            complaints.add(error)
            return nil
        } catch {
            complaints.add(TextPosition(line: 1, column: 1), "cannot be read as YAML: \(error)")
            return nil
        }
    }

    private static func convert(_ node: Node, parts: inout Int, _ complaints: Complaints) -> TextTree? {
        let position = TextPosition(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        parts += 1
        guard parts <= partLimit else {
            complaints.add(position, "the file has more than \(partLimit) parts")
            return nil
        }
        switch node {
        case .scalar(let scalar): return TextTree(content: .text(scalar.string), position: position)
        case .sequence(let sequence):
            let elements = sequence.compactMap { convert($0, parts: &parts, complaints) }
            return TextTree(content: .list(elements), position: position)
        case .mapping(let mapping):
            var members: [(name: String, position: TextPosition, value: TextTree)] = []
            for (key, value) in mapping {
                guard let name = key.scalar?.string, let tree = convert(value, parts: &parts, complaints)
                else { continue }
                let mark = TextPosition(line: key.mark?.line ?? 1, column: key.mark?.column ?? 1)
                members.append((name, mark, tree))
            }
            return TextTree(content: .map(members), position: position)
        case .alias:
            complaints.add(position, "aliases are not understood here: write the value out")
            return nil
        }
    }
}

/// Everything found wrong with a file so far.
final class Complaints {
    private let file: String
    private(set) var problems: [WorkloadError.Problem] = []

    init(file: String) {
        self.file = file
    }

    func add(_ position: TextPosition, _ message: String) {
        problems.append(WorkloadError.Problem(file: file, position: position, message: message))
    }

    fileprivate func add(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            add(TextPosition(line: mark.line, column: mark.column), "not YAML: \(problem)")
        case .duplicatedKeysInMapping(let names, let context):
            add(
                TextPosition(line: context.mark.line, column: context.mark.column),
                "\(names.joined(separator: ", ")) is given twice in this mapping")
        default:
            add(TextPosition(line: 1, column: 1), "not YAML: \(error)")
        }
    }

    /// Throws if anything was wrong.
    func check() throws(WorkloadError) {
        guard !problems.isEmpty else { return }
        throw WorkloadError(problems.sorted { $0.position < $1.position })
    }
}
