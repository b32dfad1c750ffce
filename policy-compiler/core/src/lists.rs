//! Category lists: which sites the text of a list names, and why each other line was dropped.
//!
//! [`read`] takes the files of one category, in any of the syntaxes that lists come in. What
//! it finds is normalised, and nothing in it is said twice: neither a domain below another
//! nor a prefix within one.

mod account;
mod domains;
mod entry;
mod reading;
mod subsume;
mod syntax;
#[cfg(test)]
mod tests;

pub use self::account::{Account, Dropped, Placement, Tally};
pub use self::domains::DomainSet;
pub use self::reading::{List, read};
