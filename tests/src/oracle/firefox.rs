//! Asks a real Firefox for thousands of verdicts: its own filter is given one set after another, and
//! is asked as the browser asks it before it loads a page.
//!
//! Firefox reads its policy at start only. That what the filter says is what a visit meets, and that
//! the policy file reaches it, is shown apart (`tests/system/oracle.rs`).

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Result, ensure};
use fyr_policy_core::desired::{Decided, Desired, SiteEntry};
use fyr_policy_core::lower::lower;
use fyr_policy_core::url_filter::Verdict;
use fyr_schemas::bundle::{Audience, Coverage, Engine};
use serde_json::{Value, json};

use super::{Browser, FilterSet};
use crate::device::Device;
use crate::firefox::Firefox;
use crate::network::LoneNetwork;
use crate::remote::Visit;

/// Starts the filter anew, which keeps old exceptions when it is given none. A pattern that it
/// cannot read would be left out, so it is reported.
const INIT: &str = "(({ Block, Exceptions }) => {
    const { WebsiteFilter } =
        ChromeUtils.importESModule('resource:///modules/policies/WebsiteFilter.sys.mjs');
    WebsiteFilter._exceptionsPatterns = null;
    WebsiteFilter.init(Block, Exceptions);
    return [...Block, ...Exceptions].filter(pattern => {
        try {
            return !new MatchPattern(pattern.toLowerCase());
        } catch {
            return true;
        }
    });
})";

const ASK: &str = "(urls => {
    const { WebsiteFilter } =
        ChromeUtils.importESModule('resource:///modules/policies/WebsiteFilter.sys.mjs');
    const load = { externalContentPolicyType: Ci.nsIContentPolicy.TYPE_DOCUMENT };
    return urls.map(url => {
        if (!URL.canParse(url)) return null;
        return WebsiteFilter.shouldLoad(Services.io.newURI(url), load) === Ci.nsIContentPolicy.ACCEPT;
    });
})";

/// What the compiler makes of a set for Firefox.
#[derive(Debug)]
pub struct Lowered {
    /// The policy `WebsiteFilter`.
    pub filter: Value,
    /// The rules that it is said to enforce: all except those that are reported as a gap.
    pub claimed: FilterSet,
}

impl Lowered {
    /// Compiles a set, each of its filters as a rule of its own.
    pub fn from(set: &FilterSet) -> Result<Self> {
        let sites = (0..).zip(&set.rules).map(|(number, rule): (usize, _)| {
            Ok(Decided {
                value: SiteEntry::Filter(rule.clone()),
                rule: format!("regel-{number}").parse()?,
                decision: None,
            })
        });
        let bundle = lower(&Desired {
            organisation: "ballerup".parse()?,
            group: "skovlunde-2031".parse()?,
            unit: "/skoler/skovlunde".parse()?,
            unit_name: None,
            audience: Audience::Pupils,
            stage: "indskoling".parse()?,
            settings: BTreeMap::new(),
            sites: sites.collect::<Result<_>>()?,
            decisions: BTreeMap::new(),
            kept_parts: Vec::new(),
            oldest_browsers: BTreeMap::new(),
        })
        .bundle;
        let is_claimed = |number: usize| {
            let end = format!(".regel-{number}");
            let mut controls = bundle.controls.iter();
            controls.any(|control| {
                let coverage = control.coverage.get(&Engine::Firefox);
                control.id.as_str().ends_with(&end)
                    && !matches!(coverage, None | Some(Coverage::Gap(_)))
            })
        };
        let rules = (0..).zip(&set.rules);
        let rules = rules.filter(|(number, _)| is_claimed(*number));
        let nothing = json!({ "Block": [], "Exceptions": [] });
        Ok(Self {
            filter: bundle
                .firefox
                .get("WebsiteFilter")
                .cloned()
                .unwrap_or(nothing),
            claimed: FilterSet {
                rules: rules.map(|(_, rule)| rule.clone()).collect(),
            },
        })
    }
}

/// A running Firefox that answers for one filter after another.
#[derive(Debug)]
pub struct FirefoxOracle {
    firefox: Firefox,
    _network: LoneNetwork,
    _device: Device,
}

impl FirefoxOracle {
    /// Starts one with a set in its policy file. Nothing can be reached from it.
    pub fn start(set: &FilterSet) -> Result<Self> {
        let filter = Lowered::from(set)?.filter;
        let device = Device::new()?;
        let directory = device.root().join("etc/firefox/policies");
        fs::create_dir_all(&directory)?;
        let policies = json!({ "policies": { "WebsiteFilter": filter } });
        fs::write(directory.join("policies.json"), policies.to_string())?;
        let network = LoneNetwork::open(&[])?;
        let firefox = Firefox::start(device.root(), &network, &[])?;
        Ok(Self {
            firefox,
            _network: network,
            _device: device,
        })
    }

    /// What becomes of a visit under the set in the policy file: every one that is not refused by
    /// policy fails for want of a network. `None` where Firefox finds no URL.
    pub fn visit(&mut self, url: &str) -> Result<Option<Verdict>> {
        let question = format!("URL.canParse({})", json!(url));
        if self.firefox.evaluate(&question)? != json!(true) {
            return Ok(None);
        }
        let refused = Visit::Refused("NS_ERROR_BLOCKED_BY_POLICY".into());
        Ok(Some(verdict(self.firefox.visit(url)? != refused)))
    }
}

impl Browser for FirefoxOracle {
    fn answer(&mut self, set: &FilterSet, urls: &[String]) -> Result<Vec<Option<Verdict>>> {
        let filter = Lowered::from(set)?.filter;
        let unread = self.firefox.evaluate(&format!("{INIT}({filter})"))?;
        ensure!(unread == json!([]), "Firefox reads no pattern in {unread}");
        let opened = self.firefox.evaluate(&format!("{ASK}({})", json!(urls)))?;
        let opened: Vec<Option<bool>> = serde_json::from_value(opened)?;
        Ok(opened
            .into_iter()
            .map(|opened| opened.map(verdict))
            .collect())
    }
}

fn verdict(is_open: bool) -> Verdict {
    if is_open {
        Verdict::Allow
    } else {
        Verdict::Block
    }
}
