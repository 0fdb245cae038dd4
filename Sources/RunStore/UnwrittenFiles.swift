extension StoredRun {
    /// Notes files of the run that could not be written, and decides the exit code again.
    ///
    /// They are problems of the run like any other: no verdict changes, and no violation is hidden by a full disk.
    public mutating func note(unwritten errors: [StoreError]) {
        guard !errors.isEmpty else { return }
        var status = record?.status ?? RunStatus(.completed)
        status.problems += errors.map { Problem(.harnessError, "\($0)") }
        record?.status = status
        guard let judged = verdicts else { return }
        verdicts = VerdictFile(
            verdicts: judged.verdicts, expectations: judged.expectations, status: status, faults: faults)
    }
}
