import HistoryModel

/// What was appended to a string object or written to it.
struct ObjectTexts {
    /// Takes strings apart; `nil` for other kinds, and where that is ambiguous.
    var lists: TextLists?
    /// True if some write writes the empty string.
    private(set) var writesEmpty = false

    init() {}

    init(
        _ entries: ArraySlice<Int32>, _ object: KeyedObject, _ objects: HistoryObjects,
        _ numbers: inout ValueNumbers
    ) {
        guard object.use.contains(.isKeyValue) || object.kind == .text else { return }
        let values = objects.history.values
        let empty = values.ref(of: "")
        var known: Set<ValueRef> = []
        var texts: [TextLists.Text] = []
        for ordinal in entries.map(Int.init) where ordinal >= 0 && objects.history.columns.outcome[ordinal] != .fail
        {
            let function = objects.function(ordinal)
            guard function == .append || function == .write else { continue }
            let argument = objects.history.columns.argument[ordinal]
            if argument == empty { writesEmpty = true }
            guard object.kind == .text, known.insert(argument).inserted else { continue }
            guard let text = values.string(argument) else { return }
            texts.append(TextLists.Text(bytes: Array(text.utf8), number: numbers.number(argument)))
        }
        if object.kind == .text { lists = TextLists(texts) }
    }
}
