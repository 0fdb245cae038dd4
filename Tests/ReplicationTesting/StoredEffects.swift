public import Replication

extension StoredState {
    /// What an effect on the disk leaves there, once it is durable; others leave nothing.
    public mutating func take(_ effect: ReplicaEffect) {
        switch effect {
        case .append(let record): records.append(record)
        case .cutLog(let lsn): records.removeAll { $0.lsn > lsn }
        case .dropLog(let lsn): records.removeAll { $0.lsn <= lsn }
        case .saveState(let bytes, _): state = bytes
        case .saveSnapshot(let saved): snapshot = saved
        case .installSnapshot(let saved):
            snapshot = saved
            records = []
        default: break
        }
    }
}
