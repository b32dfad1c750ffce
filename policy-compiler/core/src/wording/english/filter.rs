//! Words about texts that are no URL filter.

use crate::url_filter::{LONGEST, ParseFilterError};

/// What is wrong with it.
pub(super) fn error(error: &ParseFilterError) -> String {
    match error {
        ParseFilterError::Empty => "the filter is empty".to_owned(),
        ParseFilterError::TooLong => format!("the filter is longer than {LONGEST} characters"),
        ParseFilterError::Blank(text) => format!("a filter holds no blanks: `{text}`"),
        ParseFilterError::StarInHost(host) => {
            format!("`*` stands for a whole host, so `{host}` matches nothing")
        }
        ParseFilterError::StarInPath(path) => format!("`*` means nothing in the path `{path}`"),
        ParseFilterError::Host(host) => format!("`{host}` is not a host name"),
        ParseFilterError::Spelling { written, canonical } => format!(
            "`{written}` matches nothing, because browsers write this address `{canonical}`"
        ),
        ParseFilterError::Scheme(scheme) => format!("`{scheme}` is not a scheme"),
        ParseFilterError::Whole(scheme) => {
            format!("browsers close or open `{scheme}:` only as a whole")
        }
        ParseFilterError::NotLookedUp(scheme) => {
            format!("no list closes or opens `{scheme}:`: browsers do not look it up")
        }
        ParseFilterError::File(text) => format!("`{text}` matches no file as browsers read it"),
        ParseFilterError::Port(port) => format!("`{port}` is not a port from 1 to 65535"),
        ParseFilterError::Query(query) => {
            format!("the query `{query}` has a condition without a key")
        }
        ParseFilterError::NoValue(key) => format!("`{key}=` matches no address with a value"),
        ParseFilterError::Repeated(key) => format!("the key `{key}` is twice in the query"),
    }
}

/// What to write instead: the text that was probably meant, or how a filter is written.
pub(super) fn help(error: &ParseFilterError, meant: Option<&str>) -> String {
    match (meant, error) {
        (Some(meant), ParseFilterError::StarInHost(_)) => {
            format!("write `{meant}`: it matches every name below it too")
        }
        (Some(meant), ParseFilterError::StarInPath(_)) => {
            format!("write `{meant}`: it matches everything that begins with it")
        }
        (Some(meant), _) => format!("write `{meant}`"),
        (None, _) => general(error),
    }
}

fn general(error: &ParseFilterError) -> String {
    let fixed = match error {
        ParseFilterError::Empty => "write a site, or remove the entry",
        ParseFilterError::TooLong => "write the host, and as much of the path as you need",
        ParseFilterError::StarInHost(host) => {
            let name = host.trim_start_matches(['*', '.']);
            if !name.is_empty() && !name.contains('*') {
                return format!("write `{name}`: it matches every name below it too");
            }
            "write each host, such as `x.example`, which matches every name below it too"
        }
        ParseFilterError::StarInPath(path) => match path.strip_suffix('*') {
            Some(prefix) if !prefix.contains('*') => {
                return format!("write `{prefix}`: a path matches everything that begins with it");
            }
            Some(_) | None => HOST_OR_PATH,
        },
        ParseFilterError::Host(_) => {
            "write a host such as `example.org`, `.example.org` for that name alone, or `*`"
        }
        ParseFilterError::NoValue(key) => return format!("write `{key}=*` for every value"),
        ParseFilterError::Repeated(key) => {
            return format!("write one filter for each value of `{key}`");
        }
        ParseFilterError::Spelling { canonical, .. } => return format!("write `{canonical}`"),
        ParseFilterError::Whole(scheme) => return format!("write `{scheme}:*`"),
        ParseFilterError::NotLookedUp(_) => {
            "leave it out; what a page embeds is decided by the page's own address"
        }
        ParseFilterError::File(_) => {
            "write `file:///` and a plain path such as `file:///home`, without a host, a port, a \
             query or letters beyond ASCII"
        }
        ParseFilterError::Blank(_)
        | ParseFilterError::Scheme(_)
        | ParseFilterError::Port(_)
        | ParseFilterError::Query(_) => HOST_OR_PATH,
    };
    fixed.to_owned()
}

const HOST_OR_PATH: &str = "write a host such as `x.example`, or a host and path: `x.example/path`";
