//! What the server stores stays small, and a full disk stops neither the renewal nor what is served.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use fyr_schemas::Revision;
use fyr_schemas::report::Report;
use fyr_seal::Repository;
use fyr_tests::hosted::{GROUP, Hosted};
use fyr_tests::school::{Allowance, School, Signer};
use fyr_tests::server::{Answer, Server};
use fyr_tests::wait;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tempfile::TempDir;

/// Sends reports, as many at once as the server takes, and returns the last answer.
fn send(server: &Server, device: &Signer, reports: &[Report]) -> Result<Answer> {
    let mut last = None;
    for batch in reports.chunks(64) {
        let signed = batch
            .iter()
            .map(|report| device.sign(report))
            .collect::<Result<Vec<_>>>()?;
        let answer = server.post("/api/v1/reports", &signed)?;
        let is_stored = answer.status == 200;
        last = Some(answer);
        if !is_stored {
            break;
        }
    }
    last.context("there was something to send")
}

/// Ends the server in order, which moves everything into its one file, and returns how long that is.
fn stored(hosted: &mut Hosted) -> Result<u64> {
    hosted.server.end()?;
    Ok(fs::metadata(database(hosted))?.len())
}

fn database(hosted: &Hosted) -> PathBuf {
    hosted.state.path().join("fyr-server.sqlite3")
}

#[test]
fn reports_without_news_do_not_grow_the_database() -> Result<()> {
    let mut hosted = Hosted::open(&[])?;
    let device = hosted.joined(GROUP)?;
    let first = device.report(1, Revision(1))?;
    let heartbeat = |sequence| Report {
        sequence,
        events: Vec::new(),
        ..first.clone()
    };
    // What is remembered of numbers has its full length after 64 of them.
    let warm: Vec<Report> = (2..=64).map(heartbeat).collect();
    send(
        &hosted,
        &device,
        &[std::slice::from_ref(&first), warm.as_slice()].concat(),
    )?;
    let before = stored(&mut hosted)?;

    hosted.start_again(&[])?;
    // Ten days of them.
    let heartbeats: Vec<Report> = (65..=1_024).map(heartbeat).collect();
    let answer = send(&hosted, &device, &heartbeats)?;
    assert_eq!(answer.json()?, json!({"acknowledged": 1_024}));
    let shown = hosted.json("/api/v1/fleet")?["devices"][0].clone();
    assert_eq!(shown["sequence"], 1_024);
    assert_eq!(shown["state"], "compliant");
    let after = stored(&mut hosted)?;
    assert_eq!(after, before, "bytes");
    Ok(())
}

#[test]
fn one_key_cannot_fill_the_disk() -> Result<()> {
    let mut hosted = Hosted::open(&[])?;
    let device = hosted.joined(GROUP)?;
    // Everything changes with every report, and nothing can be compressed well.
    let noisy = |sequence: u64| -> Result<Report> {
        let mut report = serde_json::to_value(device.report(sequence, Revision(1))?)?;
        let event = |number: u64| {
            let nanosecond = (sequence * 7_919 + number * 104_729) % 1_000_000_000;
            let took = (sequence * 31 + number * 17) % 4_000_000_000;
            json!({
                "at": format!("2026-01-01T00:00:00.{nanosecond:09}Z"),
                "what": {"event": "repaired", "place": {"kind": "hosts"}, "took_ms": took},
            })
        };
        report["events"] = (0..256).map(event).collect();
        Ok(serde_json::from_value(report)?)
    };
    let mut sent = 0;
    let refused = loop {
        let batch = (sent + 1..=sent + 8)
            .map(noisy)
            .collect::<Result<Vec<_>>>()?;
        sent += 8;
        let answer = send(&hosted, &device, &batch)?;
        if answer.status != 200 {
            break answer;
        }
        ensure!(sent < 20_000, "it is never held back");
    };
    assert_eq!(refused.status, 429, "{refused:?}");
    assert_eq!(refused.json()?["type"], "urn:fyr:problem:too-many-reports");
    ensure!(refused.header("retry-after").is_some(), "{refused:?}");
    let length = stored(&mut hosted)?;
    ensure!(length < 16 << 20, "{length} bytes in a day");
    Ok(())
}

#[test]
fn reports_are_deleted_after_their_days_and_give_their_room_back() -> Result<()> {
    let mut hosted = Hosted::open(&[])?;
    let device = hosted.joined(GROUP)?;
    let reports = (1..=640)
        .map(|sequence| device.report(sequence, Revision(1)))
        .collect::<Result<Vec<_>>>()?;
    send(&hosted, &device, &reports)?;
    let before = stored(&mut hosted)?;

    hosted.start_again(&["--keep-reports", "0"])?;
    let file = database(&hosted);
    wait::until("the file to become smaller", wait::LIMIT, || {
        Ok((fs::metadata(&file)?.len() < before / 2).then_some(()))
    })?;
    let shown = hosted.json("/api/v1/fleet")?["devices"][0].clone();
    assert_eq!(shown["state"], "compliant", "what is known of it stays");
    assert_eq!(shown["sequence"], 640);
    Ok(())
}

