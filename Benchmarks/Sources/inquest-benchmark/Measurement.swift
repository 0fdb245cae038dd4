import Glibc

/// What one benchmark took, on one thread.
struct Measurement {
    /// CPU time in milliseconds.
    var parse: Double
    var check: Double
    /// The most memory that the process held, in MB, its input and the parsed history included.
    var peak: Double
    /// Bytes of the input.
    var bytes: Int
    var operations: Int
    /// What the checkers said.
    var verdicts: String
}

/// CPU time of this thread, in milliseconds.
func cpuTime() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
}

/// The largest resident size of this process so far, in MB.
func peakMemory() -> Double {
    var usage = rusage()
    unsafe getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_maxrss) / 1024
}
