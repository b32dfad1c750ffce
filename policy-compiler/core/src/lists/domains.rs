//! A set of domains, each standing for itself and every name below it: the one place that
//! knows how such a set is kept.
//!
//! It is kept as its canonical text: one name a line, sorted by labels from the last to the
//! first, so that a domain and the names below it lie together. Beside it stands a table of where
//! each line begins: 10 to 20 bytes a domain, so that a look-up takes as long in a large set as in
//! a small one.

use std::cmp::Ordering;
use std::fmt;

use crate::name_table::{NameTable, Node};

/// Domains in lower case and punycode, none of them below another.
#[derive(Clone, Default)]
pub struct DomainSet {
    // INVARIANT: sorted by `by_labels`, no line covers another, each ends in `\n`.
    text: String,
    len: usize,
    /// Where the line of each begins.
    lines: NameTable,
}

/// Two are equal that have the same members.
impl PartialEq for DomainSet {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for DomainSet {}

impl DomainSet {
    /// Takes names that are sorted by labels, none of them below another.
    pub(super) fn of_sorted(names: &[&str]) -> Self {
        let mut text = String::with_capacity(names.iter().map(|name| name.len() + 1).sum());
        let above = names_above(names);
        let mut nodes = Vec::with_capacity(names.len() + above.len());
        nodes.extend(above.into_iter().map(|name| (name, Node::Way)));
        for name in names {
            // The table says of a place that is too large for it that it has no room.
            let start = u32::try_from(text.len()).unwrap_or(u32::MAX);
            text.push_str(name);
            text.push('\n');
            nodes.push((name, Node::Last(start)));
        }
        Self {
            text,
            len: names.len(),
            lines: NameTable::of(nodes.into_iter()),
        }
    }

    /// How many domains there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The domains, sorted by labels from the last to the first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.text.lines()
    }

    /// One domain a line, in the order of [`iter`](Self::iter), each line ended by `\n`. Equal
    /// sets have equal texts.
    pub fn canonical_text(&self) -> &str {
        &self.text
    }

    /// The member that is `name` or a domain above it. The name is in lower case and punycode,
    /// without a closing point. Takes a time that depends on the name and not on the set.
    pub fn covering(&self, name: &str) -> Option<&str> {
        let found = self.lines.walk(name, |above, node| {
            let (Node::Last(start) | Node::Filed(start)) = node else {
                return None;
            };
            let start = usize::try_from(start).ok()?;
            let end = start.checked_add(above.len())?;
            let line = self.text.as_bytes().get(start..=end)?;
            let is_it = line.strip_suffix(b"\n") == Some(above.as_bytes());
            is_it.then(|| self.text.get(start..end)).flatten()
        });
        if self.lines.is_crowded() {
            return found.or_else(|| self.search(name));
        }
        found
    }

    /// The same without the table, by halves.
    fn search(&self, name: &str) -> Option<&str> {
        // Only names below the covering member could lie between it and `name`.
        let up_to = self.first_after(|member| by_labels(member, name) != Ordering::Greater);
        let before = self.text.get(..up_to)?;
        let last = before.lines().next_back()?;
        is_within(name, last).then_some(last)
    }

    /// The members that are `name` or below it, in the order of [`iter`](Self::iter). The name
    /// is written as for [`covering`](Self::covering). Where nothing lies below the name, that is
    /// mostly decided without a search.
    pub fn below<'s, 'n>(&'s self, name: &'n str) -> impl Iterator<Item = &'s str> + use<'s, 'n> {
        let may_be_above = self.lines.is_crowded() || self.lines.may_be_above(name);
        let own = self.covering(name).filter(|own| *own == name);
        let searched = may_be_above.then(|| self.search_below(name));
        let own = own.filter(|_| !may_be_above);
        own.into_iter().chain(searched.into_iter().flatten())
    }

    fn search_below<'s, 'n>(
        &'s self,
        name: &'n str,
    ) -> impl Iterator<Item = &'s str> + use<'s, 'n> {
        let from = self.first_after(|member| by_labels(member, name) == Ordering::Less);
        let rest = self.text.get(from..).unwrap_or_default();
        rest.lines()
            .take_while(move |member| is_within(member, name))
    }

    /// Where the line of the first member begins that does not lie `before` a place. The members
    /// before a place come first.
    fn first_after(&self, before: impl Fn(&str) -> bool) -> usize {
        let (mut low, mut high) = (0, self.text.len());
        while low < high {
            let middle = low.midpoint(high);
            let start = self.line_start(middle);
            let Some(member) = self.text.get(start..).and_then(|rest| rest.lines().next()) else {
                break;
            };
            if before(member) {
                low = start + member.len() + 1;
            } else {
                high = start;
            }
        }
        low
    }

    /// Where the line begins that the byte `at` is on.
    fn line_start(&self, at: usize) -> usize {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1)
    }
}

impl fmt::Debug for DomainSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The names above those of a sorted list, each once.
fn names_above<'n>(names: &[&'n str]) -> Vec<&'n str> {
    let mut found = Vec::new();
    let mut before = "";
    for name in names {
        let dots = name.match_indices('.');
        let above = dots.filter_map(|(dot, _)| name.get(dot + 1..));
        // What lies below a name follows it, so one that is known is above the name before too.
        found.extend(above.take_while(|above| before.is_empty() || !is_within(before, above)));
        before = name;
    }
    found
}

/// The order of names by their labels, the last label first.
pub(super) fn by_labels(a: &str, b: &str) -> Ordering {
    a.rsplit('.').cmp(b.rsplit('.'))
}

/// Whether a name is `domain` or below it.
pub(super) fn is_within(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain)
        .is_some_and(|below| below.is_empty() || below.ends_with('.'))
}
