/// An operator's order; a member refuses what its design does not have.
public enum AdminOrder: Hashable, Sendable {
    case gate(String, isClosed: Bool)
    case delay(String, DelayRange?)
    case promote
    /// Lead no longer.
    case demote
    /// Have the others take this member in and bring it up.
    case join
    /// Follow that member from now on.
    case follow(NodeName)
    case snapshot
    /// What happens at a named place in the code from now on; `nil` clears it.
    case failpoint(String, FailpointAction?)
    case member(MembershipChange)
    /// The set of followers whose word a write waits for.
    case syncSet([NodeName])
    /// Make that data centre the home of a key, after all that is under way has arrived, or now.
    case rehome(key: [UInt8], to: String, drains: Bool)
    /// Compare with the others and send what they lack.
    case repair
    case offline
    case online
    /// A device: exchange with the server what both have.
    case sync
}

public enum MembershipChange: Hashable, Sendable {
    case add(NodeName)
    case remove(NodeName)
}

/// What happens where a failpoint stands.
public enum FailpointAction: Hashable, Sendable {
    /// The process ends there.
    case crash
    /// What should follow waits until the failpoint is cleared.
    case pause
}

public enum AdminOutcome: Hashable, Sendable {
    case done
    case refused(String)
}