/// A small disk of its own for a state directory, in a mount namespace of its own.
struct SmallDisk {
    directory: TempDir,
    /// A process that keeps the namespace.
    server: Server,
}

impl SmallDisk {
    /// Starts a server whose state is on a disk of 4 MiB, filled up first.
    fn full(school: &School, more: &[&str]) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let state = directory.path().join("state");
        fs::create_dir(&state)?;
        let enter = "mount -t tmpfs -o size=4m tmpfs \"$1\" && \
                     dd if=/dev/zero of=\"$1/filler\" bs=4096 2>/dev/null; shift; exec \"$@\"";
        let prefix = [
            "unshare".to_owned(),
            "--mount".to_owned(),
            "sh".to_owned(),
            "-c".to_owned(),
            enter.to_owned(),
            "enter".to_owned(),
            state.display().to_string(),
        ];
        let server = Server::start_inside(&prefix, &state, &school.repository(), more)?;
        Ok(Self { directory, server })
    }

    /// A file of the disk, as this process reaches it.
    fn file(&self, name: &str) -> PathBuf {
        let state = self.directory.path().join("state").join(name);
        let below = state.strip_prefix("/").unwrap_or(&state);
        PathBuf::from(format!("/proc/{}/root", self.server.pid())).join(below)
    }

    fn says_that_the_disk_is_full(&self, full: bool) -> Result<()> {
        let metrics = self.server.get("/metrics")?.text();
        let line = format!("fyr_database_failing {}", u8::from(full));
        ensure!(metrics.contains(&line), "`{line}` in {metrics}");
        let health = self.server.get("/healthz")?;
        let line = "the database takes no reports";
        ensure!(health.text().contains(line) == full, "{health:?}");
        let page = self.server.get("/")?.text();
        let words = "the disk of the server&#39;s database is full";
        ensure!(page.contains(words) == full, "`{words}`: {full} in {page}");
        Ok(())
    }
}

#[test]
fn a_full_disk_stops_no_renewal_and_is_reported_until_there_is_room() -> Result<()> {
    let school = School::new()?;
    let days_ago = Timestamp::now().checked_sub(SignedDuration::from_hours(24 * 10))?;
    school.publish_at(1, days_ago)?;
    let repository = Repository::at(school.repository());
    let before = repository.published()?.context("published")?;
    let (keys, passphrase) = school.online_keys()?;
    let (keys, passphrase) = (keys.display().to_string(), passphrase.display().to_string());
    let online = ["--online-keys", &keys, "--passphrase-file", &passphrase];
    let disk = SmallDisk::full(&school, &online)?;
    wait::until("the renewal", wait::LIMIT, || {
        let now = repository.published()?.context("published")?;
        Ok((now.expires() > before.expires()).then_some(()))
    })?;
    let served = disk.server.get("/repository/metadata/timestamp.json")?;
    assert_eq!(served.status, 200);
    wait::until("the error in the log", wait::LIMIT, || {
        let log = disk.server.log();
        Ok(log
            .contains("the disk of the server's database is full")
            .then_some(()))
    })?;
    disk.says_that_the_disk_is_full(true)?;

    let device = Signer::new(GROUP)?;
    let request = device.request(school.token(&Allowance::new(GROUP, 1, 1)?)?)?;
    let refused = disk.server.post("/api/v1/enrol", &request)?;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_eq!(refused.json()?["type"], "urn:fyr:problem:disk-full");

    fs::remove_file(disk.file("filler"))?;
    wait::until("the device to be enrolled", wait::LIMIT, || {
        let answer = disk.server.post("/api/v1/enrol", &request)?;
        Ok((answer.status == 200).then_some(()))
    })?;
    let report = device.report(1, Revision(1))?;
    let answer = send(&disk.server, &device, &[report])?;
    assert_eq!(answer.status, 200, "{answer:?}");
    wait::until("the end of the error", wait::LIMIT, || {
        Ok(disk.says_that_the_disk_is_full(false).ok())
    })?;

    // Full again while it runs: what is stored is still shown.
    fs::write(disk.file("filler"), vec![0; 4 << 20]).err();
    let next = device.report(2, Revision(1))?;
    let refused = send(&disk.server, &device, &[next])?;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_eq!(refused.json()?["type"], "urn:fyr:problem:disk-full");
    disk.says_that_the_disk_is_full(true)?;
    assert_eq!(
        disk.server.json("/api/v1/fleet")?["devices"][0]["sequence"],
        1
    );
    Ok(())
}
