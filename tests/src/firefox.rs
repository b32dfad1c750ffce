//! A real Firefox, driven over WebDriver BiDi.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::child::Child;
use crate::namespace::Namespace;
use crate::network::LoneNetwork;
use crate::remote::{Answer, Remote, Visit};
use crate::slots::Slot;
use crate::wait;

const PROGRAM: &str = "/usr/bin/firefox-esr";

/// A running Firefox, killed on drop with everything it started.
#[derive(Debug)]
pub struct Firefox {
    remote: Remote,
    page: String,
    window: String,
    _process: Child,
    _profile: TempDir,
    _namespace: Namespace,
    _slot: Slot,
}

impl Firefox {
    /// Starts one on a new profile inside `network`; it reads its policy from `ROOT/etc/firefox`
    /// and names from `ROOT/etc/hosts`. `arguments` may be further switches.
    pub fn start(root: &Path, network: &LoneNetwork, arguments: &[&str]) -> Result<Self> {
        ensure!(
            Path::new(PROGRAM).is_file(),
            "`{PROGRAM}` is missing: `apt-get install firefox-esr`, or `make test`, which does"
        );
        let slot = Slot::take();
        let profile = tempfile::tempdir()?;
        let namespace = Namespace::over(root)?;
        let mut line: Vec<OsString> = [
            "--headless",
            "--no-remote",
            "--remote-debugging-port=0",
            "--remote-allow-system-access",
            "--profile",
        ]
        .map(Into::into)
        .into();
        line.push(profile.path().into());
        line.extend(arguments.iter().map(Into::into));
        let mut process = namespace.start(
            Some(&network.entrance()),
            profile.path(),
            Path::new(PROGRAM),
            &line,
        )?;
        let url = process.until("the BiDi port of Firefox", wait::LIMIT, |process| {
            let written = process.stderr();
            let mut lines = written.lines();
            Ok(lines
                .find_map(|line| line.strip_prefix("WebDriver BiDi listening on "))
                .map(str::to_owned))
        })?;
        let port = url.rsplit_once(':').context("the BiDi URL has a port")?.1;
        let stream = network.entrance().connect(port.parse()?)?;
        let mut remote = Remote::connect(stream, &format!("{url}/session"))?;
        let capabilities = json!({ "alwaysMatch": { "acceptInsecureCerts": true } });
        remote.call(
            "session.new",
            &json!({ "capabilities": capabilities }),
            None,
        )?;
        let page = first_context(&mut remote, &json!({}))?;
        let window = first_context(&mut remote, &json!({ "moz:scope": "chrome" }))?;
        Ok(Self {
            remote,
            page,
            window,
            _process: process,
            _profile: profile,
            _namespace: namespace,
            _slot: slot,
        })
    }

    /// Goes to a URL, and waits until the page has loaded or was refused.
    pub fn visit(&mut self, url: &str) -> Result<Visit> {
        let visit = json!({ "context": self.page, "url": url, "wait": "complete" });
        match self.remote.ask("browsingContext.navigate", &visit, None)? {
            Answer::Done(_) => Ok(Visit::Loaded),
            Answer::Refused(message) => {
                let reason = message.get("message").and_then(Value::as_str);
                let reason = reason.and_then(|reason| reason.strip_prefix("Error: "));
                let reason = reason.with_context(|| format!("visiting `{url}`: {message}"))?;
                Ok(Visit::Refused(reason.to_owned()))
            }
        }
    }

    /// Whether each open window is private, in the browser's own view.
    pub fn private_windows(&mut self) -> Result<Vec<bool>> {
        let windows = self.evaluate(
            "[...Services.wm.getEnumerator('navigator:browser')]
                .map(window => PrivateBrowsingUtils.isWindowPrivate(window))",
        )?;
        Ok(Vec::deserialize(windows)?)
    }

    /// The value of an expression in the browser's own scope, as JSON; nothing is `null`.
    pub fn evaluate(&mut self, expression: &str) -> Result<Value> {
        let window = self.window.clone();
        self.evaluate_in(&window, expression)
    }

    /// The value of an expression in the page that is shown, as JSON; nothing is `null`.
    pub fn evaluate_in_page(&mut self, expression: &str) -> Result<Value> {
        let page = self.page.clone();
        self.evaluate_in(&page, expression)
    }

    fn evaluate_in(&mut self, context: &str, expression: &str) -> Result<Value> {
        let question = json!({
            "expression": format!("(async () => JSON.stringify((await ({expression})) ?? null))()"),
            "target": { "context": context },
            "awaitPromise": true,
        });
        let answer = self.remote.call("script.evaluate", &question, None)?;
        let Some(value) = answer.pointer("/result/value").and_then(Value::as_str) else {
            bail!("`{expression}` has no value: {answer}");
        };
        Ok(serde_json::from_str(value)?)
    }

    /// The policies that the running browser obeys, `null` without any. Unknown and badly typed
    /// ones are missing.
    pub fn active_policies(&mut self) -> Result<Value> {
        self.evaluate("Services.policies.getActivePolicies()")
    }
}

fn first_context(remote: &mut Remote, scope: &Value) -> Result<String> {
    let tree = remote.call("browsingContext.getTree", scope, None)?;
    let first = tree.pointer("/contexts/0/context").and_then(Value::as_str);
    Ok(first.context("a browser has a page")?.to_owned())
}
