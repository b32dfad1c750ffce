//! Joins what several controls want of one policy: tables and lists grow, anything else must
//! be equal.

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

impl Policies {
    /// Adds what `control` wants; the error names the control that wants something else, and
    /// nothing was changed.
    pub(super) fn join(
        &mut self,
        name: &str,
        value: Json,
        control: &ControlId,
    ) -> Result<(), ControlId> {
        let Some(member) = self.members.get_mut(name) else {
            let owner = control.clone();
            self.members
                .insert(name.to_owned(), Member { value, owner });
            return Ok(());
        };
        if !agree(&member.value, &value) {
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
        assert_eq!(policies.join("P", first, &a), Ok(()));
        assert_eq!(policies.join("P", second, &b), Ok(()));
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
        assert_eq!(policies.join("P", first.clone(), &a), Ok(()));
        let second = json!({"new": 1, "x": {"y": 2}});
        assert_eq!(policies.join("P", second, &b), Err(a));
        assert_eq!(policies.into_file().get("P"), Some(&first));
    }
}
