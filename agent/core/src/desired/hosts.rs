//! Our block in the hosts file: names that resolve to one address on the whole device.

use std::collections::BTreeSet;
use std::net::IpAddr;

use fyr_schemas::HostName;
use fyr_schemas::bundle::Bundle;

const BEGIN: &[u8] = b"# BEGIN fyr: written by fyr-agent, changes here are undone";
const END: &[u8] = b"# END fyr";
/// Ends every line of ours, so that what is ours can be told even when a marker is lost.
const TAG: &[u8] = b" # fyr";

/// Our block, or nothing where the bundle names no hosts.
pub fn block(bundle: &Bundle) -> Vec<u8> {
    if bundle.hosts.is_empty() {
        return Vec::new();
    }
    let mut block = Vec::new();
    let mut line = |parts: &[&[u8]]| {
        for part in parts {
            block.extend_from_slice(part);
        }
        block.push(b'\n');
    };
    line(&[BEGIN]);
    for (name, address) in &bundle.hosts {
        line(&[format!("{address} {name}").as_bytes(), TAG]);
    }
    line(&[END]);
    block
}

/// The whole file: our block first, because the first entry of a name wins, then every line
/// that is not ours, byte for byte.
pub fn merge(bundle: &Bundle, existing: &[u8]) -> Vec<u8> {
    let block = block(bundle);
    let is_foreign = |line: &&[u8]| !is_ours(line) && !is_cut_off(line, &block);
    let foreign: Vec<u8> = lines(existing)
        .filter(is_foreign)
        .flatten()
        .copied()
        .collect();
    [block, foreign].concat()
}

/// Whether any line of `existing` is ours.
pub fn holds_ours(existing: &[u8]) -> bool {
    lines(existing).any(is_ours)
}

/// Our names that a foreign line gives another address. A resolver that merges all entries of
/// a name (glibc's does) may then answer with the foreign one.
pub fn contradicted(bundle: &Bundle, existing: &[u8]) -> BTreeSet<String> {
    lines(existing)
        .filter(|line| !is_ours(line))
        .flat_map(|line| contradicted_by(bundle, line))
        .collect()
}

fn contradicted_by(bundle: &Bundle, line: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(line);
    let entry = text.split('#').next().unwrap_or_default();
    let mut words = entry.split_whitespace();
    let address: Option<IpAddr> = words.next().and_then(|word| word.parse().ok());
    words
        .filter_map(|word| word.to_ascii_lowercase().parse::<HostName>().ok())
        .filter(|name| {
            let own = bundle.hosts.get(name);
            own.is_some_and(|own| address.is_some_and(|address| address != *own))
        })
        .map(|name| name.to_string())
        .collect()
}

fn lines(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    file.split_inclusive(|byte| *byte == b'\n')
}

fn is_ours(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    line == BEGIN || line == END || line.ends_with(TAG)
}

/// Whether a file that was truncated within our block ends in `line`.
fn is_cut_off(line: &[u8], block: &[u8]) -> bool {
    !line.ends_with(b"\n") && lines(block).any(|own| own.starts_with(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{bundle, empty_bundle};

    const FOREIGN: &[u8] = b"127.0.0.1\tlocalhost\r\n# a note\n\n10.0.0.7 printer";

    #[test]
    fn everything_else_is_kept_byte_for_byte() {
        let during = merge(&bundle(), FOREIGN);
        assert!(during.ends_with(FOREIGN));
        assert_eq!(merge(&bundle(), &during), during);
        assert_eq!(merge(&empty_bundle(), &during), FOREIGN);
    }

    #[test]
    fn a_block_that_lost_its_markers_is_still_recognised() {
        let during = merge(&bundle(), FOREIGN);
        let unmarked: Vec<u8> = lines(&during)
            .filter(|line| !line.starts_with(b"# BEGIN") && !line.starts_with(b"# END"))
            .flatten()
            .copied()
            .collect();
        assert_eq!(merge(&bundle(), &unmarked), during);
    }

    #[test]
    fn a_block_that_was_cut_off_anywhere_leaves_no_scrap_behind() {
        let whole = merge(&bundle(), b"");
        for end in 0..whole.len() {
            assert_eq!(merge(&bundle(), &whole[..end]), whole, "cut after {end}");
        }
    }

    #[test]
    fn a_foreign_line_inside_the_block_is_kept() {
        let mut during = block(&bundle());
        let end = during.len() - END.len() - 1;
        during.splice(end..end, b"10.0.0.9 scanner\n".iter().copied());
        assert!(merge(&bundle(), &during).ends_with(b"10.0.0.9 scanner\n"));
    }

    #[test]
    fn a_foreign_entry_for_one_of_our_names_is_told() {
        let told = |line: &str| contradicted(&bundle(), line.as_bytes());
        assert!(told("10.1.1.1 x WWW.YouTube.com # y\n").contains("www.youtube.com"));
        assert!(told("::1 www.youtube.com").contains("www.youtube.com"));
        assert!(told("216.239.38.120 www.youtube.com").is_empty());
        assert!(told("# 10.1.1.1 www.youtube.com").is_empty());
    }
}
