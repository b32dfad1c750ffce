//! Asks a real Chromium for thousands of verdicts: filters are put in force by its policy test
//! page, and URLs are opened in frames of one page, all at once.
//!
//! A frame is navigated like a page and refused like one; what frames cannot be sent to (files,
//! sources, the browser's own pages) is visited by a page. No host resolves, so all that is not
//! refused by policy fails at once, in other words.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use fyr_policy_core::url_filter::Verdict;
use serde_json::{Value, json};

use super::{Browser, FilterSet};
use crate::chromium::{Chromium, Page};
use crate::device::Device;
use crate::internet::Internet;
use crate::wait;

/// The browser turns `http` into `https` and asks about both; here it must not, or a
/// filter of the one scheme would seem to close the other.
const AS_WRITTEN: &str =
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedMode,HttpsFirstBalancedModeAutoEnable";
const NO_HOST_RESOLVES: &str = "--host-resolver-rules=MAP * ~NOTFOUND";

const BLOCKED: &str = "net::ERR_BLOCKED_BY_ADMINISTRATOR";

const EVENTS: [&str; 3] = [
    "Page.frameStartedNavigating",
    "Page.frameNavigated",
    "Network.loadingFailed",
];

const APPLY: &str = "(async policies => {
    const { PolicyTestBrowserProxy } =
        await import('chrome://policy/test/policy_test_browser_proxy.js');
    return PolicyTestBrowserProxy.applyTestPolicies(policies, '');
})";

/// Opens every URL in a frame of its own, and says which texts are none.
///
/// An `object` shows nothing when it is refused, where a frame would render a page of error.
const OPEN: &str = "(urls => {
    document.body.replaceChildren();
    return urls.map(url => {
        if (!URL.canParse(url)) return false;
        const frame = document.createElement('object');
        frame.type = 'text/html';
        frame.data = url;
        document.body.append(frame);
        return true;
    });
})";

/// How many filters the oracle itself puts before those of each list of a set.
pub const OWN_FILTERS: usize = 1;

/// A running Chromium that answers for one set of filters after another.
#[derive(Debug)]
pub struct ChromiumOracle {
    chromium: Chromium,
    policies: Page,
    frames: Page,
    visits: Page,
    /// The number of the set in force.
    set: usize,
    _device: Device,
    _internet: Internet,
}

impl ChromiumOracle {
    /// Starts one.
    pub fn start() -> Result<Self> {
        let device = Device::new()?;
        let internet = Internet::open()?;
        let arguments = [AS_WRITTEN, NO_HOST_RESOLVES];
        let mut chromium = Chromium::start(device.root(), &internet, &arguments)?;
        let mut policies = chromium.page()?;
        policies.visit("chrome://policy/test")?;
        let (frames, visits) = (chromium.page()?, chromium.page()?);
        Ok(Self {
            chromium,
            policies,
            frames,
            visits,
            set: 0,
            _device: device,
            _internet: internet,
        })
    }

    /// Puts a set in force, and returns once it is: the browser builds its lists in a task of
    /// its own. A host of ours tells, where nothing ranks above two paths of its exact name.
    fn apply(&mut self, set: &FilterSet) -> Result<()> {
        self.set += 1;
        let mut closed = vec![format!(".in-force.invalid/{}/", self.set)];
        closed.extend(set.filters(Verdict::Block));
        let mut open = vec![".in-force.invalid".to_owned()];
        open.extend(set.filters(Verdict::Allow));
        let policy = |name: &str, value: Vec<String>| {
            json!({
                "namespace": "chrome", "source": 5, "scope": 1, "level": 1,
                "name": name, "value": value,
            })
        };
        let policies = json!([policy("URLBlocklist", closed), policy("URLAllowlist", open)]);
        let policies = Value::String(policies.to_string());
        self.policies.evaluate(&format!("{APPLY}({policies})"))?;
        let reported = [format!("https://in-force.invalid/{}/", self.set)];
        wait::until("a set of filters to be in force", wait::LIMIT, || {
            let answer = self.in_frames(&reported)?;
            Ok((answer == [Some(Verdict::Block)]).then_some(()))
        })
    }

