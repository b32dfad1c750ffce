//! SafeSearch: each search engine's own filter for explicit results, forced.

use std::sync::LazyLock;

use super::{Lowering, Mechanism, OFF_ON, Restriction, Role, Setting};
use crate::catalogue;
use crate::catalogue::safe_hosts as hosts;
use crate::url_filter::UrlFilter;

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "safesearch.google",
        kind: OFF_ON,
        default: "off",
        doc: "Google Search always filters explicit results. The separate addresses of Google \
              Images, which the browser's policy does not reach, are closed.",
        role: Role::Restricts(Restriction::Content),
        lowering: Lowering::Switch {
            chromium: || {
                Mechanism::policy("ForceGoogleSafeSearch", true).and_block_all(&GOOGLE_IMAGES)
            },
            firefox: || {
                Mechanism::pin_all(&hosts::GOOGLE, hosts::GOOGLE_SAFE).and_block_all(&GOOGLE_IMAGES)
            },
        },
    },
    Setting {
        name: "safesearch.bing",
        kind: OFF_ON,
        default: "off",
        doc: "Bing always filters explicit results.",
        role: Role::Restricts(Restriction::Content),
        lowering: Lowering::Switch {
            chromium: || Mechanism::pin(hosts::BING, hosts::BING_STRICT),
            firefox: || Mechanism::pin(hosts::BING, hosts::BING_STRICT),
        },
    },
    Setting {
        name: "safesearch.yandex",
        kind: OFF_ON,
        default: "off",
        doc: "Yandex always filters explicit results.",
        role: Role::Restricts(Restriction::Content),
        lowering: Lowering::Switch {
            chromium: || Mechanism::pin(hosts::YANDEX, hosts::YANDEX_FAMILY),
            firefox: || Mechanism::pin(hosts::YANDEX, hosts::YANDEX_FAMILY),
        },
    },
    Setting {
        name: "safesearch.duckduckgo",
        kind: OFF_ON,
        default: "off",
        doc: "DuckDuckGo is reached only at its safe address, `safe.duckduckgo.com`.",
        role: Role::Restricts(Restriction::Content),
        lowering: Lowering::Switch {
            chromium: || only_safe("duckduckgo.com", "safe.duckduckgo.com"),
            firefox: || only_safe("duckduckgo.com", "safe.duckduckgo.com"),
        },
    },
    Setting {
        name: "safesearch.brave",
        kind: OFF_ON,
        default: "off",
        doc: "Brave Search is reached only at its safe address, `forcesafe.search.brave.com`.",
        role: Role::Restricts(Restriction::Content),
        lowering: Lowering::Switch {
            chromium: || only_safe("search.brave.com", "forcesafe.search.brave.com"),
            firefox: || only_safe("search.brave.com", "forcesafe.search.brave.com"),
        },
    },
    Setting {
        name: "safesearch.ecosia",
        kind: OFF_ON,
        default: "off",
        doc: "Ecosia is reached only at its safe address, `strict-safe-search.ecosia.org`.",
        role: Role::Restricts(Restriction::Content),
        lowering: Lowering::Switch {
            chromium: || only_safe("www.ecosia.org", "strict-safe-search.ecosia.org"),
            firefox: || only_safe("www.ecosia.org", "strict-safe-search.ecosia.org"),
        },
    },
    Setting {
        name: "safesearch.pixabay",
        kind: OFF_ON,
        default: "off",
        doc: "Pixabay is reached only at its safe address, `safesearch.pixabay.com`.",
        role: Role::Restricts(Restriction::Content),
        lowering: Lowering::Switch {
            chromium: || only_safe("pixabay.com", "safesearch.pixabay.com"),
            firefox: || only_safe("pixabay.com", "safesearch.pixabay.com"),
        },
    },
    Setting {
        name: "safesearch.other-engines",
        kind: OFF_ON,
        default: "off",
        doc: "Search engines that have no safe variant to force are closed, so that another engine cannot bypass SafeSearch.",
        role: Role::Restricts(Restriction::Content),
        lowering: Lowering::Switch {
            chromium: || Mechanism::block(UNSAFE_ENGINES.iter().copied()),
            firefox: || Mechanism::block(UNSAFE_ENGINES.iter().copied()),
        },
    },
];

/// Search engines whose filter cannot be forced from outside.
const UNSAFE_ENGINES: &[&str] = &[
    "baidu.com",
    "dogpile.com",
    "gibiru.com",
    "metager.de",
    "metager.org",
    "mojeek.com",
    "presearch.com",
    "priv.au",
    "qwant.com",
    "search.aol.com",
    "search.yahoo.com",
    "searx.be",
    "searx.space",
    "searx.tiekoetter.com",
    "startpage.com",
    "yep.com",
];

/// An engine that publishes a name and no address: its ordinary site is closed instead.
fn only_safe(ordinary: &str, safe: &str) -> Mechanism {
    Mechanism::block([ordinary]).and_allow(&format!(".{safe}"))
}

/// Chromium's policy acts on `[www.]google.TLD` alone (measured).
static GOOGLE_IMAGES: LazyLock<Vec<UrlFilter>> = LazyLock::new(|| {
    catalogue::google_domains()
        .filter_map(|suffix| format!(".images.google.{suffix}").parse().ok())
        .collect()
});
