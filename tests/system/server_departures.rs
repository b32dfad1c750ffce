//! A device leaves the fleet: retired, replaced, revoked or deleted, on the page and at the command
//! line, while the server runs and while it does not.

#![expect(
    clippy::indexing_slicing,
    reason = "a test that misses what it looks for must fail"
)]

use std::path::Path;

use anyhow::{Result, ensure};
use fyr_schemas::Revision;
use fyr_tests::binaries::Binary;
use fyr_tests::child::{Ended, run};
use fyr_tests::hosted::{GROUP, Hosted};
use fyr_tests::school::{Allowance, Signer};
use fyr_tests::server::Answer;
use fyr_tests::town::Town;
use serde_json::{Value, json};

/// A server and two devices that reported.
struct Scene {
    hosted: Hosted,
    devices: [Signer; 2],
}

impl Scene {
    fn open() -> Result<Self> {
        let scene = Self {
            hosted: Hosted::open(&[])?,
            devices: [Signer::new(GROUP)?, Signer::new(GROUP)?],
        };
        for (device, nonce) in scene.devices.iter().zip(1..) {
            scene.enrol(device, nonce)?;
            assert_eq!(scene.report(device, 1)?.status, 200);
        }
        assert_eq!(scene.counted()?, 2);
        Ok(scene)
    }

    fn enrol(&self, device: &Signer, nonce: u128) -> Result<Answer> {
        let token = self
            .hosted
            .school
            .token(&Allowance::new(GROUP, nonce, 1)?)?;
        self.hosted.post("/api/v1/enrol", &device.request(token)?)
    }

    fn report(&self, device: &Signer, sequence: u64) -> Result<Answer> {
        self.hosted
            .send(device, &device.report(sequence, Revision(1))?)
    }

    /// How many devices the API and the metrics count.
    fn counted(&self) -> Result<usize> {
        let fleet = self.hosted.json("/api/v1/fleet")?;
        let counted = fleet["devices"].as_array().map_or(0, Vec::len);
        let metrics = self.hosted.get("/metrics")?.text();
        let line = format!("fyr_devices{{state=\"compliant\"}} {counted}");
        ensure!(metrics.contains(&line), "`{line}` in {metrics}");
        Ok(counted)
    }

    fn departed(&self) -> Result<Value> {
        Ok(self.hosted.json("/api/v1/fleet")?["departed"].clone())
    }

    /// Sends a form of a device's page, as a browser does.
    fn post(&self, device: &Signer, form: &str) -> Result<Answer> {
        let page = format!("/devices/{}", device.id());
        self.hosted.submit(&self.hosted.url(), &page, "", form)
    }

    fn page(&self, device: &Signer) -> Result<Answer> {
        self.hosted.get(&format!("/devices/{}", device.id()))
    }

    /// Runs `fyr-server device …`.
    fn command(&self, arguments: &[&str]) -> Result<Ended> {
        command(self.hosted.state.path(), arguments)
    }
}

fn command(state: &Path, arguments: &[&str]) -> Result<Ended> {
    let state = state.display().to_string();
    let line: Vec<&str> = [&["device"], arguments, &["--state", &state]].concat();
    run(&Binary::Server.path()?, line)
}

#[test]
fn a_retired_device_is_not_counted_and_keeps_its_history() -> Result<()> {
    let scene = Scene::open()?;
    let [first, _] = &scene.devices;
    let page = scene.page(first)?.text();
    ensure!(page.contains("value=\"retire\""), "{page}");
    let answer = scene.post(first, "action=retire")?;
    assert_eq!(answer.status, 303, "{answer:?}");
    assert_eq!(scene.counted()?, 1);
    let departed = scene.departed()?;
    assert_eq!(departed[0]["device"], first.id().as_str());
    assert_eq!(departed[0]["departure"], "retired");
    let page = scene.page(first)?.text();
    for words in ["youtube.level", "Retired", "page without login"] {
        ensure!(page.contains(words), "`{words}` in {page}");
    }
    assert_eq!(scene.report(first, 2)?.status, 200, "it may still report");
    assert_eq!(scene.counted()?, 1);

    scene.post(first, "action=restore")?;
    assert_eq!(scene.counted()?, 2);
    Ok(())
}

#[test]
fn the_reports_of_a_revoked_device_are_refused_and_it_cannot_join_again() -> Result<()> {
    let scene = Scene::open()?;
    let [first, second] = &scene.devices;
    let unsure = scene.post(first, "action=revoke")?;
    assert_eq!(unsure.status, 409, "{unsure:?}");
    assert_eq!(scene.counted()?, 2);
    scene.post(first, "action=revoke&sure=yes")?;
    let refused = scene.report(first, 2)?;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert_eq!(refused.json()?["type"], "urn:fyr:problem:device-revoked");
    let refused = scene.enrol(first, 9)?;
    assert_eq!(refused.json()?["type"], "urn:fyr:problem:device-revoked");
    assert_eq!(scene.counted()?, 1);
    assert_eq!(scene.report(second, 2)?.status, 200);

    scene.post(first, "action=delete&sure=yes")?;
    assert_eq!(scene.departed()?, json!([]));
    let refused = scene.enrol(first, 10)?;
    assert_eq!(refused.json()?["type"], "urn:fyr:problem:device-revoked");
    assert_eq!(scene.counted()?, 1);
    let id = first.id().to_string();
    scene.command(&["restore", &id])?.success()?;
    assert_eq!(scene.enrol(first, 10)?.status, 200);
    Ok(())
}

