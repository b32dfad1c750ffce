//! What is believed of a proxy: of the named one the client's address and scheme, of any other
//! nothing. And how guessing passwords is slowed down through one.

use std::net::Ipv4Addr;

use anyhow::{Context, Result};
use fyr_tests::client::Answer;
use fyr_tests::hosted::{Hosted, ORIGIN};
use fyr_tests::wait;

const PROXY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const STRANGER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
const RIGHT: &str = "fyret+viser+vej";

/// A server behind a proxy at [`PROXY`], and one account, made from 192.0.2.1.
struct Scene(Hosted);

impl Scene {
    fn open() -> Result<Self> {
        let scene = Self(Hosted::behind_proxy(&PROXY.to_string())?);
        let form = format!("link={}&name=anna&password={RIGHT}", scene.0.setup_code()?);
        let made = scene.submit("/setup", "192.0.2.1", &form)?;
        assert_eq!(made.status, 303, "{made:?}");
        Ok(scene)
    }

    /// Sends a form through the proxy for a client.
    fn submit(&self, path: &str, client: &str, form: &str) -> Result<Answer> {
        self.send(PROXY, path, &format!("x-forwarded-for: {client}\r\n"), form)
    }

    fn send(&self, from: Ipv4Addr, path: &str, headers: &str, form: &str) -> Result<Answer> {
        self.0.from(from).submit(ORIGIN, path, headers, form)
    }

    fn log_in(&self, client: &str, name: &str, password: &str) -> Result<Answer> {
        let form = format!("name={name}&password={password}");
        self.submit("/login", client, &form)
    }
}

#[track_caller]
fn refused(answer: &Answer, status: u16, slug: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    let kind = format!("urn:fyr:problem:{slug}");
    assert!(answer.text().contains(&kind), "{slug} in {answer:?}");
}

#[test]
fn open_access_refuses_what_came_through_a_proxy() -> Result<()> {
    let server = Hosted::open(&[])?;
    assert_eq!(server.get("/api/v1/fleet")?.status, 200);
    let get = |line: &str| {
        server.ask(&format!(
            "GET /api/v1/fleet {line}\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        ))
    };
    assert_eq!(get("HTTP/1.1")?.status, 200);
    for line in [
        "HTTP/1.1\r\nx-forwarded-for: 192.0.2.1",
        "HTTP/1.1\r\nforwarded: for=192.0.2.1",
        "HTTP/1.1\r\nx-forwarded-proto: https",
        "HTTP/1.1\r\nx-real-ip: 192.0.2.1",
        "HTTP/1.1\r\nvia: 1.1 proxy",
        "HTTP/1.0",
    ] {
        refused(&get(line)?, 403, "through-proxy");
    }
    let probe = "GET /healthz HTTP/1.0\r\n\r\n";
    assert_eq!(server.ask(probe)?.text(), "ok\n");
    Ok(())
}

#[test]
fn a_client_guesses_ten_times_under_every_address_that_it_claims() -> Result<()> {
    let scene = Scene::open()?;
    // The client writes what it likes before the entry that the proxy adds.
    let guess = |number: u32| {
        let said = format!("10.0.0.{number}, 203.0.113.9");
        scene.log_in(&said, &format!("name{number}"), "wrong-wrong-wrong")
    };
    for number in 0..10 {
        assert_eq!(guess(number)?.status, 403);
    }
    let answer = guess(10)?;
    assert_eq!(answer.status, 429);
    assert!(answer.header("retry-after").is_some());
    assert_eq!(scene.log_in("203.0.113.9", "anna", RIGHT)?.status, 429);
    assert_eq!(scene.log_in("192.0.2.1", "anna", RIGHT)?.status, 303);
    Ok(())
}

#[test]
fn only_the_named_proxy_says_who_the_client_is() -> Result<()> {
    let scene = Scene::open()?;
    let form = "name=anna&password=wrong-wrong-wrong";
    let forged = "x-forwarded-for: 192.0.2.1\r\n";
    let answer = scene.send(STRANGER, "/login", forged, form)?;
    refused(&answer, 403, "unnamed-proxy");
    assert!(answer.text().contains("127.0.0.3"), "{answer:?}");
    let page = "GET /login HTTP/1.1\r\nhost: fyr.example\r\nx-forwarded-for: 192.0.2.1\r\nconnection: close\r\n\r\n";
    refused(&scene.0.from(STRANGER).ask(page)?, 403, "unnamed-proxy");
    assert_eq!(scene.0.from(PROXY).ask(page)?.status, 200);

    let plain = "x-forwarded-for: 192.0.2.1\r\nx-forwarded-proto: http\r\n";
    let answer = scene.send(PROXY, "/login", plain, form)?;
    refused(&answer, 403, "unencrypted");
    // Devices and probes need no login, and so no protection.
    let client = scene.0.from(STRANGER);
    assert_eq!(
        client.get("/repository/metadata/timestamp.json")?.status,
        200
    );
    assert_eq!(client.get("/healthz")?.status, 200);
    Ok(())
}

#[test]
fn an_account_pauses_when_it_is_guessed_from_many_places_and_its_owner_gets_in() -> Result<()> {
    let scene = Scene::open()?;
    for number in 0..5 {
        let client = format!("203.0.113.{number}");
        let answer = scene.log_in(&client, "anna", "wrong-wrong-wrong")?;
        assert_eq!(answer.status, 403, "{answer:?}");
    }
    // Every wrong guess pauses the account twice as long: some guess comes too early.
    let paused = wait::until("a pause", wait::LIMIT, || {
        let answer = scene.log_in("198.51.100.1", "anna", "wrong-wrong-wrong")?;
        Ok((answer.status == 429).then_some(answer))
    })?;
    let pause: u64 = paused.header("retry-after").context("a pause")?.parse()?;
    assert!(pause <= 31, "{paused:?}");

    assert_eq!(scene.log_in("192.0.2.1", "anna", RIGHT)?.status, 303);
    wait::until("the end of the pause", wait::LIMIT, || {
        let answer = scene.log_in("198.51.100.2", "anna", RIGHT)?;
        Ok((answer.status == 303).then_some(()))
    })
}
