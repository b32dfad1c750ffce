//! What the server takes, what it refuses, and how it says so: a real server over loopback.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that misses what it looks for must fail"
)]

use std::ops::Deref;

use anyhow::Result;
use fyr_schemas::Revision;
use fyr_schemas::envelope::Envelope;
use fyr_tests::client::Answer;
use fyr_tests::hosted::{GROUP, Hosted};
use fyr_tests::school::{Allowance, ORGANISATION, School, Signer};
use serde_json::json;

/// A server with one published revision.
struct Scene(Hosted);

impl Deref for Scene {
    type Target = Hosted;

    fn deref(&self) -> &Hosted {
        &self.0
    }
}

impl Scene {
    fn open() -> Result<Self> {
        Ok(Self(Hosted::open(&[])?))
    }

    fn token(&self, nonce: u128, devices: u32) -> Result<Envelope> {
        self.school.token(&Allowance::new(GROUP, nonce, devices)?)
    }

    fn enrol(&self, request: &Envelope) -> Result<Answer> {
        self.server.post("/api/v1/enrol", request)
    }

    fn report(&self, envelopes: &[Envelope]) -> Result<Answer> {
        self.server.post("/api/v1/reports", &envelopes)
    }
}

#[track_caller]
fn refused(answer: &Answer, status: u16, slug: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    let problem = answer.json().unwrap();
    assert_eq!(problem["type"], format!("urn:fyr:problem:{slug}"));
    assert_eq!(problem["status"], status);
    assert!(problem["title"].is_string() && problem["detail"].is_string());
}

#[test]
fn a_device_joins_reports_and_is_shown() -> Result<()> {
    let scene = Scene::open()?;
    let device = scene.joined(GROUP)?;
    assert_eq!(scene.shown(&device)?["state"], "unknown");

    let answer = scene.report(&[device.sign(&device.report(1, Revision(1))?)?])?;
    assert_eq!(answer.json()?, json!({"acknowledged": 1}));

    let shown = scene.shown(&device)?;
    assert_eq!(shown["state"], "compliant");
    assert_eq!(shown["revision"], 1);
    assert_eq!(shown["group"], GROUP);
    assert_eq!(shown["stage"], "indskoling");
    assert_eq!(shown["sequence"], 1);
    assert!(shown["last_contact"].is_string());
    Ok(())
}

#[test]
fn reports_may_come_twice_and_in_any_order_and_a_lost_one_is_counted() -> Result<()> {
    let scene = Scene::open()?;
    let device = scene.joined(GROUP)?;
    let signed = |number| -> Result<Envelope> { device.sign(&device.report(number, Revision(1))?) };
    let batches = [vec![4, 5], vec![2], vec![4, 5], vec![2, 4]];
    let acknowledged = [5, 2, 5, 2];
    let reports = [signed(2)?, signed(4)?, signed(5)?];
    let numbered =
        |number: &u64| reports[[2, 4, 5].iter().position(|it| it == number).unwrap()].clone();
    for (batch, expected) in batches.iter().zip(acknowledged) {
        let envelopes: Vec<Envelope> = batch.iter().map(numbered).collect();
        assert_eq!(scene.report(&envelopes)?.json()?["acknowledged"], expected);
    }
    let shown = scene.shown(&device)?;
    assert_eq!(shown["sequence"], 5);
    assert_eq!(shown["missing_reports"], 2);
    assert_eq!(shown["events"].as_array().map(Vec::len), Some(3));
    Ok(())
}

#[test]
fn another_report_under_a_used_number_is_refused_with_the_next_number() -> Result<()> {
    let scene = Scene::open()?;
    let device = scene.joined(GROUP)?;
    let first = device.sign(&device.report(1, Revision(1))?)?;
    let second = device.sign(&device.report(2, Revision(1))?)?;
    scene.report(&[first.clone(), second])?;
    let mut broken = device.report(1, Revision(1))?;
    broken.bundle = None;
    let broken = device.sign(&broken)?;
    let third = device.sign(&device.report(3, Revision(1))?)?;
    let answer = scene.report(&[broken, third.clone()])?;
    refused(&answer, 409, "number-used");
    assert_eq!(answer.json()?["highest"], 2);
    assert_eq!(
        scene.shown(&device)?["sequence"],
        2,
        "nothing of it is stored"
    );
    assert_eq!(
        scene.report(&[first])?.status,
        200,
        "the same may come again"
    );

    let altered = device.sign(&device.report(3, Revision(1))?)?;
    refused(&scene.report(&[third, altered])?, 409, "number-used");
    Ok(())
}

