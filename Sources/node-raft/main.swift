import NodeRuntime

NodeProgram.run(RaftDesign.self)
