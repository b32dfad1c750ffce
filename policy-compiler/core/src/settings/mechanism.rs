//! What it takes to enforce one value of a setting in one browser engine.

use std::net::{IpAddr, Ipv4Addr};

use fyr_schemas::bundle::{Engine, GapReason};
use fyr_schemas::id::HostName;
use serde_json::Value as Json;

use super::{Lowering, Setting, Value};
use crate::url_filter::UrlFilter;

/// The effects that put a value in force in one engine, and how far they reach.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mechanism {
    pub(crate) effects: Vec<Effect>,
    pub(crate) reach: Reach,
}

/// One thing to be done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    /// A member of the engine's policy file. Tables and lists of several settings are joined.
    Policy(&'static str, Json),
    /// A URL filter that is closed.
    Block(UrlFilter),
    /// A URL filter that stays open inside a closed one.
    Allow(UrlFilter),
    /// A name that resolves to an address, for the whole device.
    Host(HostName, IpAddr),
}

/// How far the effects reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The effects are all it takes.
    Whole,
    /// The browser does so without a policy.
    Inherent,
    /// Something stays open, and why.
    Gap(GapReason, &'static str),
}

/// What is reported for an incomplete row.
pub(crate) const UNFORESEEN: &str = "this version does not know how to enforce it";

/// What it takes to enforce a value.
pub(crate) fn mechanism(engine: Engine, setting: Option<&Setting>, value: &Value) -> Mechanism {
    let Some(setting) = setting else {
        return Mechanism::no_target("this version knows no such setting");
    };
    match (setting.lowering, engine) {
        (Lowering::Switch { .. }, _) if setting.default_value().as_ref() == Some(value) => {
            Mechanism::inherent()
        }
        (Lowering::Switch { chromium, .. }, Engine::Chromium) => chromium(),
        (Lowering::Switch { firefox, .. }, Engine::Firefox) => firefox(),
        (Lowering::ByValue { chromium, .. }, Engine::Chromium) => chromium(value),
        (Lowering::ByValue { firefox, .. }, Engine::Firefox) => firefox(value),
        (Lowering::NoTarget(detail), _) => Mechanism::no_target(detail),
        (Lowering::Verbatim(policy), _) => match value {
            Value::Policy(json) if policy.engine == engine => {
                Mechanism::policy(policy.name, json.clone())
            }
            Value::Policy(_) => Mechanism::missing("this is another browser's own policy"),
            Value::Level(_) | Value::Number(_) | Value::Names(_) => Mechanism::unforeseen(),
        },
    }
}

impl Mechanism {
    /// The browser does so without a policy.
    pub(crate) fn inherent() -> Self {
        Self {
            effects: Vec::new(),
            reach: Reach::Inherent,
        }
    }

    /// No target of this version enforces it, because …
    pub(crate) fn no_target(detail: &'static str) -> Self {
        Self {
            effects: Vec::new(),
            reach: Reach::Gap(GapReason::NoTarget, detail),
        }
    }

    /// Nothing can be done, because …
    pub(crate) fn missing(detail: &'static str) -> Self {
        Self {
            effects: Vec::new(),
            reach: Reach::Gap(GapReason::NoMechanism, detail),
        }
    }

    /// A row has a value and no means for it: reported as a gap, so that it is not relied on. Tests
    /// hold that no row comes here.
    pub(crate) fn unforeseen() -> Self {
        Self::missing(UNFORESEEN)
    }

    /// These effects, which are all it takes.
    pub(crate) fn effects(effects: impl IntoIterator<Item = Effect>) -> Self {
        Self {
            effects: effects.into_iter().collect(),
            reach: Reach::Whole,
        }
    }

    /// One policy, which is all it takes.
    pub(crate) fn policy(name: &'static str, value: impl Into<Json>) -> Self {
        Self::effects([Effect::Policy(name, value.into())])
    }

    /// Closes these URL filters.
    pub(crate) fn block<T: AsRef<str>>(filters: impl IntoIterator<Item = T>) -> Self {
        Self::effects([]).and_block(filters)
    }

    /// And closes these URL filters.
    pub(crate) fn and_block<T: AsRef<str>>(mut self, filters: impl IntoIterator<Item = T>) -> Self {
        for filter in filters {
            self = self.and_site(filter.as_ref(), Effect::Block);
        }
        self
    }

    /// And closes these, which were read before: long lists are read once.
    pub(crate) fn and_block_all(mut self, filters: &[UrlFilter]) -> Self {
        self.effects
            .extend(filters.iter().cloned().map(Effect::Block));
        self
    }

    /// But keeps this one open.
    pub(crate) fn and_allow(self, filter: &str) -> Self {
        self.and_site(filter, Effect::Allow)
    }

    fn and_site(mut self, filter: &str, effect: fn(UrlFilter) -> Effect) -> Self {
        match filter.parse() {
            Ok(filter) => {
                self.effects.push(effect(filter));
                self
            }
            Err(_) => self.partly(UNFORESEEN),
        }
    }

    /// Makes these names resolve to one address.
    pub(crate) fn pin<T: AsRef<str>>(
        names: impl IntoIterator<Item = T>,
        address: Ipv4Addr,
    ) -> Self {
        let mut mechanism = Self::effects([]);
        for name in names {
            match name.as_ref().parse() {
                Ok(name) => mechanism
                    .effects
                    .push(Effect::Host(name, IpAddr::V4(address))),
                Err(_) => mechanism = mechanism.partly(UNFORESEEN),
            }
        }
        mechanism
    }

    /// Makes these names, which were read before, resolve to one address.
    pub(crate) fn pin_all(names: &[HostName], address: Ipv4Addr) -> Self {
        let address = IpAddr::V4(address);
        Self::effects(names.iter().map(|name| Effect::Host(name.clone(), address)))
    }

    /// And one policy more.
    pub(crate) fn and(mut self, name: &'static str, value: impl Into<Json>) -> Self {
        self.effects.push(Effect::Policy(name, value.into()));
        self
    }

    /// But something stays open.
    pub(crate) fn partly(mut self, detail: &'static str) -> Self {
        self.reach = Reach::Gap(GapReason::Partial, detail);
        self
    }
}
