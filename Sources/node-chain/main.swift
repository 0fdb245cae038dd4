import NodeRuntime

NodeProgram.run(ChainDesign.self)
