//! Nothing that was acknowledged is lost, and no access is open by accident: a real server that is
//! killed, started again, started twice, and started wrongly.

use anyhow::{Context, Result, ensure};
use fyr_fixtures::Replaced as _;
use fyr_schemas::Revision;
use fyr_tests::binaries::Binary;
use fyr_tests::child::{Child, Ended};
use fyr_tests::hosted::{GROUP, Hosted};

#[test]
fn killing_the_server_at_any_time_loses_no_acknowledged_report() -> Result<()> {
    let mut hosted = Hosted::open(&[])?;
    let device = hosted.joined(GROUP)?;
    let mut acknowledged = 0;
    for round in 0..5 {
        let shown = hosted.shown(&device)?;
        assert_eq!(shown["sequence"], acknowledged, "round {round}");
        assert_eq!(shown["missing_reports"], 0, "round {round}");
        for _ in 0..10 {
            let next = device.report(acknowledged + 1, Revision(1))?;
            let answer = hosted.send(&device, &next)?;
            acknowledged = answer.json()?["acknowledged"]
                .as_u64()
                .context("a number")?;
        }
        hosted.restart(&[])?;
    }
    assert_eq!(hosted.shown(&device)?["sequence"], 50);
    Ok(())
}

#[test]
fn a_server_that_is_asked_to_stop_ends_in_order_though_streams_are_open() -> Result<()> {
    let mut hosted = Hosted::open(&[])?;
    let mut hints = hosted.events("/api/v1/hints")?;
    hints.next("revision")?;
    hosted.server.end()?;
    assert!(hints.next("revision").is_err(), "the stream has ended");
    assert!(!hosted.state.path().join("fyr-server.sqlite3-wal").exists());
    Ok(())
}

/// How a server ends that cannot start.
fn failed(arguments: &[&str]) -> Result<Ended> {
    let child = Child::start(&Binary::Server.path()?, arguments, |_| {})?;
    let ended = child.wait()?;
    ensure!(!ended.status.success(), "{ended:?}");
    ensure!(ended.stdout.is_empty(), "{ended:?}");
    Ok(ended)
}

#[track_caller]
fn says(ended: &Ended, words: &str) {
    assert!(ended.stderr.contains(words), "`{words}` in {ended:?}");
}

#[test]
fn a_server_that_cannot_start_says_why_and_what_to_do() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let path = |name: &str| directory.path().join(name).display().to_string();
    let (state, repository) = (path("state"), path("repository"));
    let with = |more: &[&str]| {
        let mut line = vec!["--state", &state, "--repository", &repository];
        line.extend(more);
        failed(&line)
    };
    says(&with(&["--listen", "0.0.0.0:0"])?, "`--tls-cert`");
    says(&with(&["--listen", "here"])?, "--listen");
    let proxy = "127.0.0.1";
    let named = ["--behind-proxy", proxy, "--origin", "example"];
    says(&with(&named)?, "is not an origin");
    says(&with(&["--behind-proxy", proxy])?, "--origin");
    says(
        &with(&["--behind-proxy", "https://fyr.example.dk"])?,
        "add `--origin https://fyr.example.dk`",
    );
    says(&with(&["--tls-cert", "x"])?, "--tls-key");
    let missing = path("missing.pem");
    says(
        &with(&["--tls-cert", &missing, "--tls-key", &missing])?,
        "missing.pem",
    );
    says(
        &with(&["--online-keys", &missing, "--passphrase-file", &missing])?,
        "read the passphrase file",
    );
    says(&with(&["--online-keys", &missing])?, "`--passphrase-file`");
    std::fs::write(path("file"), "")?;
    let below = path("file/state");
    says(
        &failed(&["--state", &below, "--repository", &repository])?,
        "cannot make the state directory",
    );
    std::fs::create_dir(path("damaged"))?;
    std::fs::write(
        path("damaged/fyr-server.sqlite3"),
        "no database".repeat(999),
    )?;
    says(
        &failed(&["--state", &path("damaged"), "--repository", &repository])?,
        "cannot open the database",
    );
    Ok(())
}

#[test]
fn two_servers_never_share_a_state_directory_or_a_port() -> Result<()> {
    let hosted = Hosted::open(&[])?;
    let repository = hosted.school.repository().display().to_string();
    let same = hosted.state.path().display().to_string();
    says(
        &failed(&[
            "--state",
            &same,
            "--repository",
            &repository,
            "--listen",
            "127.0.0.1:0",
        ])?,
        "another fyr-server uses the state directory",
    );
    let other = tempfile::tempdir()?;
    let other = other.path().display().to_string();
    let address = hosted.url().replaced("http://", "");
    says(
        &failed(&[
            "--state",
            &other,
            "--repository",
            &repository,
            "--listen",
            &address,
        ])?,
        "cannot listen on",
    );
    Ok(())
}
