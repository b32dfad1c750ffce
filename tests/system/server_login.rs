//! The login in real browsers: the first account, the logout and the login, through the server's
//! own certificate and behind a proxy that ends TLS.

use std::path::Path;

use anyhow::{Result, ensure};
use fyr_tests::certificate::{Certificate, Files};
use fyr_tests::chromium::{Chromium, Page};
use fyr_tests::device::Device;
use fyr_tests::firefox::Firefox;
use fyr_tests::network::LoneNetwork;
use fyr_tests::proxy::Proxy;
use fyr_tests::remote::Visit;
use fyr_tests::school::School;
use fyr_tests::server::Server;
use fyr_tests::wait;
use serde_json::Value;
use tempfile::TempDir;

const HOST: &str = "fyr.example";

/// What both browsers can do.
trait Browser {
    fn visit(&mut self, url: &str) -> Result<Visit>;
    fn evaluate(&mut self, expression: &str) -> Result<Value>;
}

impl Browser for Page {
    fn visit(&mut self, url: &str) -> Result<Visit> {
        Page::visit(self, url)
    }

    fn evaluate(&mut self, expression: &str) -> Result<Value> {
        Page::evaluate(self, expression)
    }
}

impl Browser for Firefox {
    fn visit(&mut self, url: &str) -> Result<Visit> {
        Firefox::visit(self, url)
    }

    fn evaluate(&mut self, expression: &str) -> Result<Value> {
        self.evaluate_in_page(expression)
    }
}

/// A server in a network of its own, with the origin that people open.
struct Scene {
    origin: String,
    server: Server,
    network: LoneNetwork,
    device: Device,
    _proxy: Option<Proxy>,
    _school: School,
    _files: TempDir,
}

impl Scene {
    fn with_own_certificate() -> Result<Self> {
        Self::open(None, |files| {
            let files = Files::below(files);
            Certificate::new()?.write(&files)?;
            Ok(files.arguments())
        })
    }

    fn behind_a_proxy() -> Result<Self> {
        let network = LoneNetwork::open(&[])?;
        let proxy = Proxy::open(&network, HOST)?;
        let origin = format!("https://{HOST}:{}", proxy.port());
        Self::open(Some((network, proxy)), |_| {
            let arguments = ["--behind-proxy", "127.0.0.1", "--origin", &origin];
            Ok(arguments.map(str::to_owned).into())
        })
    }

    fn open(
        proxied: Option<(LoneNetwork, Proxy)>,
        arguments: impl FnOnce(&Path) -> Result<Vec<String>>,
    ) -> Result<Self> {
        let school = School::new()?;
        school.publish(1)?;
        let files = tempfile::tempdir()?;
        let arguments = arguments(files.path())?;
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (network, proxy) = match proxied {
            Some((network, proxy)) => (network, Some(proxy)),
            None => (LoneNetwork::open(&[])?, None),
        };
        let state = files.path().join("state");
        let server = Server::start_in(&network, &state, &school.repository(), &arguments)?;
        let port = server.address().port();
        if let Some(proxy) = &proxy {
            proxy.forward_to(port);
        }
        let device = Device::new()?;
        let hosts = device.root().join("etc/hosts");
        std::fs::write(hosts, format!("127.0.0.1 localhost {HOST}\n"))?;
        let port = proxy.as_ref().map_or(port, Proxy::port);
        Ok(Self {
            origin: format!("https://{HOST}:{port}"),
            server,
            network,
            device,
            _proxy: proxy,
            _school: school,
            _files: files,
        })
    }

    fn firefox(&self) -> Result<Firefox> {
        Firefox::start(self.device.root(), &self.network, &[])
    }

    fn chromium(&self) -> Result<Chromium> {
        Chromium::start_in(self.device.root(), &self.network)
    }

    /// The path of the one-time link that was printed.
    fn link(&self) -> Result<String> {
        Ok(format!("/setup?link={}", self.server.setup_code()?))
    }
}

