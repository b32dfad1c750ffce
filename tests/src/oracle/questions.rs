//! Sets of filters, and URLs close to them, drawn from a seed: few parts in every odd spelling, so
//! that they often meet.

use fastrand::Rng;
use fyr_policy_core::url_filter::{SiteRule, UrlFilter, Verdict};

use super::FilterSet;

const URLS_A_SET: usize = 40;
const MOST_FILTERS: usize = 16;

const NAMES: &[&str] = &[
    "example.org",
    "a.example.org",
    "b.a.example.org",
    "badexample.org",
    "example.org.evil.test",
    "example_a.org",
    "org",
    "localhost",
    "xn--bcher-kva.example",
    "google.com",
    "translate.goog",
];
const ADDRESSES: &[&str] = &[
    "192.0.2.1",
    "127.0.0.1",
    "[2001:db8::1]",
    "[::1]",
    "[::ffff:192.0.2.1]",
];
/// Names and addresses as only URLs spell them.
const SPELLINGS: &[&str] = &[
    "EXAMPLE.org",
    "example.org.",
    "example.org..",
    "exam%70le.org",
    "ｅxample.org",
    "example。org",
    "bücher.example",
    "BÜCHER.example",
    "faß.example",
    "192.0.2.1.",
    "192.0.513",
    "0xc0.0.2.1",
    "0300.0.2.1",
    "3221225985",
    "127.1",
    "[2001:DB8:0:0::1]",
    "[::ffff:c000:201]",
    "exa$mple.org",
    "-.example.org",
    "a..example.org",
    "256.0.0.1",
];
const PORTS: &[&str] = &["", "", "", ":80", ":443", ":8080", ":21", ":65535"];
const PATHS: &[&str] = &[
    "",
    "",
    "/",
    "/",
    "/a",
    "/ab",
    "/A",
    "/a/b",
    "/a/b/",
    "/b",
    "/a%62",
    "/%61",
    "/%C3%B8",
    "/%c3%b8",
    "/ø",
    "/a//b",
    "/a/../b",
    "/a/./b",
    "/%2e%2e/b",
    "/a;b",
    "/a:b",
    "/a@b",
    "/a|b",
    "/a'b",
    "/a\"b",
    "/a<b",
    "/a^b",
    "/a`b",
    "/{a}",
    "/[a]",
    "/a=b&c",
    "/a+b",
    "/a~b",
    "/a\\b",
    "/a%",
    "/a%zz",
    "/a,b!$()",
];
const KEYS: &[&str] = &["q", "qa", "Q", "v", "list", "ø", "%71"];
const VALUES: &[&str] = &[
    "a", "ab", "b", "A", "a+b", "%61", "a=b", "ø", "%C3%B8", "a'b", "1",
];
const USERS: &[&str] = &["user@", "user:pw@", ":@"];
const FRAGMENTS: &[&str] = &["", "", "", "#x", "#/a?q=a"];
const WEB: &[&str] = &["http", "https", "https", "https", "ws", "wss", "ftp"];
/// Filters that speak of a scheme alone, or of what has no host.
const WHOLE: &[&str] = &[
    "*",
    "*",
    "*",
    "http://*",
    "https:*",
    "ftp:*",
    "ws:*",
    "data:*",
    "mailto:*",
    "tel:*",
    "bogus:*",
    "file://*",
    "file:///etc",
    "file:///etc/host",
    "chrome://*",
    "chrome://version",
    "chrome-untrusted:*",
    "devtools:*",
    "view-source:*",
    "filesystem:*",
    "javascript://*",
];
/// URLs without a host of the web.
const OTHERS: &[&str] = &[
    "data:text/html,x",
    "data:text/html,x?q=a",
    "mailto:a@example.org",
    "tel:123",
    "bogus://example.org/a",
    "bogus://EXAMPLE.org/",
    "bogus:/a",
    "intent:x",
];
/// URLs for which a page has to be opened each: only now and then.
const PAGES: &[&str] = &[
    "file:///etc/hostname",
    "file:///etc/nothing",
    "file:///home/a%20b",
    "chrome://version",
    "chrome://version/a?q=a",
    "chrome://VERSION/",
    "chrome-untrusted://print/",
    "devtools://devtools/bundled/nothing.html",
    "about:blank",
    "about:version",
    "blob:https://example.org/1",
    "filesystem:https://example.org/temporary/a/b?q=a",
    "filesystem:https://example.org/temporary",
    "view-source:file:///etc/hostname",
    "view-source:data:text/html,x",
    "view-source:about:blank",
    "view-source:view-source:https://example.org/",
];

