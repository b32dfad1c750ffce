//! Parsing and matching, case by case. Every verdict below was given by a real Chromium 156, and
//! `tests/system/oracle.rs` asks it for thousands more.

mod laws;

use url::Url;

use super::{ParseFilterError, UrlFilter, verdict};
use crate::url_filter::{SiteRule, Verdict};

fn rules(block: &[&str], allow: &[&str]) -> Vec<SiteRule> {
    let parse = |verdict, text: &&str| SiteRule {
        verdict,
        filter: text.parse().expect(text),
    };
    let closed = block.iter().map(|text| parse(Verdict::Block, text));
    let open = allow.iter().map(|text| parse(Verdict::Allow, text));
    closed.chain(open).collect()
}

#[track_caller]
fn check(block: &[&str], allow: &[&str], url: &str, expected: Verdict) {
    let url: Url = url.parse().expect(url);
    let rules = rules(block, allow);
    let found = verdict(&rules, &url).map_or(Verdict::Allow, |rule| rule.verdict);
    assert_eq!(found, expected, "block {block:?}, allow {allow:?}, {url}");
}

#[track_caller]
fn closes(block: &str, url: &str) {
    check(&[block], &[], url, Verdict::Block);
}

#[track_caller]
fn leaves_open(block: &str, url: &str) {
    check(&[block], &[], url, Verdict::Allow);
}

#[test]
fn a_host_selects_itself_and_every_name_below_it() {
    closes("example.org", "https://example.org/");
    closes("example.org", "https://www.example.org/");
    closes("EXAMPLE.org", "https://example.org/");
    closes("example.org.", "https://example.org/");
    closes("example.org", "https://example.org./");
    closes("org", "https://example.org/");
    closes("example.org", "https://example.org:8443/");
    closes("example_a.org", "https://example_a.org/");
    leaves_open("example.org", "https://badexample.org/");
}

#[test]
fn a_leading_point_selects_the_host_alone() {
    closes(".example.org", "https://example.org/");
    leaves_open(".example.org", "https://www.example.org/");
}

#[test]
fn an_address_selects_itself() {
    closes("127.0.0.1", "http://127.0.0.1/");
    closes("127.0.0.1", "http://0x7f.1/");
    closes("[::1]", "http://[::1]/");
    closes("[::ffff:192.0.2.1]", "http://[::ffff:c000:201]/");
    leaves_open("192.0.2.1", "http://192.0.2.10/");
    leaves_open("192.0.2.1", "http://[::ffff:192.0.2.1]/");
}

#[test]
fn closing_points_make_no_other_name() {
    closes(".example.org", "https://example.org./");
    closes("example.org", "https://a.example.org../");
    leaves_open(".example.org", "https://a.example.org../");
}

#[test]
fn an_internationalised_name_is_compared_in_punycode() {
    closes("bücher.example", "https://bücher.example/");
    closes("xn--bcher-kva.example", "https://bücher.example/");
}

#[test]
fn a_scheme_and_a_port_select() {
    closes("example.org:443", "https://example.org/");
    closes("example.org:80", "http://example.org/");
    leaves_open("example.org:8443", "https://example.org/");
    closes("https://example.org", "https://example.org/");
    leaves_open("ws://example.org", "https://example.org/");
    closes("http:*", "http://example.org/");
    leaves_open("http://*", "https://example.org/");
    closes("https://*", "https://example.org/");
    closes("data:*", "data:text/html,x");
    leaves_open("javascript://*", "https://example.org/");
    leaves_open("ftp://*", "https://example.org/");
}

#[test]
fn a_file_is_selected_by_its_path() {
    closes("file:///etc", "file:///etc/hostname");
    closes("file:///etc/host", "file:///etc/hostname");
    closes("file://*", "file:///etc/hostname");
    closes("*/etc", "file:///etc/hostname");
    closes("*?x=1", "file:///etc/hostname?x=1");
    closes("*/a", "filesystem:https://example.org/temporary/a");
    leaves_open("*/temporary", "filesystem:https://example.org/temporary/a");
    leaves_open("example.org", "filesystem:https://example.org/temporary/a");
}

