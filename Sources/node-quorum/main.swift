import NodeRuntime

NodeProgram.run(QuorumDesign.self)
