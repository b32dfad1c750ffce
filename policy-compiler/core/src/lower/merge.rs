//! Joins what several controls want of one policy: tables and lists grow, anything else must
//! be equal. A browser's own policy adds members to tables that several settings share, and
//! nothing to what a setting has.

use std::collections::BTreeMap;

use fyr_schemas::ControlId;
use serde_json::Value as Json;

/// One engine's policy file as it grows.
#[derive(Debug, Clone, Default)]
pub(super) struct Policies {
    members: BTreeMap<String, Member>,
}

#[derive(Debug, Clone)]
struct Member {
    value: Json,
    owner: ControlId,
}

/// What wants a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A setting of the table, which knows what else is written there.
    Setting,
    /// The browser's own policy under its own name.
    Verbatim,
}

impl Policies {
    /// Adds what `control` wants; the error names the control that wants something else, and
    /// nothing was changed.
    pub(super) fn join(
        &mut self,
        name: &str,
        value: Json,
        (control, origin): (&ControlId, Origin),
    ) -> Result<(), ControlId> {
        let Some(member) = self.members.get_mut(name) else {
            let owner = control.clone();
            self.members
                .insert(name.to_owned(), Member { value, owner });
            return Ok(());
        };
        let agree = match origin {
            Origin::Setting => agree(&member.value, &value),
            Origin::Verbatim => leaves_alone(&member.value, &value),
        };
        if !agree {
            return Err(member.owner.clone());
        }
        join(&mut member.value, value);
        Ok(())
    }

    /// The finished file.
    pub(super) fn into_file(self) -> BTreeMap<String, Json> {
        self.members
            .into_iter()
            .map(|(name, member)| (name, member.value))
            .collect()
    }
}

fn agree(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Object(a), Json::Object(b)) => a
            .iter()
            .all(|(name, a)| b.get(name).is_none_or(|b| agree(a, b))),
        (Json::Array(_), Json::Array(_)) => true,
        (a, b) => a == b,
    }
}

/// Whether joining `b` to `a` adds members of the table alone.
fn leaves_alone(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Object(a), Json::Object(b)) => {
            b.iter().all(|(name, b)| a.get(name).is_none_or(|a| a == b))
        }
        (a, b) => a == b,
    }
}

fn join(a: &mut Json, b: Json) {
    match (a, b) {
        (Json::Object(a), Json::Object(b)) => {
            for (name, b) in b {
                match a.get_mut(&name) {
                    Some(a) => join(a, b),
                    None => {
                        a.insert(name, b);
                    }
                }
            }
        }
        (Json::Array(a), Json::Array(b)) => {
            for b in b {
                if !a.contains(&b) {
                    a.push(b);
                }
            }
        }
        // INVARIANT: equal, or `agree` would have said so.
        (_, _) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn control(name: &str) -> ControlId {
        name.parse().expect(name)
    }

    #[test]
    fn tables_and_lists_of_two_controls_are_joined() {
        let mut policies = Policies::default();
        let (a, b) = (control("a.a"), control("b.b"));
        let first = json!({"*": {"mode": "blocked"}, "list": [1]});
        let second = json!({"id": {"mode": "allowed"}, "list": [1, 2]});
        assert_eq!(policies.join("P", first, (&a, Origin::Setting)), Ok(()));
        assert_eq!(policies.join("P", second, (&b, Origin::Setting)), Ok(()));
        let joined = json!({
            "*": {"mode": "blocked"}, "id": {"mode": "allowed"}, "list": [1, 2]
        });
        assert_eq!(policies.into_file().get("P"), Some(&joined));
    }

    #[test]
    fn two_values_of_one_member_are_a_clash_and_change_nothing() {
        let mut policies = Policies::default();
        let (a, b) = (control("a.a"), control("b.b"));
        let first = json!({"x": {"y": 1}});
        let wants = |control| (control, Origin::Setting);
        assert_eq!(policies.join("P", first.clone(), wants(&a)), Ok(()));
        let second = json!({"new": 1, "x": {"y": 2}});
        assert_eq!(policies.join("P", second, wants(&b)), Err(a));
        assert_eq!(policies.into_file().get("P"), Some(&first));
    }

    #[test]
    fn a_browsers_own_policy_adds_nothing_to_what_a_setting_has() {
        let (a, b) = (control("a.a"), control("b.b"));
        let joined = |first: Json, second: Json| {
            let mut policies = Policies::default();
            let first = policies.join("P", first, (&a, Origin::Setting));
            first.and_then(|()| policies.join("P", second, (&b, Origin::Verbatim)))
        };
        assert_eq!(joined(json!(["*"]), json!(["x"])), Err(a.clone()));
        assert_eq!(joined(json!(["*"]), json!(["*"])), Ok(()));
        let camera = json!({"Camera": {"Locked": true}});
        assert_eq!(
            joined(camera.clone(), json!({"Camera": {"Allow": ["x"]}})),
            Err(a.clone())
        );
        assert_eq!(
            joined(camera, json!({"Location": {"Locked": true}})),
            Ok(())
        );
    }
}
