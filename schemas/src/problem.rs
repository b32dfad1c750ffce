//! How our server marks the problems that it answers with, so that a device can distinguish them from
//! the answers of something between the two: a proxy, the login page of a network.

/// The media type of a problem (RFC 9457).
pub const MEDIA_TYPE: &str = "application/problem+json";

/// How the `type` of every problem of our server begins. No other program answers with it.
pub const TYPE_PREFIX: &str = "urn:fyr:problem:";
