//! The browser products the agent knows: where each reads policy, and the files by which
//! its presence is seen.
//!
//! Sources: `components/policy/core/common/policy_paths.cc` of Chromium and its derivatives,
//! and Mozilla's policy templates. Paths are relative to the device's root.

use fyr_schemas::report::Product;

/// What is known of one product.
#[derive(Debug)]
pub struct ProductFacts {
    /// Which.
    pub product: Product,
    /// The components of the directory it reads policy from, from the root down.
    pub directories: &'static [&'static str],
    /// The executables and launchers of its packages. Presence of one is presence of the product,
    /// and a running program counts as the product only when it is one of these.
    pub binaries: &'static [&'static str],
}

/// Every product, in the order reports list them.
pub const PRODUCTS: [&ProductFacts; 7] = [
    &CHROMIUM,
    &CHROMIUM_BROWSER,
    &CHROME,
    &CHROME_FOR_TESTING,
    &EDGE,
    &BRAVE,
    &FIREFOX,
];

static CHROMIUM: ProductFacts = ProductFacts {
    product: Product::Chromium,
    directories: &["etc", "chromium", "policies", "managed"],
    binaries: &["usr/bin/chromium", "usr/lib/chromium/chromium"],
};

static CHROMIUM_BROWSER: ProductFacts = ProductFacts {
    product: Product::ChromiumBrowser,
    directories: &["etc", "chromium-browser", "policies", "managed"],
    binaries: &[
        "usr/bin/chromium-browser",
        "usr/lib/chromium-browser/chromium-browser",
        "snap/bin/chromium",
    ],
};

static CHROME: ProductFacts = ProductFacts {
    product: Product::Chrome,
    directories: &["etc", "opt", "chrome", "policies", "managed"],
    binaries: &[
        "opt/google/chrome/chrome",
        "opt/google/chrome-beta/chrome",
        "opt/google/chrome-unstable/chrome",
        "usr/bin/google-chrome",
        "usr/bin/google-chrome-stable",
    ],
};

static CHROME_FOR_TESTING: ProductFacts = ProductFacts {
    product: Product::ChromeForTesting,
    directories: &["etc", "opt", "chrome_for_testing", "policies", "managed"],
    binaries: &[
        "opt/google/chrome-for-testing/chrome",
        "opt/chrome-for-testing/chrome",
        "usr/bin/chrome-for-testing",
    ],
};

static EDGE: ProductFacts = ProductFacts {
    product: Product::Edge,
    directories: &["etc", "opt", "edge", "policies", "managed"],
    binaries: &[
        "opt/microsoft/msedge/msedge",
        "opt/microsoft/msedge-beta/msedge",
        "opt/microsoft/msedge-dev/msedge",
        "usr/bin/microsoft-edge",
        "usr/bin/microsoft-edge-stable",
    ],
};

static BRAVE: ProductFacts = ProductFacts {
    product: Product::Brave,
    directories: &["etc", "brave", "policies", "managed"],
    binaries: &[
        "opt/brave.com/brave/brave",
        "usr/bin/brave-browser",
        "usr/bin/brave-browser-stable",
        "snap/bin/brave",
    ],
};

static FIREFOX: ProductFacts = ProductFacts {
    product: Product::Firefox,
    directories: &["etc", "firefox", "policies"],
    binaries: &[
        "usr/bin/firefox",
        "usr/bin/firefox-esr",
        "usr/lib/firefox/firefox",
        "usr/lib/firefox-esr/firefox-esr",
        "opt/firefox/firefox",
        "snap/bin/firefox",
    ],
};

/// What is known of `product`.
pub fn facts(product: Product) -> &'static ProductFacts {
    match product {
        Product::Chromium => &CHROMIUM,
        Product::ChromiumBrowser => &CHROMIUM_BROWSER,
        Product::Chrome => &CHROME,
        Product::ChromeForTesting => &CHROME_FOR_TESTING,
        Product::Edge => &EDGE,
        Product::Brave => &BRAVE,
        Product::Firefox => &FIREFOX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_finds_its_own_facts() {
        for known in PRODUCTS {
            assert!(std::ptr::eq(known, facts(known.product)));
            assert!(!known.binaries.is_empty());
        }
    }

    #[test]
    fn no_two_products_share_a_directory_or_a_binary() {
        for (index, one) in PRODUCTS.iter().enumerate() {
            for other in &PRODUCTS[index + 1..] {
                assert_ne!(one.directories, other.directories);
                assert!(one.binaries.iter().all(|b| !other.binaries.contains(b)));
            }
        }
    }
}