/// Makes the first account, logs out, logs in, and sees the dashboard, as a person does.
fn first_account_logout_and_login(scene: &Scene, browser: &mut impl Browser) -> Result<()> {
    let open = |browser: &mut dyn Browser, path: &str| -> Result<()> {
        let visit = browser.visit(&format!("{}{path}", scene.origin))?;
        ensure!(visit == Visit::Loaded, "{path}: {visit:?}");
        Ok(())
    };
    open(browser, &scene.link()?)?;
    submit_credentials(browser)?;
    shows(browser, "/", "No device has joined yet")?;

    browser.evaluate("void document.querySelector('form[action=\"/logout\"] button').click()")?;
    shows(browser, "/login", "Log in")?;
    open(browser, "/")?;
    shows(browser, "/login", "Log in")?;

    submit_credentials(browser)?;
    shows(browser, "/", "No device has joined yet")
}

fn submit_credentials(browser: &mut impl Browser) -> Result<()> {
    browser.evaluate(
        "(() => {
            document.getElementById('name').value = 'anna';
            document.getElementById('password').value = 'fyret viser vej';
            document.querySelector('main form button').click();
        })()",
    )?;
    Ok(())
}

/// Waits until the page at a path shows some words.
fn shows(browser: &mut impl Browser, path: &str, words: &str) -> Result<()> {
    let mut last = Value::Null;
    wait::until(&format!("`{words}` at {path}"), wait::LIMIT, || {
        // A page that is just being left cannot be asked.
        let shown = browser.evaluate(
            "document.readyState === 'complete' && location.pathname + '\\n' + document.body.innerText",
        );
        if let Ok(shown) = shown {
            last = shown;
        }
        let text = last.as_str().unwrap_or_default();
        ensure!(!text.contains("urn:fyr:problem"), "refused: {text}");
        let is_there = text
            .split_once('\n')
            .is_some_and(|(shown, rest)| shown == path && rest.contains(words));
        Ok(is_there.then_some(()))
    })
}

/// A page without an origin asks for a login, and is refused though the browser is logged in.
fn a_page_without_an_origin_is_refused(scene: &Scene, browser: &mut impl Browser) -> Result<()> {
    let page = format!(
        "data:text/html,<form method=post action=\"{}/logout\"><button>x</button></form>",
        scene.origin
    );
    let visit = browser.visit(&page)?;
    ensure!(visit == Visit::Loaded, "{visit:?}");
    browser.evaluate("void document.querySelector('button').click()")?;
    wait::until("a refusal", wait::LIMIT, || {
        let shown = browser
            .evaluate("document.readyState === 'complete' && document.documentElement.textContent");
        let shown = shown.unwrap_or_default();
        let is_refused = shown
            .as_str()
            .is_some_and(|text| text.contains("urn:fyr:problem:wrong-origin"));
        Ok(is_refused.then_some(()))
    })?;
    let visit = browser.visit(&scene.origin)?;
    ensure!(visit == Visit::Loaded, "{visit:?}");
    shows(browser, "/", "No device has joined yet")
}

#[test]
fn chromium_logs_in_with_the_servers_own_certificate() -> Result<()> {
    let scene = Scene::with_own_certificate()?;
    let mut chromium = scene.chromium()?;
    let mut page = chromium.page()?;
    first_account_logout_and_login(&scene, &mut page)?;
    a_page_without_an_origin_is_refused(&scene, &mut page)
}

#[test]
fn chromium_logs_in_behind_a_proxy() -> Result<()> {
    let scene = Scene::behind_a_proxy()?;
    let mut chromium = scene.chromium()?;
    let mut page = chromium.page()?;
    first_account_logout_and_login(&scene, &mut page)?;
    a_page_without_an_origin_is_refused(&scene, &mut page)
}

#[test]
fn firefox_logs_in_with_the_servers_own_certificate() -> Result<()> {
    let scene = Scene::with_own_certificate()?;
    let mut firefox = scene.firefox()?;
    first_account_logout_and_login(&scene, &mut firefox)?;
    a_page_without_an_origin_is_refused(&scene, &mut firefox)
}

#[test]
fn firefox_logs_in_behind_a_proxy() -> Result<()> {
    let scene = Scene::behind_a_proxy()?;
    let mut firefox = scene.firefox()?;
    first_account_logout_and_login(&scene, &mut firefox)?;
    a_page_without_an_origin_is_refused(&scene, &mut firefox)
}
