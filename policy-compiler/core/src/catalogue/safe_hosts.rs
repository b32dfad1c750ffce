//! Names that resolve to the address of a search engine's or a video site's restricted variant.
//!
//! Names hold for the whole device and every browser on it. Only addresses that the vendors
//! publish as stable are used; an engine that publishes a name alone is closed elsewhere.

use std::net::Ipv4Addr;
use std::sync::LazyLock;

use fyr_schemas::HostName;

use super::google_domains;

/// The names under which YouTube serves pages and its programming interface.
pub(crate) const YOUTUBE: &[&str] = &[
    "m.youtube.com",
    "www.youtube-nocookie.com",
    "www.youtube.com",
    "youtube.googleapis.com",
    "youtubei.googleapis.com",
];
/// `restrict.youtube.com`.
pub(crate) const YOUTUBE_STRICT: Ipv4Addr = Ipv4Addr::new(216, 239, 38, 120);
/// `restrictmoderate.youtube.com`.
pub(crate) const YOUTUBE_MODERATE: Ipv4Addr = Ipv4Addr::new(216, 239, 38, 119);

/// The names under which Bing answers searches.
pub(crate) const BING: &[&str] = &["edgeservices.bing.com", "www.bing.com"];
/// `strict.bing.com`.
pub(crate) const BING_STRICT: Ipv4Addr = Ipv4Addr::new(204, 79, 197, 220);

/// The names under which Yandex answers searches.
pub(crate) const YANDEX: &[&str] = &[
    "www.ya.ru",
    "www.yandex.by",
    "www.yandex.com",
    "www.yandex.com.tr",
    "www.yandex.kz",
    "www.yandex.ru",
    "www.yandex.uz",
    "ya.ru",
    "yandex.by",
    "yandex.com",
    "yandex.com.tr",
    "yandex.kz",
    "yandex.ru",
    "yandex.uz",
];
/// `familysearch.yandex.ru`.
pub(crate) const YANDEX_FAMILY: Ipv4Addr = Ipv4Addr::new(213, 180, 193, 56);

/// `forcesafesearch.google.com`.
pub(crate) const GOOGLE_SAFE: Ipv4Addr = Ipv4Addr::new(216, 239, 38, 120);

/// The names under which Google Search answers, in every country.
pub(crate) static GOOGLE: LazyLock<Vec<HostName>> = LazyLock::new(|| {
    google_domains()
        .filter_map(|suffix| format!("www.google.{suffix}").parse().ok())
        .collect()
});