#[test]
fn a_bare_star_closes_everything_but_the_browsers_own_pages() {
    closes("*", "https://example.org/");
    closes("*", "data:text/html,x");
    closes("*", "file:///etc/hostname");
    closes("*", "devtools://devtools/");
    closes("*", "chrome-untrusted://print/");
    closes("*", "tel:123");
    leaves_open("*", "chrome://version/");
    leaves_open("*", "chrome-search://most-visited/");
    leaves_open("*/x", "data:text/html,x");
    check(
        &["*", "chrome://*"],
        &[],
        "chrome://version",
        Verdict::Block,
    );
    check(
        &["chrome://*", "*"],
        &[],
        "chrome://version",
        Verdict::Block,
    );
    check(&["chrome://*"], &["*"], "chrome://version", Verdict::Allow);
}

#[test]
fn the_browsers_own_pages_have_hosts_and_paths() {
    closes("chrome://version", "chrome://version");
    closes("chrome://version/", "chrome://version");
    closes("chrome://version", "chrome://VERSION?x");
    closes("version", "chrome://version");
    leaves_open("chrome://flags", "chrome://version");
    leaves_open("bogus:*", "chrome://version");
}

#[test]
fn what_is_never_looked_up_stays_open() {
    leaves_open("*", "about:blank");
    leaves_open("*", "about:version");
    leaves_open("*", "blob:https://example.org/1");
    leaves_open("*", "view-source:data:text/html,x");
    leaves_open("*", "view-source:view-source:https://example.org/");
}

#[test]
fn a_source_is_closed_with_its_page_or_alone() {
    let source = "view-source:https://example.org/?x=1";
    closes("example.org", source);
    closes("view-source:*", source);
    closes("*?x=1", source);
    leaves_open("example.net", source);
    leaves_open("*?x=2", source);
    leaves_open("view-source:*", "https://example.org/");
    check(&["view-source:*"], &["example.org"], source, Verdict::Block);
    check(&["*"], &["example.org"], source, Verdict::Block);
    check(
        &["*"],
        &["example.org", "view-source:*"],
        source,
        Verdict::Allow,
    );
}

#[test]
fn a_page_that_shows_another_is_only_itself() {
    for url in [
        "https://www.google.com/amp/s/example.org",
        "https://cdn.ampproject.org/c/s/example.org",
        "https://webcache.googleusercontent.com/search?q=cache:example.org",
        "https://translate.google.com/translate?u=https://example.org/",
        "https://translate.googleusercontent.com/translate?u=https://example.org/",
        "https://example-org.translate.goog/",
    ] {
        leaves_open("example.org", url);
    }
}

#[test]
fn a_path_is_a_prefix_and_knows_case() {
    closes("example.org/ruin", "https://example.org/ruins");
    closes("example.org/Ruin", "https://example.org/Ruin");
    leaves_open("example.org/ruin", "https://example.org/Ruin");
    closes("example.org/", "https://example.org/");
    closes("*/ruin", "https://example.org/ruin");
    closes("example.org/a%20b", "https://example.org/a%20b");
    closes("example.org/ø", "https://example.org/ø");
    closes("example.org/%C3%B8", "https://example.org/ø");
    closes("example.org/a|b^c", "https://example.org/a|b^c");
    closes("example.org/a%7Cb", "https://example.org/a|b");
    closes("example.org/a\"b", "https://example.org/a\"b");
    leaves_open("example.org/a%62", "https://example.org/ab");
    leaves_open("example.org/a/../b", "https://example.org/b");
    closes("example.org/a#b", "https://example.org/a");
}

#[test]
fn a_key_without_a_value_selects_only_a_key_without_one() {
    closes("example.org/s?q", "https://example.org/s?q");
    leaves_open("example.org/s?q", "https://example.org/s?q=1");
    leaves_open("example.org/s?q", "https://example.org/s?q=");
    closes("example.org/s?q*", "https://example.org/s?q=1");
    closes("example.org/s?q*", "https://example.org/s?qa=1");
    leaves_open("example.org/s?q*", "https://example.org/s?aq=1");
}

