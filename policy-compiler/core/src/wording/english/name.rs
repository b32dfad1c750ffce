//! Words about names.

use super::Said;
use crate::finding::Name;

pub(super) fn words(found: &Name) -> Said {
    match found {
        Name::LooksLikeOwn { name, own } => Said::new(
            format!("`{name}` looks like `{own}` but is another name"),
            format!("write `{own}` if you meant that"),
        ),
        Name::MixedAlphabets { label } => Said::new(
            format!("`{label}` contains a letter of another alphabet"),
            "write the letter with your keyboard",
        ),
    }
}
