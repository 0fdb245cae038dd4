/// Why a run's file could not be written or read.
public struct StoreError: Error, Hashable, Sendable {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        case cannotCreate = "cannot-create"
        case cannotWrite = "cannot-write"
        case cannotRead = "cannot-read"
        /// The bytes are there and are not what the file should hold.
        case malformed
    }

    public var code: Code
    /// The file or directory it is about.
    public var path: String
    /// What the system or the decoder said.
    public var detail: String

    public init(_ code: Code, path: String, _ detail: String) {
        self.code = code
        self.path = path
        self.detail = detail
    }
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        switch code {
        case .cannotCreate: "cannot create \(path): \(detail)"
        case .cannotWrite: "cannot write \(path): \(detail); free space there, or choose another place with --out"
        case .cannotRead: "cannot read \(path): \(detail)"
        case .malformed: "\(path) is malformed: \(detail)"
        }
    }
}
