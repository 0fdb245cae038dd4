package import Replication

/// Orders of operators in the words of `nodectl`.
package enum OrderWords {
    /// `nil` for words that are no order.
    package static func order(_ words: [String]) -> AdminOrder? { try? AdminWords.order(words) }
}
