//! Who gets in: the one-time link, the login behind a proxy, and TLS of the server's own.

use std::ops::Deref;

use anyhow::{Context, Result, ensure};
use fyr_tests::certificate::{Certificate, Files};
use fyr_tests::client::Answer;
use fyr_tests::hosted::{GROUP, Hosted, ORIGIN};
use fyr_tests::server::Server;

const PASSWORD: &str = "fyret+viser+vej";

/// Where the proxy is: at the address that the test asks from.
const PROXY: &str = "127.0.0.1";

/// A server behind a proxy.
struct Scene(Hosted);

impl Deref for Scene {
    type Target = Hosted;

    fn deref(&self) -> &Hosted {
        &self.0
    }
}

impl Scene {
    fn open() -> Result<Self> {
        Ok(Self(Hosted::behind_proxy(PROXY)?))
    }

    fn restart(&mut self, more: &[&str]) -> Result<()> {
        let proxied = ["--behind-proxy", PROXY, "--origin", ORIGIN];
        self.0.restart(&[&proxied, more].concat())
    }

    /// Gets a path as a browser does, with further header lines.
    fn get(&self, path: &str, headers: &str) -> Result<Answer> {
        self.server.ask(&format!(
            "GET {path} HTTP/1.1\r\nhost: fyr.example\r\naccept: text/html\r\n{headers}connection: close\r\n\r\n"
        ))
    }

    /// Sends a form as the proxy does for a browser at `place`.
    fn submit(&self, path: &str, place: &str, form: &str) -> Result<Answer> {
        let headers = format!("x-forwarded-for: 10.0.0.1, {place}\r\n");
        self.server.submit(ORIGIN, path, &headers, form)
    }

    /// Makes the first account, and returns the header line of its session.
    fn set_up(&self) -> Result<String> {
        let link = self.setup_code()?;
        let form = format!("link={link}&name=anna&password=fyret%2Bviser%2Bvej");
        session(&self.submit("/setup", "192.0.2.1", &form)?)
    }
}

fn session(answer: &Answer) -> Result<String> {
    ensure!(answer.status == 303, "{answer:?}");
    let cookie = answer.header("set-cookie").context("a cookie is set")?;
    for attribute in [
        "__Host-fyr=",
        "HttpOnly",
        "SameSite=Strict",
        "Secure",
        "Path=/",
    ] {
        ensure!(cookie.contains(attribute), "`{attribute}` in `{cookie}`");
    }
    let pair = cookie.split(';').next().unwrap_or_default();
    Ok(format!("cookie: {pair}\r\n"))
}

#[test]
fn nothing_of_the_fleet_is_shown_without_a_login_and_devices_need_none() -> Result<()> {
    let scene = Scene::open()?;
    let page = scene.get("/", "")?;
    assert_eq!(
        (page.status, page.header("location")),
        (303, Some("/login"))
    );
    for path in ["/api/v1/fleet", "/api/v1/fleet/changes", "/metrics"] {
        let answer = scene.server.get(path)?;
        assert_eq!(answer.status, 401, "{path}");
        assert!(answer.header("www-authenticate").is_some(), "{path}");
        let forged = scene.get(path, "cookie: __Host-fyr=0123456789abcdef\r\n")?;
        assert_eq!(forged.status, 303, "{path}");
    }
    assert_eq!(scene.get("/login", "")?.status, 200);
    let timestamp = scene.server.get("/repository/metadata/timestamp.json")?;
    assert_eq!(timestamp.status, 200);
    scene.joined(GROUP)?;
    assert_eq!(scene.server.events("/api/v1/hints")?.next("revision")?, "1");
    Ok(())
}

#[test]
fn the_one_time_link_makes_one_account_and_no_second() -> Result<()> {
    let mut scene = Scene::open()?;
    let link = scene.setup_code()?;
    let try_setup = |link: &str, name: &str, password: &str| -> Result<u16> {
        let form = format!("link={link}&name={name}&password={password}");
        Ok(scene.submit("/setup", "192.0.2.1", &form)?.status)
    };
    assert_eq!(try_setup("0000", "anna", "fyret-viser-vej")?, 403);
    assert_eq!(try_setup(&link, "anna", "short")?, 422);
    assert_eq!(try_setup(&link, "", "fyret-viser-vej")?, 422);
    for steers in ["an%1Bna", "an%E2%80%AEna"] {
        assert_eq!(
            try_setup(&link, steers, "fyret-viser-vej")?,
            422,
            "{steers}"
        );
    }
    assert_eq!(try_setup(&link, "anna", "fyret-viser-vej")?, 303);
    assert_eq!(try_setup(&link, "eve", "fyret-viser-vej")?, 403);

    scene.restart(&[])?;
    assert!(!scene.log().contains("/setup?link="));
    scene.restart(&["--account-link"])?;
    assert_ne!(scene.setup_code()?, link);
    Ok(())
}

#[test]
fn a_session_opens_the_dashboard_outlives_a_restart_and_ends_with_the_logout() -> Result<()> {
    let mut scene = Scene::open()?;
    let cookie = scene.set_up()?;
    assert_eq!(scene.get("/", &cookie)?.status, 200);
    scene.restart(&[])?;
    assert_eq!(scene.get("/", &cookie)?.status, 200);

    let logout = format!(
        "POST /logout HTTP/1.1\r\nhost: fyr.example\r\norigin: {ORIGIN}\r\n{cookie}content-length: 0\r\nconnection: close\r\n\r\n"
    );
    assert_eq!(scene.server.ask(&logout)?.status, 303);
    assert_eq!(scene.get("/", &cookie)?.status, 303);

    let form = "name=anna&password=fyret%2Bviser%2Bvej";
    let again = session(&scene.submit("/login", "192.0.2.1", form)?)?;
    assert_ne!(again, cookie);
    assert_eq!(scene.get("/", &again)?.status, 200);
    Ok(())
}

#[test]
fn a_monitoring_system_gets_in_with_name_and_password() -> Result<()> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let scene = Scene::open()?;
    scene.set_up()?;
    let ask = |password: &str| -> Result<u16> {
        let credentials = STANDARD.encode(format!("anna:{password}"));
        let header = format!("authorization: Basic {credentials}\r\n");
        Ok(scene.get("/metrics", &header)?.status)
    };
    assert_eq!(ask(PASSWORD)?, 200);
    assert_eq!(ask("wrong")?, 401);
    Ok(())
}

#[test]
fn a_login_that_another_site_sends_is_refused() -> Result<()> {
    let scene = Scene::open()?;
    let answer = scene.server.ask(
        "POST /login HTTP/1.1\r\nhost: fyr.example\r\norigin: https://evil.example\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    )?;
    assert_eq!(answer.status, 403);
    Ok(())
}

#[test]
fn the_server_speaks_tls_with_its_own_certificate() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let files = Files::below(directory.path());
    let certificate = Certificate::new()?;
    certificate.write(&files)?;
    let (state, repository) = (directory.path().join("s"), directory.path().join("r"));
    let arguments = files.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let server = Server::start(&state, &repository, &arguments)?;
    assert!(server.url().starts_with("https://"), "{}", server.url());
    let page = certificate.get(server.address(), "/")?;
    assert_eq!(page.status, 303);
    assert_eq!(page.header("location"), Some("/login"));
    Ok(())
}
