@testable import HistoryModel
import Testing

@Suite("Values as references")
struct ValueStoreTests {
    /// Scalars of every kind and length, enough of them to make the tables grow.
    private static let scalars: [Value] =
        [.null, true, false] + RandomEvents.edges.map { .int($0) } + (0..<3000).map { .int($0 * 1_000_003) }
        + (0..<3000).map { .double(Double($0) / 7) }
        + (0..<3000).map { .digits("\($0 % 2 == 0 ? "" : "-")9223372036854\(775_810 + $0)") }
        + (0..<3000).map { .string(String(repeating: "ab", count: $0 % 23) + "\($0)") }
        + (0..<40).map { .string(String(repeating: "x", count: $0)) }

    @Test("equal scalars have equal references, others have not")
    func scalars() throws {
        var builder = HistoryBuilder()
        var refs: [Value: ValueRef] = [:]
        for value in Self.scalars { refs[value] = try builder.value(value) }
        #expect(Set(refs.values).count == refs.count)
        for value in Self.scalars {
            #expect(try builder.value(value) == refs[value])
            #expect(refs[value].map { builder.value(of: $0) } == value)
        }
        let store = builder.finish().values
        for (value, ref) in refs {
            #expect(store.ref(of: value) == ref)
            #expect(store.int(ref) == value.int)
            #expect(store.string(ref) == value.string)
            #expect(store.bool(ref) == value.bool)
            #expect(ref.isNull == value.isNull)
            #expect(ref.isScalar && !ref.isList && !ref.isObject)
            #expect(ref.isString == (value.string != nil))
        }
        #expect(store.ref(of: "nowhere") == nil)
        #expect(store.ref(of: .int(.max - 1)) == nil)
    }

    @Test("more functions than numbers for them are an error")
    func tooMany() throws {
        var builder = HistoryBuilder()
        for number in 0..<1 << 16 { _ = try builder.function("f\(number)") }
        #expect(try builder.function("f65535").number == .max)
        do throws(HistoryError) {
            _ = try builder.function("one more")
            Issue.record("there is no number left")
        } catch {
            #expect(error.code == .tooLarge)
        }
    }

    @Test("both zeros are one value")
    func zeros() throws {
        var builder = HistoryBuilder()
        #expect(try builder.value(.double(-0.0)) == builder.value(.double(0.0)))
        #expect(try builder.value(.double(0.0)) != builder.value(.int(0)))
    }

    @Test("lists and objects are compared by what they hold")
    func composites() throws {
        let values: [Value] = [
            [], [1], [1, 2], [[1], 2], [[1], [2]], [:], ["a": 1], ["a": [1]], ["b": 1], ["a": 1, "b": 2], 1, nil,
            .list([7] + (0..<1000).map { .int($0) } + [.list((0..<3000).map { .int($0) })]),
        ]
        var builder = HistoryBuilder()
        let refs = try values.map { value throws(HistoryError) in try builder.value(value) }
        let others = try values.map { value throws(HistoryError) in try builder.value(value) }
        let store = builder.finish().values
        for (left, first) in zip(values, refs) {
            #expect(store.value(first) == left)
            #expect(store.elements(first)?.map { store.value($0) } == left.list)
            #expect(store.member("a", of: first).map { store.value($0) } == left["a"])
            for (right, second) in zip(values, others) {
                #expect(store.areEqual(first, second) == (left == right), "\(left) \(right)")
            }
        }
    }

    @Test("strings with the same hash are told apart")
    func collisions() throws {
        var first: [UInt32: String] = [:]
        var table = InternTable()
        var pairs = 0
        for number in 10_000_000..<10_110_000 {
            var text = String(number)
            let hash = text.withUTF8 { utf8 in
                unsafe utf8.baseAddress.map { unsafe ByteWords.hash($0, count: utf8.count) } ?? 0
            }
            guard let other = first.updateValue(text, forKey: hash) else { continue }
            pairs += 1
            let (one, two) = (try table.number(other, limit: .max), try table.number(text, limit: .max))
            #expect(table[one] == other && table[two] == text && table.find(text) == two)
        }
        #expect(pairs > 0)
    }

    @Test("bytes are the same only if every byte is", arguments: 0...40)
    func bytes(count: Int) {
        let bytes = (0..<count).map { UInt8($0) }
        func isSame(_ other: [UInt8]) -> Bool {
            unsafe bytes.withUnsafeBytes { mine in
                unsafe other.withUnsafeBytes { other in
                    guard let mine = mine.baseAddress, let other = other.baseAddress else { return true }
                    return unsafe ByteWords.areEqual(mine, other, count: count)
                }
            }
        }
        #expect(isSame(bytes))
        for place in 0..<count {
            var other = bytes
            other[place] ^= 0x40
            #expect(!isSame(other))
        }
    }
}
