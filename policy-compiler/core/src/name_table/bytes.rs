//! Eight bytes at a time, the first of them lowest.

/// How many bytes a block has.
pub(super) const BLOCK: usize = 8;

/// The highest bit of each byte of a block that is `byte`.
#[inline]
pub(super) fn equal_bytes(block: u64, byte: u8) -> u64 {
    const LOW: u64 = u64::from_ne_bytes([0x7f; BLOCK]);
    let other = block ^ u64::from_ne_bytes([byte; BLOCK]);
    // An addition to one byte never carries into the next.
    !(((other & LOW) + LOW) | other | LOW)
}

/// Fewer bytes than a block has, above zeros.
#[inline]
pub(super) fn read_block(bytes: &[u8]) -> u64 {
    let free = 8 * BLOCK.saturating_sub(bytes.len());
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        // Both have what lies in between.
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) << free | u64::from(last) << 32;
    }
    match *bytes {
        [a, b, c] => u64::from_le_bytes([0, 0, 0, 0, 0, a, b, c]),
        [a, b] => u64::from_le_bytes([0, 0, 0, 0, 0, 0, a, b]),
        [a] => u64::from_le_bytes([0, 0, 0, 0, 0, 0, 0, a]),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_found_wherever_they_stand_and_no_others() {
        for at in 0..BLOCK {
            for other in [0, 1, 0x2d, 0x2f, 0x7f, 0x80, 0xae, 0xff] {
                let mut block = [other; BLOCK];
                block[at] = b'.';
                let found = equal_bytes(u64::from_le_bytes(block), b'.');
                assert_eq!(found, 1 << (8 * at + 7), "{at} among {other}");
            }
        }
    }

    #[test]
    fn fewer_bytes_stand_above_zeros() {
        let all = *b"abcdefgh";
        for length in 0..BLOCK {
            let mut block = [0; BLOCK];
            block[BLOCK - length..].copy_from_slice(&all[..length]);
            let read = read_block(&all[..length]);
            assert_eq!(read, u64::from_le_bytes(block), "{length}");
        }
    }
}