#[test]
fn a_token_lets_in_as_many_devices_as_it_says_and_each_may_ask_again() -> Result<()> {
    let scene = Scene::open()?;
    let requests = (0..3)
        .map(|_| Signer::new(GROUP)?.request(scene.token(9, 2)?))
        .collect::<Result<Vec<_>>>()?;
    for request in [&requests[0], &requests[0], &requests[1], &requests[0]] {
        assert_eq!(scene.enrol(request)?.status, 200);
    }
    refused(&scene.enrol(&requests[2])?, 409, "token-used-up");
    refused(&scene.enrol(&requests[2])?, 409, "token-used-up");
    Ok(())
}

#[test]
fn a_token_counts_for_as_many_devices_even_when_all_ask_at_once() -> Result<()> {
    let scene = Scene::open()?;
    let requests = (0..12)
        .map(|_| Signer::new(GROUP)?.request(scene.token(9, 5)?))
        .collect::<Result<Vec<_>>>()?;
    let let_in = std::thread::scope(|scope| {
        let asked: Vec<_> = requests
            .iter()
            .map(|request| scope.spawn(|| scene.enrol(request)))
            .collect();
        asked
            .into_iter()
            .map(|answer| answer.join().expect("no panic"))
            .collect::<Result<Vec<_>>>()
    })?
    .iter()
    .filter(|answer| answer.status == 200)
    .count();
    assert_eq!(let_in, 5);
    Ok(())
}

#[test]
fn a_token_that_is_forged_expired_or_not_the_devices_own_is_refused() -> Result<()> {
    let scene = Scene::open()?;
    let device = Signer::new(GROUP)?;
    let allowance = Allowance::new(GROUP, 1, 10)?;

    let forged = device.request(scene.school.forged_token(&allowance)?)?;
    refused(&scene.enrol(&forged)?, 403, "token-refused");

    let expired = Allowance {
        expires: "2020-01-01T00:00:00Z".parse()?,
        ..allowance.clone()
    };
    let expired = device.request(scene.school.token(&expired)?)?;
    refused(&scene.enrol(&expired)?, 403, "token-expired");

    let mut stolen = device.request(scene.school.token(&allowance)?)?;
    stolen.signatures = Signer::new(GROUP)?
        .request(scene.school.token(&allowance)?)?
        .signatures;
    refused(&scene.enrol(&stolen)?, 403, "wrong-signature");

    // A report in place of a request, signed by the right key.
    let report = device.sign(&device.report(1, Revision(1))?)?;
    refused(&scene.enrol(&report)?, 400, "malformed");
    assert_eq!(scene.server.json("/api/v1/fleet")?["devices"], json!([]));
    Ok(())
}

#[test]
fn a_used_token_cannot_move_a_device_back_to_its_old_group() -> Result<()> {
    let scene = Scene::open()?;
    let device = Signer::new(GROUP)?;
    let first = device.request(scene.token(7, 1)?)?;
    assert_eq!(scene.enrol(&first)?.status, 200);
    let moved = scene
        .school
        .token(&Allowance::new("egebjerg-staff", 8, 1)?)?;
    assert_eq!(scene.enrol(&device.request(moved)?)?.status, 200);
    assert_eq!(scene.shown(&device)?["group"], "egebjerg-staff");
    assert_eq!(scene.enrol(&first)?.status, 200);
    assert_eq!(scene.shown(&device)?["group"], "egebjerg-staff");
    Ok(())
}

#[test]
fn a_report_is_refused_unless_the_enrolled_device_signed_it_about_itself() -> Result<()> {
    let scene = Scene::open()?;
    let device = scene.joined(GROUP)?;
    let other = scene.joined(GROUP)?;
    let stranger = Signer::new(GROUP)?;
    let report = device.report(1, Revision(1))?;

    let unknown = stranger.sign(&stranger.report(1, Revision(1))?)?;
    refused(&scene.report(&[unknown])?, 403, "unknown-device");

    let mut by_another = other.sign(&report)?;
    by_another.signatures[0].keyid = device.id().to_string();
    refused(&scene.report(&[by_another])?, 403, "wrong-signature");

    let mut altered = device.sign(&report)?;
    altered.payload = other.sign(&device.report(2, Revision(1))?)?.payload;
    refused(&scene.report(&[altered])?, 403, "wrong-signature");

    let mut talking = device.sign(&report)?;
    talking.signatures[0].keyid = "a pupil's name".to_owned();
    refused(&scene.report(&[talking])?, 400, "malformed");
    let mut talking = device.sign(&report)?;
    talking
        .signatures
        .push(other.sign(&report)?.signatures[0].clone());
    refused(&scene.report(&[talking])?, 400, "malformed");

    let mut elsewhere = report.clone();
    elsewhere.group = "egebjerg-staff".parse()?;
    refused(
        &scene.report(&[device.sign(&elsewhere)?])?,
        422,
        "wrong-place",
    );
    elsewhere = report.clone();
    elsewhere.organisation = "malmo".parse()?;
    refused(
        &scene.report(&[device.sign(&elsewhere)?])?,
        422,
        "wrong-place",
    );

    let mixed = [
        device.sign(&report)?,
        other.sign(&other.report(1, Revision(1))?)?,
    ];
    refused(&scene.report(&mixed)?, 400, "mixed-devices");

    // One wrong report, and nothing of its batch is stored.
    let mut forged = other.sign(&device.report(2, Revision(1))?)?;
    forged.signatures[0].keyid = device.id().to_string();
    let spoilt = [device.sign(&report)?, forged];
    refused(&scene.report(&spoilt)?, 403, "wrong-signature");
    assert_eq!(scene.shown(&device)?["sequence"], 0);
    Ok(())
}

