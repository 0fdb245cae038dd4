public import ArgumentParser
public import HistoryModel
import RunStore
import Runner

struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Write a history in another format, for a second opinion.",
        discussion: """
            Elle and Knossos read the EDN. Knossos judges one object at a time and knows no keys: ask for each with \
            --key.
            """)

    @Argument(help: ArgumentHelp("A run's directory, or a history in any format.", valueName: "history"))
    var path: String

    @Option(help: "The format to write.")
    var to: WrittenFormat

    @Option(help: "The format of the history; without, it is told by its content.")
    var format: HistoryFormat?

    @Option(help: "Write the operations on this key alone, without it.")
    var key: String?

    @Option(help: ArgumentHelp("Where to write; without, to standard output.", valueName: "file"))
    var output: String?

    func run() throws {
        let run = try loadRun(path, format: format)
        for note in run.notes { standardError("note: \(note)") }
        let history = try key.map { try run.history.only(key: $0) } ?? run.history
        if let key, history.operations.isEmpty {
            let known = run.history.keys.prefix(10).joined(separator: ", ")
            throw RunFailure(.usage, "no operation is on the key \(key)", advice: "there are \(known)")
        }
        do throws(StoreError) {
            try ConvertedFile.write(history, as: to, to: output)
        } catch {
            throw RunFailure(.storage, "\(error)")
        }
    }
}

extension WrittenFormat: ExpressibleByArgument {}
