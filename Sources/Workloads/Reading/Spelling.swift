/// Guesses what a misspelled word was meant to be.
package enum Spelling {
    /// `; did you mean ...?`, or nothing if no word is near.
    package static func hint(for word: String, among words: [String]) -> String {
        let near = words.map { (word: $0, distance: distance(word, $0)) }
            .filter { $0.distance <= max(2, $0.word.count / 3) }
            .min { ($0.distance, $0.word) < ($1.distance, $1.word) }
        guard let near else {
            return words.isEmpty ? "" : " (known: \(Array(Set(words)).sorted().joined(separator: ", ")))"
        }
        return "; did you mean \(near.word)?"
    }

    /// How many letters have to be put in, taken out, changed or swapped with their neighbour.
    static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.utf8.prefix(64)), Array(right.utf8.prefix(64)))
        var rows = [Array(0...right.count)]
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                let change = rows[row][column] + (letter == other ? 0 : 1)
                var least = min(change, rows[row][column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == right[column - 1], other == left[row - 1] {
                    least = min(least, rows[row - 1][column - 1] + 1)
                }
                current.append(least)
            }
            rows.append(current)
        }
        return rows[left.count][right.count]
    }
}
