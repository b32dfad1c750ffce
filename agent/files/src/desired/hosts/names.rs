//! The names that lists close, merged from sorted lists without ever holding one as a whole.

use std::collections::BTreeSet;

use fyr_schemas::bundle::ClosedList;
use fyr_schemas::{CategoryId, HostName};

use crate::actual::hosts::Clashes;

/// A list that a bundle closes, and a way through its names.
#[derive(Debug)]
pub struct List<'a, I> {
    category: &'a CategoryId,
    /// The names that stay open.
    except: BTreeSet<&'a str>,
    names: I,
}

impl<'a, I, E> List<'a, I>
where
    I: Iterator<Item = Result<String, E>>,
{
    /// The list of a category, whose `names` come in order.
    pub fn new(category: &'a CategoryId, closed: &'a ClosedList, names: I) -> Self {
        Self {
            category,
            except: closed.except.iter().map(HostName::as_str).collect(),
            names,
        }
    }

    /// The same list, which leaves one more name open.
    #[must_use]
    pub fn sparing(mut self, name: Option<&'a HostName>) -> Self {
        self.except.extend(name.map(HostName::as_str));
        self
    }

    /// What it closes by a name that stands in it: the name, and the same name behind `www.`.
    fn closes(&self, name: &str) -> Closes {
        let behind_www = behind_www(name);
        let is_excepted = |name: &str| self.except.contains(name);
        if is_excepted(name) {
            return Closes::default();
        }
        Closes {
            itself: true,
            behind_www: behind_www.is_some_and(|name| !is_excepted(&name)),
        }
    }
}

/// What is closed by one name of a list.
#[derive(Debug, Clone, Copy, Default)]
struct Closes {
    itself: bool,
    behind_www: bool,
}

/// The name behind `www.`; none for a name that is behind it already, or too long.
fn behind_www(name: &str) -> Option<String> {
    let behind = format!("www.{name}");
    (!name.starts_with("www.") && HostName::accepts(&behind)).then_some(behind)
}

/// Hands every name that `lists` close to `each`, in the order of the lists' names, each of which
/// is followed by the same name behind `www.`.
pub(super) fn for_each<I, E>(
    lists: Vec<List<'_, I>>,
    mut each: impl FnMut(&str) -> Result<(), E>,
) -> Result<(), E>
where
    I: Iterator<Item = Result<String, E>>,
{
    let mut heads = Vec::with_capacity(lists.len());
    for mut list in lists {
        let next = list.names.next().transpose()?;
        heads.push((next, list));
    }
    while let Some(name) = heads.iter().filter_map(|(next, _)| next.clone()).min() {
        let mut closes = Closes::default();
        for (next, list) in &mut heads {
            if next.as_ref() == Some(&name) {
                let by_list = list.closes(&name);
                closes.itself |= by_list.itself;
                closes.behind_www |= by_list.behind_www;
                *next = list.names.next().transpose()?;
            }
        }
        if closes.itself {
            each(&name)?;
        }
        if let Some(behind) = behind_www(&name).filter(|_| closes.behind_www) {
            each(&behind)?;
        }
    }
    Ok(())
}

/// Which of `names` the lists close, and by which list.
///
/// # Errors
/// Those of the lists.
pub fn clashes<I, E>(names: &BTreeSet<HostName>, lists: Vec<List<'_, I>>) -> Result<Clashes, E>
where
    I: Iterator<Item = Result<String, E>>,
{
    let by_text: BTreeSet<&str> = names.iter().map(HostName::as_str).collect();
    let mut found = Clashes::new();
    for mut list in lists {
        while let Some(name) = list.names.next().transpose()? {
            let closes = list.closes(&name);
            let itself = closes.itself.then(|| name.clone());
            let behind = behind_www(&name).filter(|_| closes.behind_www);
            let both = [itself, behind].into_iter().flatten();
            for name in both.filter(|name| by_text.contains(name.as_str())) {
                if let Ok(name) = name.parse() {
                    let category = list.category.clone();
                    found.entry(name).or_default().insert(category);
                }
            }
        }
    }
    Ok(found)
}
