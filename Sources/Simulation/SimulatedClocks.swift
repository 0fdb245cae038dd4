import Faults
import NodeRuntime
import Replication

// The clocks of the hosts, which may lie.
extension SimulatedCluster {
    /// Makes the clocks of a node lie, or sets them right.
    func setClocks(of node: SimulatedNode, _ fault: ClockFault, isOn: Bool) {
        guard let setting = ClockSetting(isOn ? fault.setting : "system") else {
            preconditionFailure("no clock can be set to \(fault.setting)")
        }
        if fault.clock != .monotonic { node.wall.set(setting, at: Self.epoch + time.now) }
        if fault.clock != .wall { node.monotonic.set(setting, at: time.now) }
        // The alarm was set by another clock.
        node.alarm = .max
        deliver(.tick, to: node, life: node.life)
    }

    /// What the clocks of a node show, for the evidence of a fault.
    func clockWords(of node: SimulatedNode) -> String {
        let wall = node.wall.reading(at: Self.epoch + time.now) - Self.epoch - time.now
        let monotonic = node.monotonic.reading(at: time.now) - time.now
        return "wall clock \(node.wall.setting), \(wall) ns ahead; monotonic clock \(node.monotonic.setting), "
            + "\(monotonic) ns ahead"
    }

    /// Whether the clocks that a fault is about lie as it says, or not at all.
    func isSet(_ node: SimulatedNode, _ fault: ClockFault, isOn: Bool) -> Bool {
        let wanted = ClockSetting(isOn ? fault.setting : "system")
        return (fault.clock == .monotonic || node.wall.setting == wanted)
            && (fault.clock == .wall || node.monotonic.setting == wanted)
    }
}