#[test]
fn a_report_out_of_bounds_is_refused() -> Result<()> {
    let scene = Scene::open()?;
    let device = scene.joined(GROUP)?;
    refused(&scene.report(&[])?, 400, "malformed");
    let one = device.sign(&device.report(1, Revision(1))?)?;
    refused(&scene.report(&vec![one; 65])?, 400, "malformed");

    for sequence in [0, u64::MAX] {
        let envelope = device.sign(&device.report(sequence, Revision(1))?)?;
        refused(&scene.report(&[envelope])?, 400, "malformed");
    }
    for sequence in [i64::MAX.unsigned_abs(), 1_000_001] {
        let envelope = device.sign(&device.report(sequence, Revision(1))?)?;
        refused(&scene.report(&[envelope])?, 422, "number-too-high");
    }
    assert_eq!(scene.server.get("/metrics")?.status, 200);
    let mut future = device.report(1, Revision(1))?;
    future.format = 2;
    refused(&scene.report(&[device.sign(&future)?])?, 400, "malformed");

    let mut talkative = device.report(1, Revision(1))?;
    talkative.events = vec![talkative.events[0].clone(); 257];
    refused(
        &scene.report(&[device.sign(&talkative)?])?,
        413,
        "too-large",
    );
    Ok(())
}

#[test]
fn a_body_that_is_no_document_is_refused() -> Result<()> {
    let scene = Scene::open()?;
    for path in ["/api/v1/enrol", "/api/v1/reports"] {
        let post = |kind: &str, body: &[u8]| scene.server.post_as(path, kind, body);
        for body in [
            &b""[..],
            b"{",
            b"null",
            b"[{\"payload\":1}]",
            b"\xff\xfe",
            b"{\"payload\":\"!\",\"payloadType\":\"application/x\",\"signatures\":[]}",
        ] {
            refused(&post("application/json", body)?, 400, "malformed");
        }
        refused(&post("text/plain", b"{}")?, 415, "wrong-content-type");
        let nested = "[".repeat(10_000);
        refused(
            &post("application/json", nested.as_bytes())?,
            400,
            "malformed",
        );
        let long = vec![b' '; (1 << 20) + 1];
        refused(&post("application/json", &long)?, 413, "too-large");
    }
    Ok(())
}

#[test]
fn a_body_without_a_length_is_bounded_too() -> Result<()> {
    let scene = Scene::open()?;
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let answer = scene.server.ask(&format!(
        "POST /api/v1/enrol HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{}0\r\n\r\n",
        chunk.repeat(2)
    ))?;
    refused(&answer, 413, "too-large");
    Ok(())
}

#[test]
fn a_path_that_is_not_served_is_refused_and_none_leaves_the_repository() -> Result<()> {
    let scene = Scene::open()?;
    std::fs::write(scene.school.repository().join("../secret"), "secret")?;
    for path in [
        "/nothing",
        "/api/v1/nothing",
        "/assets/nothing",
        "/assets/..%2fmain.rs",
        "/repository/",
        "/repository/.lock",
        "/repository/../secret",
        "/repository/metadata/../../secret",
        "/repository/metadata/..%2f..%2fsecret",
        "/repository/metadata/%2e%2e/%2e%2e/secret",
        "/repository/%2fetc%2fpasswd",
        "/repository/metadata",
        "/repository/metadata/2.root.json",
        "/repository/targets/bundles",
    ] {
        refused(&scene.server.get(path)?, 404, "not-found");
    }
    let answer = scene.server.post("/metrics", &json!({}))?;
    assert!([403, 405].contains(&answer.status), "{answer:?}");
    let deleted = "DELETE /api/v1/reports HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    refused(&scene.server.ask(deleted)?, 405, "method-not-allowed");
    Ok(())
}

