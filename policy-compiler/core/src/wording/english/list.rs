//! Words about lists and categories.

use super::Said;
use crate::finding::{EmptyList, FileMeant, List, Mostly};

pub(super) fn words(found: &List) -> Said {
    match found {
        List::Empty { category, why } => Said::new(
            format!("category `{category}` is empty"),
            match why {
                EmptyList::NoFiles => "add `files:` with paths below `lists/`",
                EmptyList::EmptyFiles => "fetch the list again from its source",
                EmptyList::AllDropped { .. } => "run `fyr lists` to see why each line was dropped",
            },
        ),
        List::MissingFile { path, meant } => Said::new(
            format!("file `lists/{path}` is missing"),
            match meant {
                FileMeant::Below(meant) => format!("write `{meant}`: paths begin below `lists/`"),
                FileMeant::Near(meant) => format!("did you mean `{meant}`?"),
                FileMeant::Unclear => {
                    format!("put the file at `lists/{path}`, or correct the path")
                }
            },
        ),
        List::TooLarge { path, most } => Said::new(
            format!("file `{path}` is larger than {most} MiB"),
            "split it into several files",
        ),
        List::Unnamed { path } => Said::new(
            format!("no category names file `lists/{path}`"),
            format!("write `{path}` under the `files` of a category, or remove the file"),
        ),
        List::Changed { category, digest } => Said::new(
            format!("the files of category `{category}` do not match its digest"),
            format!("review what changed; if it is correct, write `digest: {digest}`"),
        ),
        List::MuchDropped {
            category,
            entries,
            dropped,
            mostly,
        } => {
            let Mostly {
                reason,
                count,
                path,
                line,
            } = mostly;
            Said::new(
                format!("{dropped} of the {entries} entries of category `{category}` were dropped"),
                format!(
                    "check the list: {count} entries are {}, the first in `{path}` on line {line}; \
                     `fyr lists` shows the others",
                    reason.words()
                ),
            )
        }
    }
}
