import Generators
import HistoryModel
import Testing

@Suite struct SparseTests {
    private func numbers(_ kept: [Int], of count: Int) -> [Int64] {
        let list = OperationList(
            (1...count).map { PlannedOperation(f: "write", key: "x", value: .int(Int64($0))) })
        var sparse = Sparse(kept, list)
        var found: [Int64] = []
        while case .operation(let operation) = sparse.next(GeneratorContext(time: 0, process: 0, clients: 1)) {
            found.append(operation.value.int ?? 0)
        }
        return found
    }

    @Test func `only the operations that are kept are handed on, in order`() {
        #expect(numbers([2, 3, 7], of: 9) == [2, 3, 7])
        #expect(numbers([1], of: 9) == [1])
        #expect(numbers([], of: 9) == [])
        #expect(numbers([5, 50], of: 9) == [5])
    }
}
