import NodeRuntime

NodeProgram.run(MultiDesign.self)
