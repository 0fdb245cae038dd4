/// A history as a file has it, and what there is to say of the file.
public struct LoadedHistory: Hashable, Sendable {
    public var history: History
    /// True if the last line was cut off when its writer was killed; it is left out.
    public var isTorn: Bool
    /// What the reader had to suppose, or to leave out, in sentences without a full stop.
    public var notes: [String]

    public init(history: History, isTorn: Bool = false, notes: [String] = []) {
        self.history = history
        self.isTorn = isTorn
        self.notes = notes
    }
}
