import ArgumentParser
import Certificates
import Checkers
import Foundation
import HistoryModel
import RunStore
import Runner

struct VerifyCertificateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-certificate",
        abstract: "Follow the orders of a certificate through a history, and trust no checker.",
        discussion: """
            A certificate is written by `inquest check --certificate FILE`; docs/certificates.md describes it. Exit codes: \
            0 it proves the history linearizable, 1 it does not, 64 usage, 65 one of the two is malformed.

              inquest check history.jsonl --certificate order.json
              inquest verify-certificate history.jsonl order.json
            """)

    @Argument(help: ArgumentHelp("A run's directory, or a history.", valueName: "history"))
    var history: String

    @Argument(help: ArgumentHelp("What `check --certificate` wrote.", valueName: "certificate"))
    var certificate: String

    @Option(help: "The format of a bare history file; without, it is told by its content.")
    var format: HistoryFormat?

    func run() throws {
        let bytes: [UInt8]
        do {
            bytes = [UInt8](try Data(contentsOf: URL(filePath: certificate)))
        } catch {
            throw RunFailure(.usage, "\(certificate) cannot be read: \(error.localizedDescription)")
        }
        let proof: Certificate
        do throws(MalformedCertificate) {
            proof = try Certificate(bytes)
        } catch {
            throw RunFailure(.malformed, "\(certificate) is no certificate: \(error)")
        }
        let run = try loadRun(history, format: format)
        if let flaw = proof.flaw(in: run.history) {
            standardOutput("this is no certificate of \(history): \(flaw)\n")
            throw ArgumentParser.ExitCode(RunStore.ExitCode.violation.rawValue)
        }
        let steps = proof.objects.reduce(0) { $0 + $1.order.count }
        let models = Set(proof.objects.map(\.model.rawValue)).sorted().joined(separator: ", ")
        standardOutput(
            "\(history) is linearizable: the certificate explains all answers on \(proof.objects.count) "
                + "\(proof.objects.count == 1 ? "object" : "objects") (\(models.isEmpty ? "none" : models)) "
                + "by \(steps) operations\n")
    }
}

extension Certificate {
    init(_ linearization: Linearization, _ history: History) {
        self.init(
            linearization.objects.map { object in
                guard let model = Model(rawValue: object.kind.rawValue) else {
                    preconditionFailure("certificates have no \(object.kind.rawValue)")
                }
                let steps = object.order.map { step in
                    Step(
                        history.operations[Int(step.ordinal)].index,
                        part: step.part < 0 ? Optional.none : Int(step.part))
                }
                return Object(object.key, model, steps)
            })
    }

    /// Writes what proves a valid verdict; says why there is nothing to write otherwise.
    static func write(_ verdicts: [Verdict], _ history: History, to path: String) throws {
        guard let verdict = verdicts.first(where: { $0.guarantee == .linearizable }) else {
            throw RunFailure(.usage, "--certificate needs linearizable among the guarantees that are checked")
        }
        guard let linearization = verdict.linearization else {
            let why =
                verdict.judgement == .valid
                ? "certificates have no form for drains, transactions that write, leases, deques, banks and locks without owner"
                : "linearizable is \(verdict.judgement.rawValue)"
            return standardError("no certificate was written: \(why)")
        }
        do {
            try Data(Certificate(linearization, history).bytes).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw RunFailure(.storage, "\(path) cannot be written: \(error.localizedDescription)")
        }
    }
}