#[test]
fn a_value_is_compared_whole_or_as_a_prefix() {
    closes("example.org/s?q=*", "https://example.org/s?q=1");
    leaves_open("example.org/s?q=*", "https://example.org/s?q");
    leaves_open("example.org/s?q=a", "https://example.org/s?q=ab");
    closes("example.org/s?q=a*", "https://example.org/s?q=ab");
    closes("example.org/s?q=a", "https://example.org/s?x=1&q=a");
    leaves_open("example.org/s?q=a", "https://example.org/s?xq=a");
    leaves_open("example.org/s?Q=a", "https://example.org/s?q=a");
    leaves_open("example.org/s?q=A", "https://example.org/s?q=a");
    leaves_open("example.org/s?q=%61", "https://example.org/s?q=a");
    closes("example.org/s?q=a+b", "https://example.org/s?q=a+b");
    closes("example.org/s?q=a=b", "https://example.org/s?q=a=b");
    closes("example.org/s?q=ø", "https://example.org/s?q=ø");
    closes("example.org?q=a", "https://example.org/s?q=a");
    closes("example.org?q='", "https://example.org/s?q='");
    closes("*?q='", "tel:1?q='");
}

#[test]
fn every_condition_must_hold() {
    closes("example.org/s?q=a&x=1", "https://example.org/s?x=1&q=a");
    leaves_open("example.org/s?q=a&x=1", "https://example.org/s?q=a");
    closes("example.org/s?qa&q", "https://example.org/s?q&qa");
}

#[test]
fn a_block_needs_one_occurrence_of_a_key_and_an_allow_all_of_them() {
    let url = |query: &str| format!("https://example.org/s?{query}");
    let opens = |filter: &str, query: &str| {
        check(&["example.org"], &[filter], &url(query), Verdict::Allow);
    };
    let does_not_open = |filter: &str, query: &str| {
        check(&["example.org"], &[filter], &url(query), Verdict::Block);
    };
    closes("example.org/s?q=a", &url("q=b&q=a"));
    opens("example.org/s?q=a", "q=a");
    opens("example.org/s?q=a", "q=a&q=a");
    opens("example.org/s?q=*", "q=1&q=2");
    does_not_open("example.org/s?q=a", "q=a&q=b");
    does_not_open("example.org/s?q=a", "x=1");
    does_not_open("example.org/s?q=a*", "q=ab&q=b");
    opens("example.org/s?q=*&q=a", "q=a");
    does_not_open("example.org/s?q=*&q=a", "q=a&q=b");
    opens("example.org/s?q", "q");
    does_not_open("example.org/s?q", "q=1");
    // The browser looks for the key's letters, and finds them in `qa` too.
    does_not_open("example.org/s?q", "q&qa");
    opens("example.org/s?q*", "q=1&qa=2");
    opens("example.org/s?qa*", "q&qa");
}

#[test]
fn the_more_specific_filter_decides() {
    let opens = |block, allow, url| check(&[block], &[allow], url, Verdict::Allow);
    let closes = |block, allow, url| check(&[block], &[allow], url, Verdict::Block);
    opens("example.org", "example.org", "https://example.org/");
    opens("*", "*", "https://example.org/");
    opens("*", "example.org", "https://www.example.org/");
    opens("*", "file:///etc", "file:///etc/hostname");
    opens("example.org", "www.example.org", "https://www.example.org/");
    closes(
        "www.example.org",
        "example.org/",
        "https://www.example.org/",
    );
    closes("example.org/a", "example.org", "https://example.org/a");
    opens("example.org/a", ".example.org", "https://example.org/a");
    closes(".example.org", "example.org/a", "https://example.org/a");
    closes("192.0.2.1/a", ".192.0.2.1", "http://192.0.2.1/a");
    closes(
        "example.org/a",
        "example.org/?x=1",
        "https://example.org/a?x=1",
    );
    closes(
        "example.org/a?x=1&y=2",
        "example.org/a?x=1",
        "https://example.org/a?x=1&y=2",
    );
    closes("*/a", "*", "https://example.org/a");
    closes("*?x=1", "*", "https://example.org/a?x=1");
    opens(
        "*/abcdefghijklmn",
        "org",
        "https://example.org/abcdefghijklmn",
    );
}