/// The set of a number, and what to ask about it: always the same ones.
pub fn draw(number: u64) -> (FilterSet, Vec<String>) {
    let mut drawing = Drawing::new(number);
    let set = drawing.set();
    let urls = (0..URLS_A_SET).map(|_| drawing.url()).collect();
    (set, urls)
}

/// What the filters of one set and the URLs near them are made of: so little that they meet.
#[derive(Debug)]
struct Drawing {
    rng: Rng,
    hosts: Vec<&'static str>,
    ports: Vec<&'static str>,
    paths: Vec<&'static str>,
    keys: Vec<&'static str>,
    values: Vec<&'static str>,
}

impl Drawing {
    fn new(number: u64) -> Self {
        let mut rng = Rng::with_seed(number);
        let mut some = |of: &[&'static str], count| {
            (0..count).filter_map(|_| rng.choice(of).copied()).collect()
        };
        let mut hosts: Vec<_> = some(NAMES, 3);
        hosts.extend(some(ADDRESSES, 1));
        Self {
            hosts,
            ports: some(PORTS, 2),
            paths: some(PATHS, 4),
            keys: some(KEYS, 2),
            values: some(VALUES, 2),
            rng,
        }
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        self.rng.choice(from).copied().unwrap_or_default()
    }

    /// True once in so many times.
    fn once_in(&mut self, count: usize) -> bool {
        self.rng.usize(..count) == 0
    }

