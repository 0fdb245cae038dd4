/// Decimal numbers as bytes, without a `String` in between: this is on the path of every operation.
public enum RESPNumber {
    /// The most digits that a 64-bit number has.
    private static let maximumDigits = 19

    /// Reads `-?[0-9]+`; `nil` when it is anything else or does not fit in 64 bits.
    public static func parse(_ bytes: ArraySlice<UInt8>) -> Int64? {
        let isNegative = bytes.first == UInt8(ascii: "-")
        let digits = isNegative ? bytes.dropFirst() : bytes
        guard !digits.isEmpty, digits.count <= maximumDigits else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            // Summed towards the sign, so that the smallest number is read too.
            let digit = Int64(byte - UInt8(ascii: "0"))
            let (sum, carried) = product.addingReportingOverflow(isNegative ? -digit : digit)
            guard !overflowed, !carried else { return nil }
            value = sum
        }
        return value
    }

    /// Appends the number in decimal.
    public static func append(_ value: Int64, to bytes: inout [UInt8]) {
        guard value < 0 || value > 9 else { return bytes.append(UInt8(ascii: "0") + UInt8(value)) }
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        let start = bytes.count
        var rest = value.magnitude
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    /// How many bytes `append` writes.
    public static func width(_ value: Int64) -> Int {
        var width = value < 0 ? 2 : 1
        var rest = value.magnitude
        while rest > 9 {
            width += 1
            rest /= 10
        }
        return width
    }
}
