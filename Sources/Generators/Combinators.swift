public import Determinism

/// Several generators side by side, chosen at random by weight.
public struct Mix: Generator {
    private var parts: [(weight: Int, generator: any Generator)]
    /// Which part gave a client the operation that it is busy with.
    private var given: [Int: Int] = [:]
    private var random: SeededRandom

    /// Weights must be positive.
    public init(_ parts: [(weight: Int, generator: any Generator)], random: SeededRandom) {
        precondition(!parts.isEmpty && parts.allSatisfy { $0.weight > 0 }, "weights must be positive")
        self.parts = parts
        self.random = random
    }

    /// Asks a part chosen by weight; where that has nothing, the others in a row.
    public mutating func next(_ context: GeneratorContext) -> Next {
        let first = chooseByWeight()
        var earliest: Int64?
        var isAwaiting = false
        for offset in parts.indices {
            let part = (first + offset) % parts.count
            switch parts[part].generator.next(context) {
            case .operation(let operation):
                given[context.client] = part
                return .operation(operation)
            case .pending(let time?): earliest = min(earliest ?? time, time)
            case .pending(nil): isAwaiting = true
            case .exhausted: continue
            }
        }
        // The next completion may come before any named time.
        if isAwaiting { return .pending(until: nil) }
        return earliest.map { .pending(until: $0) } ?? .exhausted
    }

    public mutating func update(_ completed: CompletedOperation) {
        guard let part = given.removeValue(forKey: completed.process % completed.clients) else { return }
        parts[part].generator.update(completed)
    }

    public var keys: [UsedKey] { parts.flatMap(\.generator.keys) }

    private mutating func chooseByWeight() -> Int {
        guard parts.count > 1 else { return 0 }
        var left = random.below(parts.reduce(0) { $0 + $1.weight })
        for (place, part) in parts.enumerated() {
            left -= part.weight
            if left < 0 { return place }
        }
        preconditionFailure("a number below the sum of the weights falls on one of them")
    }
}

/// At most so many operations of another generator.
public struct Limit: Generator {
    private var left: Int
    private var generator: any Generator

    public init(_ count: Int, _ generator: any Generator) {
        left = count
        self.generator = generator
    }

    public mutating func next(_ context: GeneratorContext) -> Next {
        guard left > 0 else { return .exhausted }
        let next = generator.next(context)
        if case .operation = next { left -= 1 }
        return next
    }

    public mutating func update(_ completed: CompletedOperation) { generator.update(completed) }

    public var keys: [UsedKey] { generator.keys }
}

/// Another generator until a time (nanoseconds from the start of the clients' work).
///
/// Who waits for a completion goes on waiting for that, and not for the end: it asks again, and is told when it is over.
public struct TimeLimit: Generator {
    private let end: Int64
    private var generator: any Generator

    public init(until end: Int64, _ generator: any Generator) {
        self.end = end
        self.generator = generator
    }

    public mutating func next(_ context: GeneratorContext) -> Next {
        guard context.time < end else { return .exhausted }
        let next = generator.next(context)
        guard case .pending(let time?) = next else { return next }
        return .pending(until: min(time, end))
    }

    public mutating func update(_ completed: CompletedOperation) { generator.update(completed) }

    public var keys: [UsedKey] { generator.keys }
}

/// Another generator, silent during some windows of time, so that everything under way can settle.
public struct Quiet: Generator {
    private let windows: [Range<Int64>]
    private var generator: any Generator

    /// Windows in nanoseconds from the start of the clients' work.
    public init(during windows: [Range<Int64>], _ generator: any Generator) {
        self.windows = windows
        self.generator = generator
    }

    public mutating func next(_ context: GeneratorContext) -> Next {
        if let window = windows.first(where: { $0.contains(context.time) }) {
            return .pending(until: window.upperBound)
        }
        return generator.next(context)
    }

    public mutating func update(_ completed: CompletedOperation) { generator.update(completed) }

    public var keys: [UsedKey] { generator.keys }
}

/// Another generator at a total rate over all processes, with gaps that vary at random.
///
/// A process that asks too early gets a moment of its own, so that waiting processes do not all wake at once.
/// Gaps are uniform between nothing and twice the mean. What a slow system missed is not made up for.
public struct Paced: Generator {
    private let meanGap: Int64
    private var following: Int64 = 0
    private var moments: [Int: Int64] = [:]
    private var generator: any Generator
    private var random: SeededRandom

    /// `perSecond` is the rate of all processes together, from 1 to 1,000,000.
    public init(perSecond: Int, _ generator: any Generator, random: SeededRandom) {
        precondition((1...1_000_000).contains(perSecond), "a rate is from 1 to 1,000,000 a second")
        meanGap = 1_000_000_000 / Int64(perSecond)
        self.generator = generator
        self.random = random
    }

    public mutating func next(_ context: GeneratorContext) -> Next {
        let moment = moments[context.client] ?? reserve(at: context.time)
        guard moment <= context.time else {
            moments[context.client] = moment
            return .pending(until: moment)
        }
        let next = generator.next(context)
        if case .operation = next {
            moments[context.client] = nil
        } else {
            moments[context.client] = moment
        }
        return next
    }

    private mutating func reserve(at time: Int64) -> Int64 {
        let moment = max(following, time)
        following = moment + Int64(random.below(Int(meanGap) * 2 + 1))
        return moment
    }

    public mutating func update(_ completed: CompletedOperation) { generator.update(completed) }

    public var keys: [UsedKey] { generator.keys }
}
