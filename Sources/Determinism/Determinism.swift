/// A seeded, splittable random source: every random choice of a run derives from one printed number.
///
/// The algorithm is SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
/// OOPSLA 2014). The same seed gives the same sequence on every platform and in every build.
public struct SeededRandom: RandomNumberGenerator, Sendable, Hashable {
    private var state: UInt64
    private let gamma: UInt64

    /// A source that starts from `seed`; any value is fine.
    public init(seed: UInt64) {
        self.init(state: seed, gamma: 0x9E37_79B9_7F4A_7C15)
    }

    private init(state: UInt64, gamma: UInt64) {
        self.state = state
        self.gamma = gamma
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        state &+= gamma
        return Self.mixed(state)
    }

    /// A source that is independent of this one from here on.
    public mutating func split() -> SeededRandom {
        let state = next()
        self.state &+= gamma
        return SeededRandom(state: state, gamma: Self.mixedGamma(self.state))
    }

    /// A source for a named part of a run: the same seed and name give the same source, whatever else was drawn.
    public static func named(_ name: String, seed: UInt64) -> SeededRandom {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
        return SeededRandom(seed: mixed(seed ^ hash))
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    private static func mixedGamma(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        z = (z ^ (z >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        z = (z ^ (z >> 33)) | 1
        return (z ^ (z >> 1)).nonzeroBitCount < 24 ? z ^ 0xAAAA_AAAA_AAAA_AAAA : z
    }
}

extension SeededRandom {
    /// A number from `0` up to but without `bound`, which must be positive.
    ///
    /// Spelled out rather than taken from the standard library, whose mapping from bits to a range may change.
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "the bound of a random choice must be positive")
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// True with probability `numerator / denominator`.
    public mutating func chance(_ numerator: Int, in denominator: Int) -> Bool {
        below(denominator) < numerator
    }

    /// One element of a collection that is not empty.
    public mutating func choose<C: RandomAccessCollection>(_ choices: C) -> C.Element
    where C.Index == Int {
        choices[choices.startIndex + below(choices.count)]
    }

    /// The elements in a random order (Fisher and Yates).
    public mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
        var result = elements
        for index in stride(from: result.count - 1, to: 0, by: -1) {
            result.swapAt(index, below(index + 1))
        }
        return result
    }
}
