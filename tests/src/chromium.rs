//! A real Chromium, driven over the DevTools protocol.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::child::Child;
use crate::internet::Internet;
use crate::namespace::Namespace;
use crate::network::{Entrance, LoneNetwork};
use crate::remote::{Answer, Remote, Visit};
use crate::slots::Slot;
use crate::wait;

const PROGRAM: &str = "/usr/bin/chromium";

const POLICIES: &str = "(async () => {
    const { BrowserProxy } = await import('chrome://policy/browser_proxy.js');
    return BrowserProxy.getPolicies(0);
})()";

/// A running Chromium, killed on drop with everything it started.
#[derive(Debug)]
pub struct Chromium {
    process: Child,
    profile: TempDir,
    /// Absent in the machine's own network.
    network: Option<Entrance>,
    _namespace: Namespace,
    _slot: Slot,
}

/// One page of a running Chromium that lets itself be inspected.
#[derive(Debug)]
pub struct Page {
    remote: Remote,
    target: String,
    session: String,
}

/// One policy as `chrome://policy` shows it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ShownPolicy {
    /// The value in force.
    pub value: Value,
    /// Where it came from: `platform` is a file.
    pub source: String,
    /// `mandatory` or `recommended`.
    pub level: String,
    /// For whom it holds: `machine` or `user`.
    pub scope: String,
    /// Everything else that is said of it: errors, warnings, conflicts, what it supersedes.
    #[serde(flatten)]
    pub remarks: BTreeMap<String, Value>,
}

impl Chromium {
    /// Starts one on a new profile that reads its policy from `ROOT/etc/chromium` and finds every
    /// host at the pretended internet. `arguments` may be further switches, or URLs to open.
    pub fn start(root: &Path, internet: &Internet, arguments: &[&str]) -> Result<Self> {
        let leading = internet.chromium_arguments().into_iter().map(Into::into);
        let more = arguments.iter().map(Into::into);
        Self::start_inside(root, None, leading.chain(more).collect())
    }

    /// Starts one inside `network`, where names are resolved by `ROOT/etc/hosts`.
    pub fn start_in(root: &Path, network: &LoneNetwork) -> Result<Self> {
        let any_certificate = vec!["--ignore-certificate-errors".into()];
        Self::start_inside(root, Some(network.entrance()), any_certificate)
    }

