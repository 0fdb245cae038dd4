import HistoryModel
import Workloads

extension SystemChoice {
    /// The options as systems read them: whole numbers as numbers, everything else as text.
    var optionValues: Value {
        .object(
            options.map { option in
                Value.Member(option.name, Int64(option.value).map(Value.int) ?? .string(option.value))
            })
    }
}
