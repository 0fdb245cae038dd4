// Which leader may write a key, and how that changes.
//
// A move is a record of the leader that lets a key go, behind all that it wrote there: who has the record has those, too.
// So a key that is drained has one home at a time, while a move `now` takes it from a home that may still write.
extension MultiReplica {
    /// The data centre where a key is written.
    func home(of key: [UInt8]) -> String {
        if let move = store.homes[key] { return move.centre }
        switch configuration.home {
        case .table(let centre): return centre
        case .none, .hash:
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for byte in key { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
            return configuration.centres[Int(hash % UInt64(configuration.centres.count))].name
        }
    }

    mutating func rehome(_ key: [UInt8], to centre: String, drains: Bool) -> AdminOutcome {
        guard configuration.home != .none else { return .refused("without --home any leader writes any key") }
        guard joining == nil else { return .refused("\(name) is not ready yet") }
        guard configuration.isLeader else { return .refused("\(name) does not lead its data centre") }
        guard configuration.centre(named: centre) != nil else { return .refused("'\(centre)' is no data centre") }
        if !drains && !configuration.alwaysDrains || has(.rehomeNow) {
            move(key, to: centre)
        } else if home(of: key) == configuration.centre.name {
            letGo(key, to: centre)
        } else {
            wantedHomes[key] = centre
        }
        return .done
    }

    private mutating func move(_ key: [UInt8], to centre: String) {
        let number = (store.homes[key]?.number ?? 0) + 1
        write([.home(key: key, HomeMove(number: number, centre: centre))])
        record("rehome", nil, "\(String(decoding: key.prefix(64), as: UTF8.self)) to \(centre)")
    }

    /// The home lets a key go; others have no say.
    mutating func letGo(_ key: [UInt8], to centre: String) {
        guard joining == nil, configuration.isLeader, home(of: key) == configuration.centre.name,
            centre != configuration.centre.name, configuration.centre(named: centre) != nil
        else { return }
        move(key, to: centre)
    }

    /// Asks homes for keys that are wanted elsewhere, as often as it tells how far it is.
    mutating func askForHomes() {
        guard !wantedHomes.isEmpty, now >= nextHeartbeat else { return }
        for (key, centre) in wantedHomes.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            let home = home(of: key)
            guard home != centre, let leader = configuration.centre(named: home)?.leader, leader != name else {
                wantedHomes[key] = nil
                continue
            }
            effects.append(.send(to: leader, MultiMessage.askHome(key: key, centre: centre).encoded))
        }
    }
}
