// A state as pages: what a physical log holds. A page has all rows whose keys hash to its number, in the order of keys.
//
// Rows are written without their versions: the version of a row is the entry that changed it, and whoever puts a page
// in its place sees which rows differ.

/// How rows lie in a page; software of another version lays them out otherwise.
public enum PageLayout: UInt8, Hashable, Sendable, CaseIterable {
    case keyFirst = 1
    case valueFirst = 2
}

/// The content of one page.
public struct PageImage: Hashable, Sendable {
    public var number: UInt64
    public var layout: PageLayout
    public var bytes: [UInt8]

    public init(number: UInt64, layout: PageLayout, bytes: [UInt8]) {
        self.number = number
        self.layout = layout
        self.bytes = bytes
    }
}

extension PageImage {
    static let pageCount: UInt64 = 4096

    static func number(of key: [UInt8]) -> UInt64 { hash(of: key) % pageCount }

    /// FNV-1a.
    static func hash(of key: [UInt8]) -> UInt64 {
        key.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    init(number: UInt64, layout: PageLayout, rows: [StoredRow]) {
        var writer = ByteWriter()
        writer.number(UInt64(rows.count))
        for row in rows {
            if layout == .keyFirst { writer.counted(row.key) }
            writer.value(row.value)
            if layout == .valueFirst { writer.counted(row.key) }
        }
        self.init(number: number, layout: layout, bytes: writer.bytes)
    }

    /// The rows in it as software that knows this layout reads them, whatever layout they were written in.
    func rows(as layout: PageLayout) throws(DecodingFailure) -> [(key: [UInt8], value: StoredValue)] {
        var reader = ByteReader(bytes)
        var rows: [(key: [UInt8], value: StoredValue)] = []
        for _ in 0..<(try reader.count()) {
            let before = layout == .keyFirst ? try reader.counted() : []
            let value = try reader.value()
            rows.append((layout == .keyFirst ? before : try reader.counted(), value))
        }
        try reader.finish()
        return rows
    }
}

extension Store {
    /// The pages that a change touches, as they are after it.
    func pages(after change: Change, layout: PageLayout) -> [PageImage] {
        let changed = change.keys
        return Set(changed.map { PageImage.number(of: $0) }).sorted().map { number in
            let keys = keysOfPage(number) + changed.filter { PageImage.number(of: $0) == number }
            var after = excerpt(keys)
            after.apply(change, only: { PageImage.number(of: $0) == number })
            return PageImage(number: number, layout: layout, rows: after.rows)
        }
    }

    private mutating func apply(_ change: Change, only isWanted: ([UInt8]) -> Bool) {
        switch change {
        case .batch(let changes): changes.forEach { apply($0, only: isWanted) }
        default: if change.keys.allSatisfy(isWanted) { apply(change) }
        }
    }

    /// Puts a page in the place of the one that is there; a row that stays as it was keeps its version.
    mutating func apply(_ page: PageImage) {
        // What cannot be read is left as it is: only software that takes another layout for its own gets here.
        guard let rows = try? page.rows(as: pageLayout ?? page.layout) else { return }
        let kept = Set(rows.map(\.key))
        for key in keysOfPage(page.number) where !kept.contains(key) { apply(.delete(key: key)) }
        for (key, value) in rows where row(key)?.value != value {
            apply(.delete(key: key))
            load(StoredRow(key: key, value: value, version: position))
        }
    }
}