    fn host(&mut self) -> &'static str {
        self.rng.choice(&self.hosts).copied().unwrap_or_default()
    }

    fn port(&mut self) -> &'static str {
        self.rng.choice(&self.ports).copied().unwrap_or_default()
    }

    fn path(&mut self) -> &'static str {
        self.rng.choice(&self.paths).copied().unwrap_or_default()
    }

    fn key(&mut self) -> &'static str {
        self.rng.choice(&self.keys).copied().unwrap_or_default()
    }

    fn value(&mut self) -> &'static str {
        self.rng.choice(&self.values).copied().unwrap_or_default()
    }

    fn set(&mut self) -> FilterSet {
        let count = self.rng.usize(4..=MOST_FILTERS);
        let rules = (0..count).filter_map(|_| self.rule()).collect();
        FilterSet { rules }
    }

    /// A filter that the compiler takes; `None` where it refuses what was drawn.
    fn rule(&mut self) -> Option<SiteRule> {
        let verdict = match self.rng.usize(..5) {
            0 | 1 => Verdict::Allow,
            _ => Verdict::Block,
        };
        let filter: UrlFilter = self.filter().parse().ok()?;
        Some(SiteRule { verdict, filter })
    }

    fn filter(&mut self) -> String {
        if self.once_in(6) {
            return self.pick(WHOLE).to_owned();
        }
        let scheme = if self.once_in(6) {
            format!("{}://", self.pick(WEB))
        } else {
            String::new()
        };
        let dot = self.pick(&["", "", "."]);
        let host = match self.rng.usize(..10) {
            0 => "*",
            1 => self.pick(SPELLINGS),
            _ => self.host(),
        };
        let port = if self.once_in(6) { self.port() } else { "" };
        let path = if self.once_in(2) { self.path() } else { "" };
        let query = if self.once_in(3) {
            self.conditions()
        } else {
            String::new()
        };
        format!("{scheme}{dot}{host}{port}{path}{query}")
    }

    fn conditions(&mut self) -> String {
        let conditions: Vec<String> = (0..self.rng.usize(1..=2))
            .map(|_| {
                let (key, value) = (self.key(), self.value());
                match self.rng.usize(..6) {
                    0 => key.to_owned(),
                    1 => format!("{key}*"),
                    2 => format!("{key}=*"),
                    3 => format!("{key}={value}*"),
                    _ => format!("{key}={value}"),
                }
            })
            .collect();
        format!("?{}", conditions.join("&"))
    }

    fn url(&mut self) -> String {
        match self.rng.usize(..80) {
            0 | 1 => self.pick(PAGES).to_owned(),
            2 => format!("view-source:{}", self.page()),
            3..7 => self.pick(OTHERS).to_owned(),
            7 | 8 => self.embedding(),
            _ => self.page(),
        }
    }

    /// A page of the web, mostly one that a filter of the set is about.
    fn page(&mut self) -> String {
        let scheme = self.pick(WEB);
        let host = self.near_host();
        let port = if self.once_in(3) { self.port() } else { "" };
        let path = self.near_path();
        let query = if self.once_in(2) {
            self.query()
        } else {
            String::new()
        };
        let user = if self.once_in(100) {
            self.pick(USERS)
        } else {
            ""
        };
        let fragment = self.pick(FRAGMENTS);
        format!("{scheme}://{user}{host}{port}{path}{query}{fragment}")
    }

    fn near_host(&mut self) -> String {
        let host = self.host();
        match self.rng.usize(..20) {
            0 | 1 => self.pick(SPELLINGS).to_owned(),
            2 => self.pick(NAMES).to_owned(),
            _ if host.starts_with('[') => host.to_owned(),
            3 | 4 => format!("www.{host}"),
            5 => format!("bad{host}"),
            6 => format!("{host}."),
            7 => host.to_ascii_uppercase(),
            8 => host
                .split_once('.')
                .map_or(host, |(_, above)| above)
                .to_owned(),
            _ => host.to_owned(),
        }
    }

    fn near_path(&mut self) -> String {
        let path = self.path();
        match self.rng.usize(..12) {
            0 => self.pick(PATHS).to_owned(),
            1 | 2 => format!("{path}{}", self.path()),
            3 if path.starts_with('/') => format!("{path}s"),
            4 => path.to_ascii_uppercase(),
            5 => format!("{path}{}", "/a".repeat(200)),
            _ => path.to_owned(),
        }
    }

    /// Keys of the set with, without and with other values, some of them twice.
    fn query(&mut self) -> String {
        let pairs: Vec<String> = (0..self.rng.usize(..4))
            .map(|_| {
                let (key, value) = (self.key(), self.value());
                match self.rng.usize(..9) {
                    0 => key.to_owned(),
                    1 => format!("{key}="),
                    2 => format!("{key}a={value}"),
                    3 => format!("{key}={value}b"),
                    4 => format!("{key}={}", self.pick(VALUES)),
                    5 => format!("{}={value}", self.pick(KEYS)),
                    6 => String::new(),
                    _ => format!("{key}={value}"),
                }
            })
            .collect();
        format!("?{}{}", pairs.join("&"), self.pick(&["", "", "", "?", "&"]))
    }

    /// A page that shows another one under its own name.
    fn embedding(&mut self) -> String {
        let page = self.page();
        let (_, bare) = page.split_once("://").unwrap_or_default();
        match self.rng.usize(..6) {
            0 => format!("https://www.google.com/amp/s/{bare}"),
            1 => format!("https://cdn.ampproject.org/c/s/{bare}"),
            2 => format!("https://webcache.googleusercontent.com/search?q=cache:{bare}"),
            3 => format!("https://translate.google.com/translate?u={page}"),
            4 => format!("https://translate.googleusercontent.com/translate?u={page}"),
            _ => "https://example-org.translate.goog/a?q=a".to_owned(),
        }
    }
}
