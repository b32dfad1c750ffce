//! The trusted state as one file: the lengths of its parts on a line, then the parts.
//!
//! One file, so that a power cut leaves the parts of one refresh together.

use fyr_trust::TrustedState;

/// The file's bytes.
pub(crate) fn encode(state: &TrustedState) -> Vec<u8> {
    let parts = parts(state);
    let lengths: Vec<String> = parts
        .iter()
        .map(|part| part.map_or_else(|| "-".to_owned(), |part| part.len().to_string()))
        .collect();
    let mut bytes = lengths.join(" ").into_bytes();
    bytes.push(b'\n');
    for part in parts.into_iter().flatten() {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// Reads the file back; `None` where it was not written by [`encode`].
pub(crate) fn decode(bytes: &[u8]) -> Option<TrustedState> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, rest) = bytes.split_at_checked(end)?;
    let mut rest = rest.strip_prefix(b"\n")?;
    let mut lengths = std::str::from_utf8(line).ok()?.split(' ');
    let mut part = || -> Option<Option<Vec<u8>>> {
        let length = lengths.next()?;
        if length == "-" {
            return Some(None);
        }
        let (part, after) = rest.split_at_checked(length.parse().ok()?)?;
        rest = after;
        Some(Some(part.to_vec()))
    };
    Some(TrustedState {
        root: part()?,
        vouching: part()?,
        timestamp: part()?,
        snapshot: part()?,
        targets: part()?,
        document: part()?,
    })
}

fn parts(state: &TrustedState) -> [Option<&[u8]>; 6] {
    [
        state.root.as_deref(),
        state.vouching.as_deref(),
        state.timestamp.as_deref(),
        state.snapshot.as_deref(),
        state.targets.as_deref(),
        state.document.as_deref(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let state = TrustedState {
            root: Some(b"{}\n{}".to_vec()),
            vouching: Some(b"older".to_vec()),
            timestamp: None,
            snapshot: Some(Vec::new()),
            targets: Some(vec![0, 10, 255]),
            document: Some(b"x".to_vec()),
        };
        assert_eq!(decode(&encode(&state)), Some(state));
    }

    #[test]
    fn damage_is_refused_without_a_panic() {
        let whole = encode(&TrustedState::default());
        for bytes in [
            &b""[..],
            b"\n",
            b"9 - - - - -\nx",
            b"- - - - -\n",
            &whole[..3],
        ] {
            assert_eq!(decode(bytes), None);
        }
    }
}
