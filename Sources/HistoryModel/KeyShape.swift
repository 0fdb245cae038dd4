/// What a key holds, as far as reading it depends on that.
public enum KeyShape: String, Hashable, Sendable, CaseIterable {
    /// One value; also a counter, and a slot with its holder.
    case register
    /// A read returns the elements in any order.
    case set
    /// A read returns the elements in theirs.
    case list
    /// One of the accounts of a bank, which are read all at once.
    case account
}
