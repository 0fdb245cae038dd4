/// A history as a file has it, and how the file ended.
public struct LoadedHistory: Hashable, Sendable {
    public var history: History
    /// True if the last line was cut off when its writer was killed; it is left out.
    public var isTorn: Bool

    public init(history: History, isTorn: Bool = false) {
        self.history = history
        self.isTorn = isTorn
    }
}
