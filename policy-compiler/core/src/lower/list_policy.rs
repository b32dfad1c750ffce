//! The policies that hold an engine's lists, and what an old browser does not know of a policy.

use std::collections::BTreeMap;

use fyr_policy_source::BrowserVersion;
use fyr_schemas::bundle::Engine;
use serde_json::{Value as Json, json};

use super::sites::Lists;
use crate::catalogue::{self, TooNew};
use crate::gap::NotKnown;
use crate::url_filter::Verdict;

/// What a browser of this version does not know of a policy.
pub(super) fn not_known(
    engine: Engine,
    oldest: BrowserVersion,
    policy: &str,
    value: &Json,
) -> Vec<NotKnown> {
    let policy = catalogue::find_in(engine, policy);
    let too_new = policy.map_or_else(Vec::new, |policy| policy.too_new_for(oldest, value));
    let too_new = too_new.into_iter();
    too_new
        .map(|TooNew { policy, needs }| NotKnown {
            policy,
            needs,
            engine,
            oldest,
        })
        .collect()
}

/// The policy that holds an engine's open or closed sites.
pub(super) fn list_name(engine: Engine, verdict: Verdict) -> &'static str {
    match (engine, verdict) {
        (Engine::Chromium, Verdict::Allow | Verdict::Warn) => "URLAllowlist",
        (Engine::Chromium, Verdict::Block) => "URLBlocklist",
        (Engine::Firefox, Verdict::Allow | Verdict::Warn | Verdict::Block) => "WebsiteFilter",
    }
}

/// Writes an engine's lists into its policy file.
pub(super) fn write_lists(engine: Engine, lists: &Lists, policies: &mut BTreeMap<String, Json>) {
    if lists.closed.is_empty() && lists.open.is_empty() {
        return;
    }
    match engine {
        Engine::Chromium => {
            for (verdict, list) in [
                (Verdict::Allow, &lists.open),
                (Verdict::Block, &lists.closed),
            ] {
                if !list.is_empty() {
                    policies.insert(list_name(engine, verdict).to_owned(), json!(list));
                }
            }
        }
        Engine::Firefox => {
            let filter = json!({"Block": lists.closed, "Exceptions": lists.open});
            policies.insert(list_name(engine, Verdict::Block).to_owned(), filter);
        }
    }
}
