import Checkers
import HistoryModel
import Testing

@testable import Reports

/// Violations of orders of operations as people read them.
@Suite struct OrderWordsTests {
    @Test(
        arguments: [
            (
                .weakCausal, "p0 w x 1 ok | p0 w y 2 ok | p1 r y 2 ok | p1 r x null ok",
                "Process 1 read nothing of key \"x\" without the write of 1, of which it knew: operation 0 came before "
                    + "operation 2 in one session; operation 4 read 2 of key \"y\", which operation 2 wrote; operation 4 "
                    + "came before operation 6 in one session."
            ),
            (
                .weakCausal, "p0 w x 1 ok | p0 w x 2 ok | p1 r x 2 ok | p1 r x 1 ok",
                "Process 1 read 1 of key \"x\", which the write of 2 had replaced, and it knew of that: operation 4 read 2 "
                    + "of key \"x\", which operation 2 wrote; operation 4 came before operation 6 in one session."
            ),
            (
                .weakCausal, "p0 r x 1 | p1 r y 2 | p0 ok 1 | p1 ok 2 | p0 w y 2 ok | p1 w x 1 ok",
                "What led to what goes in a circle: operation 0 came before operation 4 in one session; operation 1 read 2 "
                    + "of key \"y\", which operation 4 wrote; operation 1 came before operation 6 in one session; "
                    + "operation 0 read 1 of key \"x\", which operation 6 wrote."
            ),
            (
                .causal,
                "p0 w x 1 | p1 w x 2 | p0 ok 1 | p1 ok 2 | p0 r x 1 ok | p0 r x 2 ok | p1 r x 2 ok | p1 r x 1 ok",
                "No one order of all writes fits what was seen: operation 0, which wrote 1 to key \"x\", came before "
                    + "operation 1, because operation 6 came after it and read 2 from operation 1; operation 1, which "
                    + "wrote 2 to key \"x\", came before operation 0, because operation 10 came after it and read 1 from "
                    + "operation 0."
            ),
            (
                .sequential, "p0 w x 1 ok | p0 r y null ok | p1 w y 2 ok | p1 r x null ok",
                "No one order of all operations that keeps the order of each session explains what was read: operation 0 "
                    + "came before operation 2 in one session; operation 2 read nothing of key \"y\" and so came before "
                    + "operation 4, which wrote 2; operation 4 came before operation 6 in one session; operation 6 read "
                    + "nothing of key \"x\" and so came before operation 0, which wrote 1."
            ),
            (
                .consistentPrefix, "p0 a s 1 ok | p0 a s 2 ok | p1 r s [2] ok",
                "No one order of all writes explains what was read: operation 0 came before operation 2 in one session; "
                    + "operation 4 read 2 of key \"s\", which operation 2 wrote; operation 4 read key \"s\" without 1 and "
                    + "so came before operation 0, which added it."
            ),
            (
                .noLongFork, "p0 w x 1 ok | p1 w y 2 ok | p2 t x=1,y=null ok | p3 t x=null,y=2 ok",
                "Operation 4 and operation 6 saw writes in opposite orders (long fork): of what operation 0 and operation 2 "
                    + "wrote, each shows something that the other one misses."
            ),
        ] as [(Guarantee, String, String)])
    func `what no order explains is told link by link`(_ guarantee: Guarantee, _ line: String, _ text: String)
        throws
    {
        let history = try History(notation: line)
        let verdict = check(history, CheckOptions(guarantees: [guarantee]))[0]
        let anomaly = try #require(verdict.anomalies.first)
        #expect(AnomalyWords(anomaly, in: OperationIndex(history)).lead == text)
    }
}
