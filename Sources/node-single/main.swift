import NodeRuntime

NodeProgram.run(SingleLeaderDesign.self)
