//! Addresses as Firefox compares them with match patterns: with the path that a server would
//! resolve.
//!
//! Source: `modules/policies/WebsiteFilter.sys.mjs` of Firefox 153.8. Earlier versions compare
//! what is written.

use url::Url;

/// A URL of the web as Firefox compares it, except lower case: what a path writes as escapes is
/// read, slashes in a row are one, and what then goes up a directory has gone up.
pub fn as_compared(url: &Url) -> Url {
    let mut compared = url.clone();
    let path = merged(&read(url.path()));
    if path != url.path() {
        compared.set_path(&path);
    }
    compared
}

/// Whether some address is compared as one whose path begins with `path`.
pub(super) fn is_ever_compared(path: &str) -> bool {
    // What ends within an escape would cut others in two.
    let tail = path.bytes().rev().take(2);
    if tail.into_iter().any(|byte| byte == b'%') {
        return false;
    }
    // A letter behind it keeps a name that begins with points from going up.
    let whole = format!("https://fyr.example/{}x", path.trim_start_matches('/'));
    let url = Url::parse(&whole);
    let compared = url.is_ok_and(|url| as_compared(&url).path() == format!("{path}x"));
    path.is_empty() || compared
}

/// Escapes of what can be printed are read, once; all others stay.
fn read(path: &str) -> String {
    let mut read = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, behind)) = rest.split_once('%') {
        read.push_str(before);
        let escaped = behind.get(..2).filter(|hex| hex.is_ascii());
        let byte = escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let (Some(byte @ b' '..=b'~'), Some(after)) = (byte, behind.get(2..)) {
            read.push(char::from(byte));
            rest = after;
        } else {
            read.push('%');
            rest = behind;
        }
    }
    read.push_str(rest);
    read
}

/// Slashes of either kind in a row as one.
fn merged(path: &str) -> String {
    let mut merged = String::with_capacity(path.len());
    for letter in path.chars() {
        let is_slash = matches!(letter, '/' | '\\');
        if !is_slash {
            merged.push(letter);
        } else if !merged.ends_with('/') {
            merged.push('/');
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_compared_as_a_server_would_resolve_it() {
        for (written, compared) in [
            ("/a", "/a"),
            ("/%61/b%2Fc", "/a/b/c"),
            ("/a//b\\c", "/a/b/c"),
            ("/x/%2e%2e/a", "/a"),
            ("/a%20b%C3%B8%7f", "/a%20b%C3%B8%7f"),
            ("/a%2561%", "/a%61%"),
            ("/a%3Fb%23", "/a%3Fb%23"),
        ] {
            let url = Url::parse(&format!("https://x.example{written}")).expect(written);
            assert_eq!(as_compared(&url).path(), compared, "{written}");
        }
    }

    #[test]
    fn what_no_address_is_compared_as_is_distinguished_from_what_one_is() {
        for path in ["", "/", "/a", "/a%20b", "/.", "/a/..", "/%C3%B8"] {
            assert!(is_ever_compared(path), "{path}");
        }
        for path in ["/%61", "/a//b", "/a%2Fb", "/a/../b", "/a%", "/a%4", "//"] {
            assert!(!is_ever_compared(path), "{path}");
        }
    }
}
