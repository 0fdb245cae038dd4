// Public face of RunStore: what a run leaves on disk, and reading it back.
//
// A run writes through `RunDirectory` (`HistoryWriter`, `FaultsWriter`, `RunRecord`, `VerdictFile`); everything that
// looks at a run afterwards starts from `StoredRun.load`. `ExitDecision` turns what is known into the exit code.
