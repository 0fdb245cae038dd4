/// The lines of a text in memory, which outlives this; hence `@safe`.
@safe
struct TextLines {
    /// The line, without its line break.
    private(set) var line: UnsafeBufferPointer<UInt8>
    /// Its number, from 1.
    private(set) var number = 0
    /// Whether a line break ends it.
    private(set) var hasBreak = true
    private var rest: UnsafeBufferPointer<UInt8>

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        unsafe rest = bytes
        unsafe line = UnsafeBufferPointer(rebasing: bytes[..<0])
    }

    /// Moves to the next line; false behind the last. What follows the last line break is a line unless it is empty.
    mutating func next() -> Bool {
        guard unsafe !rest.isEmpty else { return false }
        number += 1
        let place = unsafe rest.firstIndex(of: 0x0A)
        hasBreak = place != nil
        let end = unsafe place ?? rest.count
        unsafe line = UnsafeBufferPointer(rebasing: rest[..<end])
        unsafe rest = UnsafeBufferPointer(rebasing: rest[(hasBreak ? end + 1 : end)...])
        return true
    }
}