#[test]
fn scheme_and_port_do_not_rank() {
    let opens = |block, allow| check(&[block], &[allow], "https://example.org/a", Verdict::Allow);
    opens("https://example.org", "example.org");
    opens("example.org:443", "example.org");
    opens("https://*", "*");
    opens("*", "https://*");
    opens("*:443", "*");
    check(
        &["example.org:443/a"],
        &["example.org/"],
        "https://example.org/a",
        Verdict::Block,
    );
}

#[track_caller]
fn refuses(text: &str, expected: &ParseFilterError) {
    let error = text.parse::<UrlFilter>().expect_err(text);
    assert_eq!(&error, expected);
}

#[test]
fn a_filter_that_would_match_nothing_is_refused_with_what_was_meant() {
    refuses(
        "*.example.org/a",
        &ParseFilterError::StarInHost("*.example.org".into()),
    );
    refuses(
        "example.*",
        &ParseFilterError::StarInHost("example.*".into()),
    );
    refuses(
        "example.org/a/*",
        &ParseFilterError::StarInPath("/a/*".into()),
    );
    refuses("example.org/s?q=", &ParseFilterError::NoValue("q".into()));
    refuses(
        "example.org/s?q=b&q=a",
        &ParseFilterError::Repeated("q".into()),
    );
    refuses(
        "0x7f.1",
        &ParseFilterError::Spelling {
            written: "0x7f.1".into(),
            canonical: "127.0.0.1".into(),
        },
    );
    refuses(
        "view-source:https://example.org",
        &ParseFilterError::Whole("view-source".into()),
    );
}

#[test]
fn what_is_no_filter_is_refused() {
    for text in [
        "",
        " example.org",
        "example.org/a b",
        "://example.org",
        "1http://example.org",
        "a.b://example.org",
        "https://",
        "/path",
        ".",
        "..example.org",
        "example..org",
        "example.org:0",
        "example.org:65536",
        "example.org:+1",
        "example.org:",
        "[::1",
        "[1.2.3.4]",
        "2130706433",
        "http;//example.org",
        "exa~mple.org",
        "javascript:alert(1)",
        "javascript://example.org",
        "data:text/html",
        "mailto:a@example.org",
        "about:*",
        "about://version",
        "blob:*",
        "file://server/etc",
        "file:///etc?x",
        "file:///etc/a%20b",
        "file:///etc/ø",
        "file:///etc/../x",
        "file:///etc//x",
        "exa%mple.org",
        "example.org?=x",
    ] {
        assert!(text.parse::<UrlFilter>().is_err(), "`{text}` was accepted");
    }
    let long = format!("example.org/{}", "a".repeat(2048));
    assert_eq!(long.parse::<UrlFilter>(), Err(ParseFilterError::TooLong));
}

#[test]
fn the_canonical_form_is_what_chromium_reads() {
    for (written, canonical) in [
        (
            "HTTPS://User:pw@Example.ORG:443/A?b=1&a=2#x",
            "https://example.org:443/A?a=2&b=1",
        ),
        ("http:*", "http://*"),
        (".Bücher.example.", ".xn--bcher-kva.example"),
        ("[2001:DB8:0::1]/", "[2001:db8::1]/"),
        ("*/home/ø", "*/home/%C3%B8"),
        ("[::ffff:192.0.2.1]", "[::ffff:c000:201]"),
        ("view-source:*", "view-source://*"),
        ("localhost:8080/a:b", "localhost:8080/a:b"),
        ("*", "*"),
        ("*:8443", "*:8443"),
    ] {
        let filter: UrlFilter = written.parse().expect(written);
        assert_eq!(filter.to_string(), canonical);
    }
}

#[test]
fn a_scheme_without_hosts_does_not_overlap_a_host() {
    let filter = |text: &str| text.parse::<UrlFilter>().expect(text);
    assert!(!filter("javascript://*").overlaps(&filter("bris.se")));
    assert!(filter("javascript://*").overlaps(&filter("*")));
    assert!(filter("chrome://flags").overlaps(&filter("flags")));
}
