//! The browser products the agent knows: where each reads policy, and the files by which
//! its presence is seen.
//!
//! Sources: `components/policy/core/common/policy_paths.cc` of Chromium and its derivatives,
//! and Mozilla's policy templates. Paths are relative to the device's root.

use fyr_schemas::report::Product;

/// What is known of one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
pub const PRODUCTS: [ProductFacts; 7] = [
    facts(Product::Chromium),
    facts(Product::ChromiumBrowser),
    facts(Product::Chrome),
    facts(Product::ChromeForTesting),
    facts(Product::Edge),
    facts(Product::Brave),
    facts(Product::Firefox),
];

/// What is known of `product`: the table.
pub const fn facts(product: Product) -> ProductFacts {
    let (directories, binaries): (&[&str], &[&str]) = match product {
        Product::Chromium => (
            &["etc", "chromium", "policies", "managed"],
            &["usr/bin/chromium", "usr/lib/chromium/chromium"],
        ),
        Product::ChromiumBrowser => (
            &["etc", "chromium-browser", "policies", "managed"],
            &[
                "usr/bin/chromium-browser",
                "usr/lib/chromium-browser/chromium-browser",
                "snap/bin/chromium",
            ],
        ),
        Product::Chrome => (
            &["etc", "opt", "chrome", "policies", "managed"],
            &[
                "opt/google/chrome/chrome",
                "opt/google/chrome-beta/chrome",
                "opt/google/chrome-unstable/chrome",
                "usr/bin/google-chrome",
                "usr/bin/google-chrome-stable",
            ],
        ),
        Product::ChromeForTesting => (
            &["etc", "opt", "chrome_for_testing", "policies", "managed"],
            &[
                "opt/google/chrome-for-testing/chrome",
                "opt/chrome-for-testing/chrome",
                "usr/bin/chrome-for-testing",
            ],
        ),
        Product::Edge => (
            &["etc", "opt", "edge", "policies", "managed"],
            &[
                "opt/microsoft/msedge/msedge",
                "opt/microsoft/msedge-beta/msedge",
                "opt/microsoft/msedge-dev/msedge",
                "usr/bin/microsoft-edge",
                "usr/bin/microsoft-edge-stable",
            ],
        ),
        Product::Brave => (
            &["etc", "brave", "policies", "managed"],
            &[
                "opt/brave.com/brave/brave",
                "usr/bin/brave-browser",
                "usr/bin/brave-browser-stable",
                "snap/bin/brave",
            ],
        ),
        Product::Firefox => (
            &["etc", "firefox", "policies"],
            &[
                "usr/bin/firefox",
                "usr/bin/firefox-esr",
                "usr/lib/firefox/firefox",
                "usr/lib/firefox-esr/firefox-esr",
                "opt/firefox/firefox",
                "snap/bin/firefox",
            ],
        ),
    };
    ProductFacts {
        product,
        directories,
        binaries,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_products_share_a_directory_or_a_binary_and_each_has_one() {
        for (index, one) in PRODUCTS.iter().enumerate() {
            assert!(!one.binaries.is_empty() && !one.directories.is_empty());
            for other in &PRODUCTS[index + 1..] {
                assert_ne!(one.directories, other.directories);
                assert!(one.binaries.iter().all(|b| !other.binaries.contains(b)));
            }
        }
    }
}
