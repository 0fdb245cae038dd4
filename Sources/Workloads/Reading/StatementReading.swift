import Faults
import Generators
import HistoryModel

// What nodes compute for clients.
extension WorkloadReader {
    /// A write of what a function comes to, or of that and a number.
    func computedWrite(of key: String, _ value: String, _ position: TextPosition) -> PlannedOperation? {
        let words = value.split(separator: " ", omittingEmptySubsequences: false)
        let isFunction = ["RAND()", "NOW()", "UUID()", "SYSDATE()"].contains(words[0])
        guard isFunction, words.count == 1 || words.count == 3 && words[1] == "+" && Int64(words[2]) != nil else {
            complaints.add(
                position, "\(value) is none of RAND(), NOW(), UUID() and SYSDATE(), with or without + NUMBER")
            return nil
        }
        return PlannedOperation(f: "write", key: key, value: .string(value))
    }

    /// A statement whose answer tells which rows it wrote.
    func statement(_ tree: TextTree) -> PlannedOperation? {
        guard case .text(let text) = tree.content, text.hasPrefix("UPDATE ") || text.hasPrefix("INSERT ") else {
            complaints.add(
                tree.position, "a statement is an UPDATE or an INSERT; for others there are write, add and append")
            return nil
        }
        return PlannedOperation(f: "statement", value: .string(text))
    }
}
