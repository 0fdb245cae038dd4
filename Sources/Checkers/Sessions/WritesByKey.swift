/// The versions of each register in the order of their rows, so that those of one session are neighbours.
struct WritesByKey {
    private let table: AccessTable
    /// By key: where its versions begin in `versions`; one entry more than there are keys.
    private let first: [Int32]
    /// Versions, by key, session and program order.
    private let versions: [Int32]
    /// By key: where its sessions begin in `starts`; one entry more than there are keys.
    private var firstStart: [Int32] = [0]
    /// Where the versions of a session begin in `versions`.
    private var starts: [Int32] = []

    init(_ table: AccessTable) {
        self.table = table
        let initial = table.keys.count
        // Versions by row first: a bucket for each session keeps the order of invocations, which is that of rows.
        var count = [Int32](repeating: 0, count: table.sessionCount + 1)
        for version in initial..<table.versionCount { count[Int(table.owner[Int(table.writer[version])]) + 1] += 1 }
        for session in 0..<table.sessionCount { count[session + 1] += count[session] }
        var byRow = [Int32](repeating: 0, count: table.versionCount - initial)
        for version in initial..<table.versionCount {
            let session = Int(table.owner[Int(table.writer[version])])
            byRow[Int(count[session])] = Int32(version)
            count[session] += 1
        }
        var first = [Int32](repeating: 0, count: initial + 1)
        for version in byRow { first[Int(table.versionKey[Int(version)]) + 1] += 1 }
        for key in 0..<initial { first[key + 1] += first[key] }
        var place = first
        var versions = byRow
        for version in byRow {
            let key = Int(table.versionKey[Int(version)])
            versions[Int(place[key])] = version
            place[key] += 1
        }
        self.first = first
        self.versions = versions
        for key in 0..<initial {
            var owner: Int32 = -1
            for place in range(key) where table.owner[row(place)] != owner {
                owner = table.owner[row(place)]
                starts.append(Int32(place))
            }
            firstStart.append(Int32(starts.count))
        }
    }

    /// The places of a key's versions.
    func range(_ key: Int) -> Range<Int> { Int(first[key])..<Int(first[key + 1]) }

    func version(_ place: Int) -> Int32 { versions[place] }

    /// The row that wrote the version at a place.
    func row(_ place: Int) -> Int { Int(table.writer[Int(versions[place])]) }

    /// By session that writes a key: the places of its versions.
    func groups(_ key: Int) -> [Range<Int>] {
        let starts = starts[Int(firstStart[key])..<Int(firstStart[key + 1])]
        return starts.indices.map { index in
            Int(starts[index])..<(index + 1 < starts.endIndex ? Int(starts[index + 1]) : range(key).upperBound)
        }
    }

    /// The last place within a group whose row is not after the given one.
    func last(_ group: Range<Int>, upTo row: Int) -> Int? {
        var low = group.lowerBound
        var high = group.upperBound
        while low < high {
            let middle = (low + high) / 2
            if self.row(middle) > row { high = middle } else { low = middle + 1 }
        }
        return low > group.lowerBound ? low - 1 : nil
    }

    /// By place: the place of the highest rank up to there in its group.
    func highest(_ ranks: VersionRanks) -> [Int32] {
        var highest = versions.indices.map(Int32.init)
        for place in highest.indices.dropFirst() where !isFirst(place) {
            let before = Int(highest[place - 1])
            if ranks.rank[Int(versions[before])] > ranks.rank[Int(versions[place])] {
                highest[place] = Int32(before)
            }
        }
        return highest
    }

    /// True if a version is the first that its session wrote of its key.
    private func isFirst(_ place: Int) -> Bool {
        table.versionKey[Int(versions[place])] != table.versionKey[Int(versions[place - 1])]
            || table.owner[row(place)] != table.owner[row(place - 1)]
    }
}
