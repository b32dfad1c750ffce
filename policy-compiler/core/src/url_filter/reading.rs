//! The parts of a URL as Chromium compares them, where it reads or writes them otherwise than the
//! WHATWG's rules that `url` follows.

use std::borrow::Cow;

use url::Url;

use super::scheme::{self, Reach};

/// The host in lower case, without closing points.
pub(super) fn host(url: &Url) -> Cow<'_, str> {
    let mut host = url.host_str().unwrap_or_default();
    while let Some(shorter) = host.strip_suffix('.') {
        host = shorter;
    }
    // `url` leaves a host as it is written where it does not know the scheme.
    if is_own_page(url) && host.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(host.to_ascii_lowercase())
    } else {
        Cow::Borrowed(host)
    }
}

/// The port that is written, or the one that the scheme means.
pub(super) fn port(url: &Url) -> Option<u16> {
    url.port_or_known_default().filter(|_| !is_own_page(url))
}

/// The path.
pub(super) fn path(url: &Url) -> Cow<'_, str> {
    match url.path() {
        "" if is_own_page(url) => Cow::Borrowed("/"),
        path if url.scheme() == "filesystem" => Cow::Owned(path_in_file_system(path)),
        path if url.cannot_be_a_base() => Cow::Borrowed(path),
        path => encoded(path, ENCODED_IN_PATHS),
    }
}

/// The path of a `filesystem:` URL: what follows the kind of file system of its inner URL.
fn path_in_file_system(inner: &str) -> String {
    let inner = Url::parse(inner);
    let path = inner.as_ref().map(Url::path).unwrap_or_default();
    let path = path.trim_start_matches('/');
    format!("/{}", path.split_once('/').map_or("", |(_, path)| path))
}

/// The query, empty without one.
pub(super) fn query(url: &Url) -> Cow<'_, str> {
    encoded(url.query().unwrap_or_default(), ENCODED_IN_QUERIES)
}

/// What Chromium encodes in every path, beside controls, blanks and what is beyond ASCII.
pub(super) const ENCODED_IN_PATHS: &[u8] = b"\"<>^`{|}";
/// What Chromium encodes in every query, beside controls, blanks and what is beyond ASCII.
pub(super) const ENCODED_IN_QUERIES: &[u8] = b"\"'<>";

/// A text of a URL as Chromium writes it.
pub(super) fn encoded<'t>(text: &'t str, also: &[u8]) -> Cow<'t, str> {
    let is_encoded = |byte: u8| !byte.is_ascii() || also.contains(&byte);
    if !text.bytes().any(is_encoded) {
        return Cow::Borrowed(text);
    }
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_encoded(byte) {
            encoded.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 15)]);
        } else {
            encoded.push(char::from(byte));
        }
    }
    Cow::Owned(encoded)
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(nibble.into(), 16)
        .unwrap_or_default()
        .to_ascii_uppercase()
}

/// Whether it is one of the browser's own pages, which Chromium reads like those of the web: with
/// a host, a path and no port.
fn is_own_page(url: &Url) -> bool {
    !url.is_special() && scheme::reach(url.scheme()) == Reach::Host
}
