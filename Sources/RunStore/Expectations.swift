public import Checkers

/// What the workload says should come out for a guarantee.
public enum Expectation: String, Hashable, Sendable, Codable, CaseIterable {
    case valid
    case invalid
    /// Either, as long as there is an answer.
    case any
}

/// The expectation of each guarantee; those that are not named are expected to be valid.
public struct Expectations: Hashable, Sendable {
    /// What was said, without the default.
    public var stated: [Guarantee: Expectation]

    public init(_ stated: [Guarantee: Expectation] = [:]) {
        self.stated = stated
    }

    /// What is expected of a guarantee.
    public subscript(guarantee: Guarantee) -> Expectation {
        get { stated[guarantee] ?? .valid }
        set { stated[guarantee] = newValue }
    }
}

/// Written as an object from the guarantee's name to the expectation.
extension Expectations: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        stated = [:]
        for (name, expectation) in try container.decode([String: Expectation].self) {
            guard let guarantee = Guarantee(rawValue: name) else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "'\(name)' is no guarantee")
            }
            stated[guarantee] = expectation
        }
    }

    public func encode(to encoder: any Encoder) throws {
        let pairs = stated.map { ($0.key.rawValue, $0.value) }
        var container = encoder.singleValueContainer()
        try container.encode(Dictionary(uniqueKeysWithValues: pairs))
    }
}