    fn start_inside(
        root: &Path,
        network: Option<Entrance>,
        arguments: Vec<OsString>,
    ) -> Result<Self> {
        ensure!(
            Path::new(PROGRAM).is_file(),
            "`{PROGRAM}` is missing: `apt-get install chromium`, or `make test`, which does"
        );
        let slot = Slot::take();
        let profile = tempfile::tempdir()?;
        let namespace = Namespace::over(root)?;
        let mut line: Vec<OsString> = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-component-update",
            "--disable-sync",
            "--remote-debugging-port=0",
        ]
        .map(Into::into)
        .into();
        line.push(format!("--user-data-dir={}", profile.path().display()).into());
        line.extend(arguments);
        let program = Path::new(PROGRAM);
        let process = namespace.start(network.as_ref(), profile.path(), program, &line)?;
        Ok(Self {
            process,
            profile,
            network,
            _namespace: namespace,
            _slot: slot,
        })
    }

    /// Whether it has made the profile in which guests browse.
    pub fn has_let_a_guest_in(&self) -> bool {
        self.profile.path().join("Guest Profile").exists()
    }

    /// Opens a new page to drive.
    pub fn page(&mut self) -> Result<Page> {
        let (port, path) = self.debugger()?;
        let stream = self.connect(port)?;
        let mut remote = Remote::connect(stream, &format!("ws://127.0.0.1:{port}{path}"))?;
        let target = remote.call(
            "Target.createTarget",
            &json!({ "url": "about:blank" }),
            None,
        )?;
        let target = text(&target, "targetId")?.to_owned();
        let attach = json!({ "targetId": target, "flatten": true });
        let session = remote.call("Target.attachToTarget", &attach, None)?;
        let session = text(&session, "sessionId")?.to_owned();
        let mut page = Page {
            remote,
            target,
            session,
        };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), &json!({}))?;
        }
        page.call(
            "Page.setLifecycleEventsEnabled",
            &json!({ "enabled": true }),
        )?;
        Ok(page)
    }

    /// Whether it has opened the port that it was asked for, through which any program may drive it.
    /// Waits until it has opened it or has said that it is not allowed.
    pub fn lets_itself_be_driven(&mut self) -> Result<bool> {
        const REFUSAL: &str = "DevTools remote debugging is disallowed by the system admin";
        let file = self.profile.path().join("DevToolsActivePort");
        self.process.until(
            "an answer to `--remote-debugging-port`",
            wait::LIMIT,
            |process| {
                let is_refused = process.stderr().contains(REFUSAL);
                Ok((is_refused || file.exists()).then_some(!is_refused))
            },
        )
    }

    /// Opens a page off the record that reaches the network through `proxy`, as any program can that
    /// drives the browser.
    pub fn opens_a_private_context_behind(&mut self, proxy: &str) -> Result<bool> {
        let (port, path) = self.debugger()?;
        let stream = self.connect(port)?;
        let mut remote = Remote::connect(stream, &format!("ws://127.0.0.1:{port}{path}"))?;
        let context = remote.call(
            "Target.createBrowserContext",
            &json!({ "proxyServer": proxy }),
            None,
        )?;
        let context = text(&context, "browserContextId")?.to_owned();
        let page = json!({ "url": "about:blank", "browserContextId": context });
        let page = remote.call("Target.createTarget", &page, None)?;
        Ok(text(&page, "targetId").is_ok())
    }

    /// The status line with which the browser answers an attempt to inspect a page.
    pub fn inspection_answer(&mut self) -> Result<String> {
        let (port, path) = self.debugger()?;
        let stream = self.connect(port)?;
        let mut remote = Remote::connect(stream, &format!("ws://127.0.0.1:{port}{path}"))?;
        let targets = remote.call("Target.getTargets", &json!({}), None)?;
        let page = text(page(&targets, |_| true)?, "targetId")?;

        let mut stream = self.connect(port)?;
        stream.set_read_timeout(Some(wait::LIMIT))?;
        write!(
            stream,
            "GET /devtools/page/{page} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )?;
        let mut first = String::new();
        BufReader::new(stream).read_line(&mut first)?;
        Ok(first.trim_end().to_owned())
    }

    fn connect(&self, port: u16) -> Result<TcpStream> {
        match &self.network {
            Some(network) => network.connect(port),
            None => Ok(TcpStream::connect(("127.0.0.1", port))?),
        }
    }

    /// The port and path the browser wrote down when it was ready.
    fn debugger(&mut self) -> Result<(u16, String)> {
        let file = self.profile.path().join("DevToolsActivePort");
        self.process
            .until("the DevTools port of Chromium", wait::LIMIT, |_| {
                let Ok(written) = fs::read_to_string(&file) else {
                    return Ok(None);
                };
                let Some((port, path)) = written.split_once('\n') else {
                    return Ok(None);
                };
                Ok(Some((port.parse()?, path.trim().to_owned())))
            })
    }
}

impl Page {
    /// Goes to a URL, and waits until the page has loaded or was refused.
    pub fn visit(&mut self, url: &str) -> Result<Visit> {
        let answer = self.call("Page.navigate", &json!({ "url": url }))?;
        if let Some(error) = answer.get("errorText").and_then(Value::as_str) {
            return Ok(Visit::Refused(error.to_owned()));
        }
        let loader = text(&answer, "loaderId")?;
        self.remote.event(url, wait::LIMIT, |event| {
            let is = |pointer, value: &str| {
                event.pointer(pointer).and_then(Value::as_str) == Some(value)
            };
            is("/params/name", "load") && is("/params/loaderId", loader)
        })?;
        Ok(Visit::Loaded)
    }

