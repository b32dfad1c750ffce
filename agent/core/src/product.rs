//! Which policy a browser product reads.

use fyr_schemas::bundle::Engine;
use fyr_schemas::report::{Place, Product};

/// The family whose policy `product` reads.
pub const fn engine(product: Product) -> Engine {
    match product {
        Product::Chromium
        | Product::ChromiumBrowser
        | Product::Chrome
        | Product::ChromeForTesting
        | Product::Edge
        | Product::Brave => Engine::Chromium,
        Product::Firefox => Engine::Firefox,
    }
}

/// The place that holds `product`'s policy.
pub const fn place(product: Product) -> Place {
    match engine(product) {
        Engine::Chromium => Place::Chromium(product),
        Engine::Firefox => Place::Firefox(product),
    }
}
