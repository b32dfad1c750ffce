//! Words about lists and categories.

use super::{Said, phrase};
use crate::finding::{EmptyList, FileMeant, List, Mostly};
use crate::lists::Dropped;

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
                format!(
                    "{dropped} of the {} of category `{category}` were dropped",
                    phrase::counted(*entries, "entry", "entries")
                ),
                format!(
                    "check the list: {} dropped ({}), the first in `{path}` on line {line}; `fyr \
                     lists` shows the others",
                    phrase::counted(*count, "entry was", "entries were"),
                    self::dropped(*reason)
                ),
            )
        }
    }
}

/// Why an entry of a list is not in its category, as it follows a number of entries: `3 are listed
/// twice`.
pub(in crate::wording) fn dropped(reason: Dropped) -> &'static str {
    match reason {
        Dropped::Duplicate => "listed twice",
        Dropped::Covered => "below a listed domain",
        Dropped::PublicSuffix => "public suffixes, below which strangers have their sites",
        Dropped::SingleLabel => "names of one label, which are no sites of the internet",
        Dropped::Local => "of the device itself or the network around it",
        Dropped::Redirect => "hosts lines that lead somewhere else",
        Dropped::Exception => "exceptions (`@@`)",
        Dropped::Cosmetic => "rules that hide parts of pages",
        Dropped::SomeRequests => "rules for some requests of pages, not for visits (`$`)",
        Dropped::Pattern => "patterns",
        Dropped::Unreadable => "neither a domain, an address nor a URL prefix",
        Dropped::NotText => "not UTF-8 text",
    }
}