    /// The value of an expression, awaited when it is a promise.
    pub fn evaluate(&mut self, expression: &str) -> Result<Value> {
        let question = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true,
        });
        let answer = self.call("Runtime.evaluate", &question)?;
        if let Some(exception) = answer.get("exceptionDetails") {
            bail!("`{expression}` threw {exception}");
        }
        Ok(answer.pointer("/result/value").cloned().unwrap_or_default())
    }

    /// Every policy the browser knows, by name, as `chrome://policy` shows it.
    pub fn policies(&mut self) -> Result<BTreeMap<String, ShownPolicy>> {
        self.visit("chrome://policy")?;
        let shown = self.evaluate(POLICIES)?;
        let shown: Value = serde_json::from_str(
            shown
                .as_str()
                .context("`chrome://policy` answers in JSON")?,
        )?;
        let policies = shown
            .pointer("/policyGroups/chrome/policies")
            .context("`chrome://policy` groups its policies")?;
        Ok(BTreeMap::deserialize(policies)?)
    }

    /// Whether the page that shows `url` is off the record: its profile is not the browser's own.
    pub fn is_off_the_record(&mut self, url: &str) -> Result<bool> {
        let contexts = self
            .remote
            .call("Target.getBrowserContexts", &json!({}), None)?;
        let own = text(&contexts, "defaultBrowserContextId")?.to_owned();
        let targets = self.remote.call("Target.getTargets", &json!({}), None)?;
        let page = page(&targets, |shown| shown == url)?;
        Ok(text(page, "browserContextId")? != own)
    }

    /// Every complaint of the page's console so far: errors, exceptions, and what the browser logs.
    pub fn complaints(&self) -> Vec<String> {
        let names = [
            "Runtime.exceptionThrown",
            "Runtime.consoleAPICalled",
            "Log.entryAdded",
        ];
        let seen = self.remote.seen(&names).into_iter();
        seen.filter(|event| {
            let level = ["/params/type", "/params/entry/level"]
                .iter()
                .find_map(|pointer| event.pointer(pointer)?.as_str());
            level.is_none_or(|level| matches!(level, "error" | "warning" | "assert"))
        })
        .map(ToString::to_string)
        .collect()
    }

    /// The URL of every request the page has made so far.
    pub fn requests(&self) -> Vec<String> {
        self.remote
            .seen(&["Network.requestWillBeSent"])
            .into_iter()
            .filter_map(|event| Some(event.pointer("/params/request/url")?.as_str()?.to_owned()))
            .collect()
    }

    /// The next event that bears one of these names, waited for.
    pub fn event(&mut self, names: &[&str]) -> Result<Value> {
        let session = &self.session;
        self.remote
            .event(&names.join(" or "), wait::LIMIT, |event| {
                let text = |member| event.get(member).and_then(Value::as_str);
                text("sessionId") == Some(session)
                    && text("method").is_some_and(|method| names.contains(&method))
            })
    }

    /// Forgets every event so far.
    pub fn forget(&mut self) {
        self.remote.forget();
    }

    /// Closes the page.
    pub fn close(mut self) -> Result<()> {
        let target = json!({ "targetId": self.target });
        self.remote.call("Target.closeTarget", &target, None)?;
        Ok(())
    }

    /// The words in which the browser refuses to go to a URL, if it does; `None` where it is none.
    pub fn refusal(&mut self, url: &str) -> Result<Option<Option<String>>> {
        let question = json!({ "url": url });
        let session = Some(self.session.as_str());
        Ok(
            match self.remote.ask("Page.navigate", &question, session)? {
                Answer::Refused(_) => None,
                Answer::Done(answer) => {
                    let error = answer.get("errorText").and_then(Value::as_str);
                    Some(error.map(str::to_owned))
                }
            },
        )
    }

    /// Calls a method of the DevTools protocol on this page.
    pub fn call(&mut self, method: &str, parameters: &Value) -> Result<Value> {
        self.remote.call(method, parameters, Some(&self.session))
    }
}

/// The first page of an answer to `Target.getTargets` whose URL is wanted.
fn page(targets: &Value, wanted: impl Fn(&str) -> bool) -> Result<&Value> {
    let pages = targets.get("targetInfos").and_then(Value::as_array);
    pages
        .into_iter()
        .flatten()
        .filter(|target| target.get("type").and_then(Value::as_str) == Some("page"))
        .find(|page| page.get("url").and_then(Value::as_str).is_some_and(&wanted))
        .with_context(|| format!("no such page among {targets}"))
}

fn text<'a>(answer: &'a Value, member: &str) -> Result<&'a str> {
    answer
        .get(member)
        .and_then(Value::as_str)
        .with_context(|| format!("`{member}` is missing in {answer}"))
}
