//! The server hands lists on: unchanged, for ever, and in little memory.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use fyr_tests::town::{Town, bundle};
use fyr_tests::wait;
use serde_json::json;

/// The file in which a town publishes its one list, and the path that devices ask for.
fn published(town: &Town) -> Result<(PathBuf, String)> {
    let lists = town.repository().join("targets/lists");
    let entry = fs::read_dir(lists)?
        .next()
        .context("a list is published")??;
    let name = entry.file_name().into_string().ok().context("a name")?;
    Ok((entry.path(), format!("/repository/targets/lists/{name}")))
}

#[test]
fn a_list_is_served_as_it_is_and_may_be_kept_for_ever() -> Result<()> {
    const NAMES: &str = "bet.example\ncasino.example\n";
    let mut town = Town::new()?;
    town.publish_closing(bundle(1)?, &[("gambling", NAMES)])?;
    let (_, path) = published(&town)?;
    let server = town.server();
    let answer = server.get(&path)?;
    ensure!(answer.status == 200 && answer.text() == NAMES, "{answer:?}");
    let digest = fyr_trust::digest(NAMES.as_bytes());
    for (name, value) in [
        ("cache-control", "public, max-age=31536000, immutable"),
        ("content-type", "text/plain; charset=utf-8"),
        ("content-length", "27"),
        ("etag", &format!("\"{digest}\"")),
    ] {
        ensure!(answer.header(name) == Some(value), "{name}: {answer:?}");
    }
    let known = server.ask(&format!(
        "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nif-none-match: \"{digest}\"\r\n\r\n",
        server.address()
    ))?;
    ensure!(known.status == 304 && known.body.is_empty(), "{known:?}");
    Ok(())
}

#[test]
fn a_publication_whose_list_was_changed_is_none_until_the_list_is_back() -> Result<()> {
    let mut town = Town::new()?;
    town.server().kill()?;
    town.publish_closing(bundle(2)?, &[("gambling", "bet.example\n")])?;
    let (list, _) = published(&town)?;
    fs::write(&list, "6.6.6.6 x.dk")?;
    town.serve_again()?;
    let answer = town.server().get("/api/v1/fleet")?;
    ensure!(answer.status == 503, "{answer:?}");
    fs::write(&list, "bet.example\n")?;
    wait::until("the publication", wait::LIMIT, || {
        let answer = town.server().get("/api/v1/fleet")?;
        Ok((answer.status == 200).then_some(()))
    })?;
    let revision = town.server().json("/api/v1/fleet")?;
    ensure!(revision.get("revision") == Some(&json!(2)), "{revision}");
    Ok(())
}

#[test]
fn many_who_read_a_long_list_slowly_take_little_memory() -> Result<()> {
    const READERS: usize = 200;
    let mut town = Town::new()?;
    let names: String = (0..200_000)
        .map(|number| format!("site-{number:09}.example\n"))
        .fold(String::new(), |text, name| text + &name);
    let length = names.len();
    town.publish_closing(bundle(2)?, &[("gambling", &names)])?;
    let (_, path) = published(&town)?;
    let server = town.server();
    wait::until("the publication to be read", wait::LIMIT, || {
        let fleet = server.json("/api/v1/fleet")?;
        Ok((fleet.get("revision") == Some(&json!(2))).then_some(()))
    })?;
    let before = resident(server.pid())?;
    let mut slow = Vec::new();
    for _ in 0..READERS {
        let mut stream = TcpStream::connect(server.address())?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n",
            server.address()
        )?;
        // It has begun to answer, and no client reads on.
        stream.read_exact(&mut [0; 1])?;
        slow.push(stream);
    }
    let taken = resident(server.pid())?.saturating_sub(before);
    let each = taken / READERS;
    ensure!(
        each * 8 < length,
        "each of them takes {each} bytes of {length}"
    );
    Ok(())
}

/// The memory of a process in bytes.
fn resident(pid: u32) -> Result<usize> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: usize = line
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.parse().ok())
        .context("a process has a size")?;
    Ok(kib * 1024)
}