#[test]
fn a_deleted_device_leaves_no_row_and_its_token_stays_used() -> Result<()> {
    let scene = Scene::open()?;
    let [first, _] = &scene.devices;
    scene.post(first, "action=delete&sure=yes")?;
    assert_eq!(scene.counted()?, 1);
    assert_eq!(scene.departed()?, json!([]));
    assert_eq!(scene.page(first)?.status, 404);
    let refused = scene.report(first, 2)?;
    assert_eq!(refused.json()?["type"], "urn:fyr:problem:unknown-device");
    let refused = scene.enrol(&Signer::new(GROUP)?, 1)?;
    assert_eq!(refused.json()?["type"], "urn:fyr:problem:token-used-up");
    let listed = scene.command(&["list", "--json"])?.success()?;
    ensure!(!listed.contains(first.id().as_str()), "{listed}");
    Ok(())
}

#[test]
fn a_device_that_enrolled_again_takes_the_place_of_its_old_entry() -> Result<()> {
    let scene = Scene::open()?;
    let [old, new] = &scene.devices;
    let itself = scene.post(old, &format!("action=replace&by={}", old.id()))?;
    assert_eq!(itself.status, 409);
    let unknown = scene.post(old, &format!("action=replace&by={}", "0".repeat(32)))?;
    assert_eq!(unknown.status, 409);
    let answer = scene.post(old, &format!("action=replace&by={}", new.id()))?;
    assert_eq!(answer.status, 303, "{answer:?}");
    assert_eq!(scene.counted()?, 1);
    assert_eq!(scene.departed()?[0]["replaced_by"], new.id().as_str());
    Ok(())
}

#[test]
fn another_site_cannot_take_a_device_out_of_the_fleet() -> Result<()> {
    let scene = Scene::open()?;
    let [first, _] = &scene.devices;
    let address = scene.hosted.address();
    for origin in ["origin: https://evil.example\r\n", ""] {
        let answer = scene.hosted.ask(&format!(
            "POST /devices/{} HTTP/1.1\r\nhost: {address}\r\n{origin}connection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: 13\r\n\r\naction=retire",
            first.id(),
        ))?;
        assert_eq!(answer.status, 403, "{answer:?}");
    }
    assert_eq!(scene.counted()?, 2);
    Ok(())
}

#[test]
fn the_command_line_takes_devices_out_while_the_server_runs_and_while_it_does_not() -> Result<()> {
    let mut scene = Scene::open()?;
    let ids = [scene.devices[0].id(), scene.devices[1].id()];
    let [first, second] = [ids[0].as_str(), ids[1].as_str()];
    let done = scene.command(&["retire", first, "--json"])?.success()?;
    let done: Value = serde_json::from_str(&done)?;
    assert_eq!(
        done,
        json!({"device": first, "action": "retire", "changed": true})
    );
    assert_eq!(scene.counted()?, 1);
    let again = scene.command(&["retire", first, "--json"])?.success()?;
    ensure!(again.contains("\"changed\": false"), "{again}");

    scene.hosted.server.kill()?;
    scene.command(&["revoke", second])?.success()?;
    scene.command(&["restore", first])?.success()?;
    let listed = scene.command(&["list", "--json"])?.success()?;
    let listed: Value = serde_json::from_str(&listed)?;
    let departure = |id: &str| {
        let all = listed.as_array().into_iter().flatten();
        let found = all.into_iter().find(|it| it["device"] == id);
        found.map(|it| it["departure"].clone())
    };
    assert_eq!(departure(first), Some(Value::Null));
    assert_eq!(departure(second), Some(json!("revoked")));
    let log: Value = serde_json::from_str(&scene.command(&["log", "--json"])?.success()?)?;
    let actions: Vec<_> = log
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| it["action"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(actions, ["restore", "revoke", "retire"]);
    let actor = log[0]["actor"].as_str().unwrap_or_default();
    ensure!(actor.starts_with("command line, user "), "{log}");

    let unknown = scene.command(&["delete", &"0".repeat(32)])?;
    assert_eq!(unknown.status.code(), Some(1));
    ensure!(unknown.stderr.contains("is not stored here"), "{unknown:?}");
    let nowhere = command(Path::new("/nowhere"), &["list"])?;
    ensure!(
        nowhere.stderr.contains("there is no database"),
        "{nowhere:?}"
    );
    Ok(())
}

#[test]
fn a_revoked_device_goes_on_enforcing() -> Result<()> {
    let mut town = Town::new()?;
    let device = town.settled_device()?;
    let id = device.id()?;
    let state = town.state();
    command(&state, &["revoke", id.as_str()])?.success()?;
    let policy = device.device.managed().join("fyr.json");
    std::fs::remove_file(&policy)?;
    device.agent(&["once"])?;
    ensure!(policy.is_file(), "the policy is repaired");
    let fleet: Value = town.server().json("/api/v1/fleet")?;
    assert_eq!(fleet["departed"][0]["departure"], "revoked");
    Ok(())
}
