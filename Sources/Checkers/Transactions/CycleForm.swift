extension DependencyCycle {
    /// What kind of anomaly it is (Adya 1999; Kingsbury and Alvaro 2020), judged by the strongest edges it needs.
    var form: Anomaly.Kind {
        let kinds = links.map(\.kind)
        guard !kinds.contains(.commit) else { return .commitOrderCycle }
        let forms = Self.forms[shape(kinds)]
        return kinds.contains(.realTime) ? forms.realTime : kinds.contains(.session) ? forms.process : forms.plain
    }

    /// A position in `forms`.
    private func shape(_ kinds: [EdgeKind]) -> Int {
        switch kinds.count(where: { $0 == .rw }) {
        case 0: return kinds.contains(.wr) ? 1 : 0
        case 1: return 2
        default:
            let isAdjacent = kinds.indices.contains { kinds[$0] == .rw && kinds[($0 + 1) % kinds.count] == .rw }
            return isAdjacent ? 4 : 3
        }
    }

    private static let forms: [(plain: Anomaly.Kind, process: Anomaly.Kind, realTime: Anomaly.Kind)] = [
        (.writeCycle, .writeCycleProcess, .writeCycleRealTime),
        (.circularInformation, .circularInformationProcess, .circularInformationRealTime),
        (.singleAntiDependency, .singleAntiDependencyProcess, .singleAntiDependencyRealTime),
        (
            .nonadjacentAntiDependencies, .nonadjacentAntiDependenciesProcess,
            .nonadjacentAntiDependenciesRealTime
        ),
        (.antiDependencyCycle, .antiDependencyCycleProcess, .antiDependencyCycleRealTime),
    ]
}
