import Determinism
import HistoryModel

/// Small valid files of every format, and what becomes of them by damage.
struct Mutator {
    let files: [(format: HistoryFormat, bytes: [UInt8])]

    init(seed: UInt64, count: Int = 40) {
        var files: [(HistoryFormat, [UInt8])] = Self.samples.map { ($0.0, Array($0.1.utf8)) }
        for place in 0..<UInt64(count) {
            var random = SeededRandom(seed: seed &* 1000 &+ place)
            guard let history = try? History(RandomEvents(seed: seed &* 1000 &+ place, steps: 12).events) else {
                continue
            }
            files.append((.jsonl, WrittenFormat.jsonl.text(of: history)))
            files.append((.edn, WrittenFormat.edn.text(of: history)))
            files.append((.jepsenLog, Self.log(history)))
            files.append((.transactions, Self.transactions(&random)))
            files.append((.objectLog, Self.objectLog(&random)))
        }
        self.files = files
    }

    /// What the writers do not write.
    private static let samples: [(HistoryFormat, String)] = [
        (
            .edn,
            """
            ; a comment
            [#jepsen.history.Op{:index 0, :time 0, :type :invoke, :process 0, :f :txn, :value [[:r 1 nil] (:w "x" #{1 2})]}
             #_{:a #_ #_ b "c" d} {:type :ok :process 0 :f :txn :time 5 :value [[:r 1 [2.5M 7N 0x1F 1/2]] ##Inf \\a \\newline]
             :exception {:via [{:type java.lang.Exception, :at [a.b$c/d 1]}] [1 2] #inst "2020", :x #:n{:y -1e-3}}
             :error [:timeout "a\\n\\u00e9\\uD83D\\uDE00\\101"]}
             {:process :nemesis :type :info :f :start :time 6 :value {:n1 #{:n2}}}
             {:process 1 :type :invoke :f :read :time 7 :value #jepsen.independent/tuple [:k nil]}
             {:process 1 :type :info :f :read :time 7 :value :timed-out}]
            """
        ),
        (
            .edn,
            """
            {:process 0, :type :invoke, :f :read, :value [7 nil]}
            {:process 1, :type :invoke, :f :write, :value ["x" 5]}
            {:process 0, :type :ok, :f :read, :value [7 1]}
            {:process 1, :type :fail, :f :write, :value ["x" 5]}
            """
        ),
        (
            .jepsenLog,
            """
            2017-08-25 22:33:44,123{GMT}\tINFO\t[jepsen worker 1] jepsen.util: 1\t:invoke\t:cas\t[1 2]
            WARN  jepsen.util - Waiting for x
            INFO [2016-01-01] jepsen nemesis - jepsen.util :nemesis\t:info\t:start\t"Cut off {:n1 #{:n2}}"
            1\t:fail\t:cas\t[1 2]\t[:no "leader"]
            """
        ),
    ]

    private static func log(_ history: History) -> [UInt8] {
        history.events.flatMap { event in
            let process = event.process.client.map(String.init) ?? ":nemesis"
            let value = event.value.int.map(String.init) ?? (event.value.isNull ? "nil" : ":timed-out")
            return Array("INFO  jepsen.util - \(process)\t:\(event.type.rawValue)\t:\(event.f)\t\(value)\n".utf8)
        }
    }

    private static func transactions(_ random: inout SeededRandom) -> [UInt8] {
        var text = ""
        for _ in 0..<random.below(20) {
            text += random.choose(["r", "w"]) + " \(random.below(4)) \(random.below(3))\n"
            if random.chance(1, in: 3) { text += random.choose(["-----\n", "=====\n"]) }
        }
        return Array(text.utf8)
    }

    private static func objectLog(_ random: inout SeededRandom) -> [UInt8] {
        var text = "# " + random.choose(["queue", "stack", "set"]) + "\n"
        for _ in 0..<random.below(20) {
            let start = random.below(30)
            let method = random.choose([
                "enq", "deq", "push", "pop", "insert", "remove", "contains_true", "poll", "peek",
            ])
            text += "\(method) \(random.below(9) - 1) \(start) \(start + random.below(5))\n"
        }
        return Array(text.utf8)
    }
}

extension Mutator {
    /// Text that changes the meaning of what it is put into.
    private static let fragments = [
        "\"", "\\", "\\u00", "{", "}", "[", "]", "(", ")", "#{", "#_", "#", "##NaN", ";", ":", ",", "\n", "\r\n",
        "\t", " ",
        "0", "-", "9223372036854775808", "1e999", ".", "1/0", "nil", "null", "true", "\u{0}", "\u{FEFF}", "[[[[",
        "{\"a\":",
        "\"type\":\"ok\"", "\"time\":0,", "\"index\":1,", "\"process\":\"nemesis\"", ":type :ok ", ":time 0 ",
        ":index 1 ",
        ":process :nemesis ", ":process 0 ", ":value #jepsen.independent/tuple [1 2] ", "\t:ok\t:read\t1",
        "jepsen.util - 0",
        "-----\n", "=====\n", "# queue\n", "r 1 0\n", "enq 1 2 3\n",
    ].map { Array($0.utf8) }

    /// Brackets that open and are never closed, and forms that ask for another one.
    private static let openings = ["[", "{", "(", "#{", "#_", "#a ", "{\"a\":", "{:a ", "\"", "\\"].map {
        Array($0.utf8)
    }

    /// A file with up to four damages; once in a thousand times a very deep or a very long one.
    func file(_ random: inout SeededRandom) -> (format: HistoryFormat, bytes: [UInt8]) {
        var (format, bytes) = random.choose(files)
        for _ in 0..<random.below(5) { damage(&bytes, &random) }
        if random.chance(1, in: 1000) { inflate(&bytes, &random) }
        return (format, bytes)
    }

    private func damage(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        let place = random.below(bytes.count + 1)
        let end = min(bytes.count, place + random.below(8))
        switch random.below(8) {
        case 0: bytes.removeSubrange(place..<end)
        case 1: bytes.insert(contentsOf: random.choose(Self.fragments), at: place)
        case 2: bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count + 1))
        case 3: if place < bytes.count { bytes[place] ^= 1 << UInt8(random.below(8)) }
        case 4: if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: random.next()) }
        case 5: bytes.removeSubrange(place...)
        case 6: changeLines(&bytes, &random)
        default:
            let other = random.choose(files).bytes
            bytes.replaceSubrange(place..., with: other[random.below(other.count + 1)...])
        }
    }

    private func changeLines(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        let (one, other) = (random.below(lines.count), random.below(lines.count))
        if random.chance(1, in: 2) { lines.swapAt(one, other) } else { lines.insert(lines[one], at: other) }
        bytes = Array(lines.joined(separator: [0x0A]))
    }

    private func inflate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        let piece = random.chance(1, in: 2) ? random.choose(Self.openings) : random.choose(Self.fragments)
        let count = 1 << random.below(17)
        bytes.insert(contentsOf: repeatElement(piece, count: count).joined(), at: random.below(bytes.count + 1))
    }
}