    /// What becomes of URLs that a frame may be sent to.
    fn in_frames(&mut self, urls: &[String]) -> Result<Vec<Option<Verdict>>> {
        // The fragment, at which no filter looks, tells one URL from another.
        let marked: Vec<String> = (0..)
            .zip(urls)
            .map(|(number, url): (usize, _)| {
                let sign = if url.contains('#') { "" } else { "#" };
                format!("{url}{sign}!{number}")
            })
            .collect();
        self.frames.forget();
        // A page behind another lays nothing out, and an `object` is loaded when it is laid out.
        self.frames.call("Page.bringToFront", &json!({}))?;
        let opened = self
            .frames
            .evaluate(&format!("{OPEN}({})", json!(marked)))?;
        let opened: Vec<bool> = serde_json::from_value(opened)?;
        let mut loads: BTreeMap<String, usize> = BTreeMap::new();
        let mut answers = vec![None; urls.len()];
        let asked = opened.iter().filter(|opened| **opened).count();
        while answers.iter().flatten().count() < asked {
            let event = self.frames.event(&EVENTS).with_context(|| {
                let asked = urls.iter().zip(&answers).zip(&opened);
                let waiting: Vec<_> = asked
                    .filter_map(|((url, answer), opened)| {
                        (*opened && answer.is_none()).then_some(url)
                    })
                    .collect();
                format!("no answer for {waiting:?}")
            })?;
            let text = |pointer| event.pointer(pointer).and_then(Value::as_str);
            if let (Some(load), Some(url)) = (text("/params/loaderId"), text("/params/url")) {
                let number = url.rsplit_once('!').map(|(_, number)| number);
                let number = number.with_context(|| format!("`{url}` was not asked about"))?;
                loads.insert(load.to_owned(), number.parse()?);
                continue;
            }
            let failed = text("/params/requestId");
            let load = failed.or_else(|| text("/params/frame/loaderId"));
            let Some(number) = load.and_then(|load| loads.get(load)) else {
                continue;
            };
            let is_blocked = text("/params/errorText") == Some(BLOCKED);
            let answer = answers.get_mut(*number);
            let answer = answer.with_context(|| format!("number {number} was not asked about"))?;
            answer.get_or_insert(verdict(is_blocked));
        }
        Ok(answers)
    }

    /// What becomes of a URL that a page is sent to, under the set in force.
    pub fn visit(&mut self, url: &str) -> Result<Option<Verdict>> {
        let is_own_page = url.starts_with("chrome") || url.starts_with("devtools");
        let refusal = if is_own_page {
            // The browser dies when a page that was sent to one of these is sent elsewhere.
            let mut page = self.chromium.page()?;
            let refusal = page.refusal(url)?;
            page.close()?;
            refusal
        } else {
            self.visits.refusal(url)?
        };
        Ok(refusal.map(|words| verdict(words.as_deref() == Some(BLOCKED))))
    }
}

impl Browser for ChromiumOracle {
    fn answer(&mut self, set: &FilterSet, urls: &[String]) -> Result<Vec<Option<Verdict>>> {
        self.apply(set)?;
        let (framed, visited): (Vec<String>, Vec<String>) =
            urls.iter().cloned().partition(|url| is_for_frames(url));
        let mut framed = self.in_frames(&framed)?.into_iter();
        let mut visited = visited
            .iter()
            .map(|url| {
                let visit = self.visit(url);
                visit.with_context(|| format!("visiting `{url}`"))
            })
            .collect::<Result<Vec<_>>>()?
            .into_iter();
        let answers: Vec<_> = urls
            .iter()
            .filter_map(|url| {
                if is_for_frames(url) {
                    framed.next()
                } else {
                    visited.next()
                }
            })
            .collect();
        ensure!(answers.len() == urls.len(), "every URL has an answer");
        Ok(answers)
    }
}

/// Whether a page of the web may send a frame there: not to what is no web, and not with a password.
fn is_for_frames(url: &str) -> bool {
    let (scheme, rest) = url.split_once(':').unwrap_or_default();
    let authority = rest.trim_start_matches('/').split(['/', '?', '#']).next();
    matches!(
        scheme,
        "http" | "https" | "ws" | "wss" | "ftp" | "data" | "mailto" | "tel" | "bogus" | "intent"
    ) && !(rest.starts_with("//") && authority.is_some_and(|authority| authority.contains('@')))
}

fn verdict(is_blocked: bool) -> Verdict {
    if is_blocked {
        Verdict::Block
    } else {
        Verdict::Allow
    }
}