#[test]
fn a_page_under_another_name_cannot_reach_the_server() -> Result<()> {
    let scene = Scene::open()?;
    let ask = |head: &str| {
        scene
            .server
            .ask(&format!("{head}\r\nconnection: close\r\n\r\n"))
    };
    let rebound = ask("GET /api/v1/fleet HTTP/1.1\r\nhost: evil.example")?;
    refused(&rebound, 421, "wrong-host");
    let nameless = ask("GET / HTTP/1.0")?;
    refused(&nameless, 421, "wrong-host");
    let from_elsewhere =
        "POST /api/v1/enrol HTTP/1.1\r\nhost: localhost\r\norigin: https://evil.example";
    refused(&ask(from_elsewhere)?, 403, "wrong-origin");
    let formless = "POST /login HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0";
    refused(&ask(formless)?, 403, "wrong-origin");
    Ok(())
}

#[test]
fn the_repository_is_served_with_headers_that_caches_may_trust() -> Result<()> {
    let scene = Scene::open()?;
    let timestamp = scene.server.get("/repository/metadata/timestamp.json")?;
    assert_eq!(timestamp.status, 200);
    assert_eq!(timestamp.header("cache-control"), Some("no-cache"));
    let on_disk = std::fs::read(scene.school.repository().join("metadata/timestamp.json"))?;
    assert_eq!(timestamp.body, on_disk);

    let root = scene.server.get("/repository/metadata/1.root.json")?;
    assert_eq!(
        root.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
    let probe = scene.server.get("/repository/metadata/2.root.json")?;
    assert_eq!(probe.header("cache-control"), Some("no-store"));

    let tag = timestamp.header("etag").unwrap_or_default();
    let again = scene.server.ask(&format!(
        "GET /repository/metadata/timestamp.json HTTP/1.1\r\nhost: localhost\r\nif-none-match: {tag}\r\nconnection: close\r\n\r\n"
    ))?;
    assert_eq!((again.status, again.body.len()), (304, 0));
    Ok(())
}

#[test]
fn a_publication_is_hinted_at_once_and_makes_old_devices_stale() -> Result<()> {
    let scene = Scene::open()?;
    let device = scene.joined(GROUP)?;
    scene.report(&[device.sign(&device.report(1, Revision(1))?)?])?;
    let mut hints = scene.server.events("/api/v1/hints")?;
    let mut changes = scene.server.events("/api/v1/fleet/changes")?;
    assert_eq!(hints.next("revision")?, "1");
    let before = changes.next("changed")?;

    scene.school.publish(2)?;
    assert_eq!(hints.next("revision")?, "2");
    assert_ne!(changes.next("changed")?, before);
    assert_eq!(scene.shown(&device)?["state"], "stale");

    scene.report(&[device.sign(&device.report(2, Revision(2))?)?])?;
    assert_eq!(scene.shown(&device)?["state"], "compliant");
    Ok(())
}

#[test]
fn a_server_without_a_publication_waits_for_one_and_says_so() -> Result<()> {
    let server = Hosted::of(School::new()?, &[])?;
    refused(&server.get("/api/v1/fleet")?, 503, "nothing-published");
    let page = server.get("/")?;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Waiting for the first policy"));

    let mut changes = server.events("/api/v1/fleet/changes")?;
    changes.next("changed")?;
    server.school.publish(1)?;
    changes.next("changed")?;
    let fleet = server.json("/api/v1/fleet")?;
    assert_eq!(fleet["organisation"], ORGANISATION);
    assert_eq!(fleet["revision"], 1);
    assert!(server.get("/")?.text().contains("No device has joined yet"));
    Ok(())
}

#[test]
fn metrics_tell_aggregates_and_no_device() -> Result<()> {
    let scene = Scene::open()?;
    let device = scene.joined(GROUP)?;
    scene.report(&[device.sign(&device.report(2, Revision(1))?)?])?;
    // Every device asks for the root after the last one; only the second is a request gone wrong.
    for path in ["metadata/2.root.json", "metadata/2.snapshot.jso"] {
        let answer = scene.server.get(&format!("/repository/{path}"))?;
        assert_eq!(answer.status, 404, "{path}");
    }
    let answer = scene.server.get("/metrics")?;
    let text = answer.text();
    for line in [
        "fyr_devices{state=\"compliant\"} 1",
        "fyr_devices{state=\"stale\"} 0",
        "fyr_devices{state=\"silent\"} 0",
        "fyr_missing_reports 1",
        "fyr_revision 1",
        "fyr_reports_total 1",
        "fyr_requests_refused_total{status=\"404\"} 1",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(text.ends_with("# EOF\n"));
    assert!(!text.contains(device.id().as_str()));
    Ok(())
}
