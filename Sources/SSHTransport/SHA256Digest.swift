import Glibc

/// SHA-256 (FIPS 180-4), for content addresses, transfers and host key fingerprints.
public struct SHA256Digest {
    private var state: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    private var schedule = [UInt32](repeating: 0, count: 64)
    private var partial: [UInt8] = []
    private var length: UInt64 = 0

    public init() {}

    /// The digest of `bytes` in lower-case hexadecimal.
    public static func hex(of bytes: [UInt8]) -> String {
        var digest = SHA256Digest()
        digest.update(bytes)
        return digest.hex()
    }

    /// The digest of a file in lower-case hexadecimal, read 64 KiB at a time. Blocks on the disk.
    public static func hex(ofFile path: String) throws(SSHError) -> String {
        do {
            let file = try Descriptor(opening: path, flags: O_RDONLY | O_CLOEXEC)
            var digest = SHA256Digest()
            while true {
                let piece = try file.piece(atMost: 65536)
                if piece.isEmpty { return digest.hex() }
                digest.update(piece)
            }
        } catch {
            throw SSHError(.localFile, host: "this machine", operation: "digest of \(path)", detail: error.text)
        }
    }

    public mutating func update(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe update($0) }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        length += UInt64(bytes.count)
        var rest = unsafe bytes
        if !partial.isEmpty {
            let taken = min(64 - partial.count, bytes.count)
            unsafe partial.append(contentsOf: rest[..<taken])
            unsafe rest = unsafe UnsafeRawBufferPointer(rebasing: rest[taken...])
            guard partial.count == 64 else { return }
            let block = partial
            unsafe block.withUnsafeBytes { unsafe compress($0) }
            partial.removeAll(keepingCapacity: true)
        }
        let whole = rest.count / 64 * 64
        unsafe compress(UnsafeRawBufferPointer(rebasing: rest[..<whole]))
        unsafe partial.append(contentsOf: rest[whole...])
    }

    /// Ends the message and gives the digest's 32 bytes.
    public consuming func bytes() -> [UInt8] {
        let bits = length &* 8
        let padding = (119 - Int(length % 64)) % 64 + 1
        update([0x80] + [UInt8](repeating: 0, count: padding - 1))
        update((0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * $0)) })
        return state.flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
        }
    }

    /// Ends the message and gives the digest in lower-case hexadecimal.
    public consuming func hex() -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = bytes().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    /// Digests whole blocks of 64 bytes.
    ///
    /// Written flat, without helpers and with pointers, because debug builds inline nothing: this keeps
    /// a debug build at tens of megabytes a second.
    private mutating func compress(_ blocks: UnsafeRawBufferPointer) {
        unsafe state.withUnsafeMutableBufferPointer { state in
            unsafe schedule.withUnsafeMutableBufferPointer { schedule in
                unsafe Self.constants.withUnsafeBufferPointer { constants in
                    guard let base = blocks.baseAddress, let h = state.baseAddress,
                        let w = schedule.baseAddress, let k = constants.baseAddress
                    else { return }
                    var offset = 0
                    while offset < blocks.count {
                        unsafe Self.compress(base + offset, h, w, k)
                        offset = offset &+ 64
                    }
                }
            }
        }
    }

    private static func compress(
        _ block: UnsafeRawPointer, _ h: UnsafeMutablePointer<UInt32>, _ w: UnsafeMutablePointer<UInt32>,
        _ k: UnsafePointer<UInt32>
    ) {
        var i = 0
        while i < 16 {
            unsafe w[i] = unsafe block.loadUnaligned(fromByteOffset: i &* 4, as: UInt32.self).byteSwapped
            i = i &+ 1
        }
        while i < 64 {
            let x = unsafe w[i &- 15]
            let y = unsafe w[i &- 2]
            let s0 = ((x &>> 7) | (x &<< 25)) ^ ((x &>> 18) | (x &<< 14)) ^ (x &>> 3)
            let s1 = ((y &>> 17) | (y &<< 15)) ^ ((y &>> 19) | (y &<< 13)) ^ (y &>> 10)
            unsafe w[i] = unsafe w[i &- 16] &+ s0 &+ w[i &- 7] &+ s1
            i = i &+ 1
        }
        var (a, b, c, d) = unsafe (h[0], h[1], h[2], h[3])
        var (e, f, g, o) = unsafe (h[4], h[5], h[6], h[7])
        i = 0
        while i < 64 {
            let s1 = ((e &>> 6) | (e &<< 26)) ^ ((e &>> 11) | (e &<< 21)) ^ ((e &>> 25) | (e &<< 7))
            let choice = (e & f) ^ (~e & g)
            let t1 = unsafe o &+ s1 &+ choice &+ k[i] &+ w[i]
            let s0 = ((a &>> 2) | (a &<< 30)) ^ ((a &>> 13) | (a &<< 19)) ^ ((a &>> 22) | (a &<< 10))
            let majority = (a & b) ^ (a & c) ^ (b & c)
            o = g
            g = f
            f = e
            e = d &+ t1
            d = c
            c = b
            b = a
            a = t1 &+ s0 &+ majority
            i = i &+ 1
        }
        unsafe h[0] = unsafe h[0] &+ a
        unsafe h[1] = unsafe h[1] &+ b
        unsafe h[2] = unsafe h[2] &+ c
        unsafe h[3] = unsafe h[3] &+ d
        unsafe h[4] = unsafe h[4] &+ e
        unsafe h[5] = unsafe h[5] &+ f
        unsafe h[6] = unsafe h[6] &+ g
        unsafe h[7] = unsafe h[7] &+ o
    }

    /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
    private static let constants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]
}
