//! Words about what is not enforced.

use super::phrase;
use crate::gap::{Cause, LONGEST_LIST, Loss, LossReason, NotKnown};

/// Why a control is not enforced, or not wholly.
pub(in crate::wording) fn causes(causes: &[Cause]) -> String {
    let causes: Vec<String> = causes.iter().map(cause).collect();
    causes.join("; ")
}

fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Setting(text) => (*text).to_owned(),
        Cause::Overridden { by, subject } => {
            format!("`{by}` sets `{subject}` to another value and overrides it")
        }
        Cause::Lost { first, more: 0 } => loss(first),
        Cause::Lost { first, more } => {
            format!("{} (and {more} more: `fyr sites` lists all)", loss(first))
        }
        Cause::NotKnown(policy) => not_known(policy),
        Cause::ByNames(categories) => {
            let categories = categories.iter();
            let names = categories.map(|category| format!("category:{category}"));
            format!(
                "{} does not fit into the {LONGEST_LIST} entries that the browser reads: the device \
                 closes the names, and what lies below them, other than `www.`, stays open",
                phrase::quoted(names)
            )
        }
        Cause::BelowName { domain } => {
            format!("the device closes the name `{domain}`, and this lies below it")
        }
        Cause::Unreached => {
            "no target of this version reaches the accounts of personal devices".to_owned()
        }
    }
}

/// What a reason is of the browser or the device, for any site.
pub(in crate::wording) fn reason(reason: &LossReason) -> String {
    let fixed = match reason {
        LossReason::ListFull => {
            return format!("the browser reads {LONGEST_LIST} entries of a list");
        }
        LossReason::TooManyParts { .. } => {
            return format!(
                "the browser reads {LONGEST_LIST} entries of a list, and no name tells them apart"
            );
        }
        LossReason::WouldOpen { closed } => {
            return format!("the browser would open `{closed}` with it");
        }
        LossReason::Unread(policy) => return not_known(policy),
        LossReason::Port => "the browser cannot tell ports apart",
        LossReason::Query => "the browser reads no query conditions",
        LossReason::Bar => "the browser writes `|` otherwise",
        LossReason::Escaped => {
            "the browser reads escapes and merges slashes before it compares, and never meets this"
        }
        LossReason::Scheme => "the browser filters no such scheme",
        LossReason::Address => "the browser filters no such address",
        LossReason::NoWarning => "the browser cannot show the guidance first",
        LossReason::NoHostName => "no hosts file holds such a name",
    };
    fixed.to_owned()
}

fn loss(loss: &Loss) -> String {
    let Loss { what, reason: why } = loss;
    let reason = reason(why);
    match why {
        LossReason::ListFull => format!("`{what}` does not fit: {reason}"),
        LossReason::NoWarning => format!("`{what}` opens, and {reason}"),
        LossReason::NoHostName => {
            format!("`{what}` does not fit into the browser's list, and {reason}")
        }
        LossReason::TooManyParts { count } => {
            let parts = phrase::counted(
                *count,
                "URL prefix or address of it does",
                "of its URL prefixes and addresses do",
            );
            format!("`{what}`: {parts} not fit: {reason}")
        }
        LossReason::WouldOpen { .. } => format!("`{what}` stays closed: {reason}"),
        LossReason::Port
        | LossReason::Query
        | LossReason::Bar
        | LossReason::Escaped
        | LossReason::Scheme
        | LossReason::Address
        | LossReason::Unread(_) => format!("`{what}`: {reason}"),
    }
}

fn not_known(unknown: &NotKnown) -> String {
    let NotKnown {
        policy,
        needs,
        engine,
        oldest,
    } = unknown;
    format!("`{policy}` needs {needs}; {engine} {oldest} does not know it")
}
