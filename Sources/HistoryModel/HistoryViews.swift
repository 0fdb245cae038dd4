extension History {
    /// The operations of a history, made when they are asked for.
    public struct Operations: RandomAccessCollection, Sendable {
        let storage: HistoryStorage

        public var startIndex: Int { 0 }
        public var endIndex: Int { storage.columns.count }

        public subscript(ordinal: Int) -> Operation {
            precondition(ordinal >= 0 && ordinal < storage.columns.count, "the history has no such operation")
            return Operation(storage: storage, ordinal: ordinal)
        }
    }

    /// The events of a history, made when they are asked for.
    public struct Events: RandomAccessCollection, Sendable {
        let storage: HistoryStorage

        public var startIndex: Int { 0 }
        public var endIndex: Int { storage.lines.count }

        public subscript(position: Int) -> Event {
            let subject = storage.lines.subject[position]
            guard subject >= 0 else { return storage.nemesis[Int(~subject)] }
            return EventView(storage: storage, ordinal: Int(subject >> 1), isCompletion: subject & 1 == 1).event
        }
    }
}
