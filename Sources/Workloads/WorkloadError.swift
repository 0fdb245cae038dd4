/// A place in a workload file; lines and columns count from 1.
public struct TextPosition: Hashable, Sendable, Comparable {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public static func < (left: TextPosition, right: TextPosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// Why a workload file is refused: everything that is wrong with it, in the order of the file.
public struct WorkloadError: Error, Hashable, Sendable {
    /// One thing that is wrong.
    public struct Problem: Hashable, Sendable {
        public var file: String
        public var position: TextPosition
        /// What is wrong, and what would be right.
        public var message: String

        public init(file: String, position: TextPosition, message: String) {
            self.file = file
            self.position = position
            self.message = message
        }
    }

    /// Never empty.
    public var problems: [Problem]

    public init(_ problems: [Problem]) {
        self.problems = problems
    }
}

extension WorkloadError.Problem: CustomStringConvertible {
    /// `file:line:column: message`, which editors understand.
    public var description: String { "\(file):\(position.line):\(position.column): \(message)" }
}

extension WorkloadError: CustomStringConvertible {
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
