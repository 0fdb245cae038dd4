import NodeRuntime

NodeProgram.run(ArbiterDesign.self)
