//! One client that takes all it can get: it is bounded, and every other client is served.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use fyr_schemas::Revision;
use fyr_schemas::report::LONGEST_BATCH;
use fyr_tests::certificate::{Certificate, Files};
use fyr_tests::client::{Answer, Client};
use fyr_tests::hosted::{GROUP, Hosted, ORIGIN};
use fyr_tests::school::{School, Signer};
use fyr_tests::server::Server;
use fyr_tests::wait;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::TempDir;

/// Where the proxy is, for which people must log in. The clients here reach the server without it.
const PROXY: &str = "127.0.0.9";
const GREEDY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const OTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

/// The account, as the login's form has it.
const LOGIN: &str = "name=anna&password=fyret+viser+vej";

/// More slow bodies than the server reads at once, for each kind of them.
const SLOW: usize = 136;

fn greedy(server: &Server) -> Client {
    server.from(GREEDY)
}

fn other(server: &Server) -> Client {
    server.from(OTHER)
}

/// A school with one published revision, and a server that may open so many files.
fn with_files(files: usize) -> Result<(School, Server, TempDir)> {
    let school = School::new()?;
    school.publish(1)?;
    let state = tempfile::tempdir()?;
    let server = Server::start_with_files(files, state.path(), &school.repository(), &[])?;
    Ok((school, server, state))
}

/// A body that never ends.
struct Slow {
    path: &'static str,
    kind: &'static str,
    length: usize,
    /// How much of it arrives.
    begun: usize,
}

/// Bodies that are as short as those of every device and person.
const SHORT: [Slow; 3] = [
    Slow {
        path: "/api/v1/reports",
        kind: "application/json",
        length: 1_000,
        begun: 1,
    },
    Slow {
        path: "/api/v1/enrol",
        kind: "application/json",
        length: 1_000,
        begun: 1,
    },
    Slow {
        path: "/login",
        kind: "application/x-www-form-urlencoded",
        length: 1_000,
        begun: 1,
    },
];

/// A body that needs a place.
const LONG: Slow = Slow {
    path: "/api/v1/reports",
    kind: "application/json",
    length: LONGEST_BATCH,
    begun: 20_000,
};

/// Keeps slow bodies open from one client until it is dropped: each that the server ends is
/// followed by another.
fn attack(client: Client, slow: &Slow, stop: &AtomicBool) -> Result<()> {
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: fyr.example\r\nOrigin: {ORIGIN}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}",
        slow.path,
        slow.kind,
        slow.length,
        " ".repeat(slow.begun)
    );
    let open = || -> Result<TcpStream> {
        let mut stream = client.connect()?;
        stream.write_all(request.as_bytes())?;
        stream.set_nonblocking(true)?;
        Ok(stream)
    };
    let mut open_now = (0..SLOW).map(|_| open()).collect::<Result<Vec<_>>>()?;
    while !stop.load(Ordering::Relaxed) {
        for stream in &mut open_now {
            if is_ended(stream) {
                *stream = open()?;
            }
        }
        thread::yield_now();
    }
    Ok(())
}

fn is_ended(stream: &mut TcpStream) -> bool {
    !matches!(stream.read(&mut [0; 64]), Err(error) if error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn slow_bodies_of_one_client_stop_no_report_enrolment_and_login_of_its_own_or_of_others()
-> Result<()> {
    let hosted = Hosted::behind_proxy(PROXY)?;
    let form = format!("link={}&{LOGIN}", hosted.setup_code()?);
    let made = other(&hosted).submit(ORIGIN, "/setup", "", &form)?;
    ensure!(made.status == 303, "{made:?}");
    let device = hosted.joined(GROUP)?;

    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let slow = SHORT.iter().chain([&LONG]);
        let attacks = slow.map(|slow| {
            let (client, stop) = (greedy(&hosted), &stop);
            scope.spawn(move || attack(client, slow, stop))
        });
        let attacks: Vec<_> = attacks.collect();
        let served = all_are_served(&hosted, &device);
        stop.store(true, Ordering::Relaxed);
        for attack in attacks {
            attack.join().expect("no panic")?;
        }
        served
    })
}

/// Waits until the greedy client has no place left, and then does what devices and people do, at its
/// own address and at another.
fn all_are_served(hosted: &Hosted, device: &Signer) -> Result<()> {
    let long = vec![b' '; LONG.begun];
    wait::until("a refusal of the greedy client", wait::LIMIT, || {
        let answer = greedy(hosted).post_as(LONG.path, LONG.kind, &long)?;
        Ok((answer.status == 503).then_some(()))
    })?;
    for (number, client) in (1..).zip([other(hosted), greedy(hosted)]) {
        let report = device.sign(&device.report(number, Revision(1))?)?;
        let answer = client.post("/api/v1/reports", &[report])?;
        ensure!(answer.status == 200, "report {number}: {answer:?}");
        let request = hosted.request(&Signer::new(GROUP)?)?;
        let answer = client.post("/api/v1/enrol", &request)?;
        ensure!(answer.status == 200, "enrolment {number}: {answer:?}");
        let answer = client.submit(ORIGIN, "/login", "", LOGIN)?;
        ensure!(answer.status == 303, "login {number}: {answer:?}");
    }
    Ok(())
}

/// Sends a long body a little faster than a short one must arrive, until the server ends it; then
/// another, until it is stopped.
fn trickle(client: Client, stop: &AtomicBool) -> Result<()> {
    const PIECE: [u8; 1_000] = [b' '; 1_000];
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        LONG.path, LONG.kind, LONG.length
    );
    while !stop.load(Ordering::Relaxed) {
        let mut stream = client.connect()?;
        stream.write_all(request.as_bytes())?;
        stream.write_all(&vec![b' '; LONG.begun])?;
        // The wait for an answer is the pause between two pieces: 5 KB/s.
        stream.set_read_timeout(Some(Duration::from_millis(200)))?;
        while !stop.load(Ordering::Relaxed) && is_open(&mut stream) {
            if stream.write_all(&PIECE).is_err() {
                break;
            }
        }
    }
    Ok(())
}

fn is_open(stream: &mut TcpStream) -> bool {
    let pause = |kind| matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut);
    matches!(stream.read(&mut [0; 64]), Err(error) if pause(error.kind()))
}

#[test]
fn long_reports_that_trickle_in_from_a_school_leave_places_to_its_other_devices() -> Result<()> {
    let hosted = Hosted::open(&[])?;
    let device = hosted.joined(GROUP)?;
    let batch = (1..=40).map(|number| device.sign(&device.report(number, Revision(1))?));
    let batch = batch.collect::<Result<Vec<_>>>()?;
    ensure!(serde_json::to_vec(&batch)?.len() > LONG.begun);

    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let attacks: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| trickle(greedy(&hosted), &stop)))
            .collect();
        let blank = vec![b' '; LONG.begun];
        let taken = wait::until("all places to be taken", wait::LIMIT, || {
            let begun = Instant::now();
            let answer = greedy(&hosted).post_as(LONG.path, LONG.kind, &blank)?;
            // A body that has no place waits for it.
            Ok((answer.status == 503 || begun.elapsed().as_secs() > 0).then_some(()))
        });
        let answer = taken.and_then(|()| greedy(&hosted).post("/api/v1/reports", &batch));
        stop.store(true, Ordering::Relaxed);
        for attack in attacks {
            attack.join().expect("no panic")?;
        }
        let answer = answer?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(())
    })
}

#[test]
fn a_long_report_of_a_device_with_a_slow_connection_is_stored() -> Result<()> {
    const LENGTH: usize = 60_000;
    let hosted = Hosted::open(&[])?;
    let device = hosted.joined(GROUP)?;
    let mut body = serde_json::to_vec(&[device.sign(&device.report(1, Revision(1))?)?])?;
    body.resize(LENGTH, b' ');
    let mut stream = greedy(&hosted).connect()?;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\nContent-Length: {LENGTH}\r\n\
         Connection: close\r\n\r\n",
        LONG.path, LONG.kind
    );
    stream.write_all(head.as_bytes())?;
    // The wait for an answer is the pause between two pieces: 6 KB/s.
    stream.set_read_timeout(Some(Duration::from_millis(160)))?;
    for (number, piece) in body.chunks(1_000).enumerate() {
        ensure!(is_open(&mut stream), "ended after {number} KB");
        stream.write_all(piece)?;
    }
    stream.set_read_timeout(Some(wait::LIMIT))?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    assert_eq!(Answer::parse(&answer)?.status, 200);
    Ok(())
}

#[test]
fn thousands_of_streams_of_one_client_are_refused_and_another_gets_its_own() -> Result<()> {
    const ASKED: usize = 3_000;
    raise_file_limit();
    let hosted = Hosted::behind_proxy(PROXY)?;
    let mut open = Vec::new();
    let mut refused = 0;
    for _ in 0..ASKED {
        let mut stream = greedy(&hosted).connect()?;
        stream.write_all(b"GET /api/v1/hints HTTP/1.1\r\nhost: fyr.example\r\n\r\n")?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        match &head {
            b"HTTP/1.1 200" => open.push(stream),
            b"HTTP/1.1 503" => refused += 1,
            other => anyhow::bail!("{}", String::from_utf8_lossy(other)),
        }
    }
    ensure!(refused >= 2_000, "{refused} of {ASKED} were refused");
    ensure!(open.len() + refused == ASKED, "{}", open.len());
    assert_eq!(
        other(&hosted).events("/api/v1/hints")?.next("revision")?,
        "1"
    );
    drop(open);
    wait::until("a place to be free again", wait::LIMIT, || {
        let next = greedy(&hosted).events("/api/v1/hints")?.next("revision");
        Ok(next.ok())
    })?;
    Ok(())
}

#[test]
fn idle_connections_of_one_client_leave_some_to_others_however_few_files_there_are() -> Result<()> {
    let (_school, server, _state) = with_files(512)?;
    let mut held = Vec::new();
    let all = wait::until("a refused connection", wait::LIMIT, || {
        let mut stream = greedy(&server).connect()?;
        // The answer shows that the connection was accepted; it stays open.
        let asked = stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
        let mut first = [0; 1];
        match asked.and_then(|()| stream.read(&mut first)) {
            Ok(1..) => held.push(stream),
            Ok(0) | Err(_) => return Ok(Some(held.len())),
        }
        Ok(None)
    })?;
    ensure!(all < 100, "{all} connections of one client with 512 files");
    assert_eq!(other(&server).get("/api/v1/fleet")?.status, 200);
    Ok(())
}

#[test]
fn who_sends_or_reads_too_slowly_is_cut_off() -> Result<()> {
    let (school, server, _state) = with_files(1024)?;
    let list = format!("targets/lists/{}.list.txt", "0".repeat(64));
    let file = school.repository().join(&list);
    std::fs::create_dir_all(file.with_file_name(""))?;
    std::fs::File::create(file)?.set_len(32 << 20)?;
    let begin = |bytes: &str| -> Result<TcpStream> {
        let mut stream = greedy(&server).connect()?;
        stream.write_all(bytes.as_bytes())?;
        Ok(stream)
    };
    let mut head = begin("GET / HTTP/1.1\r\nhost: local")?;
    let mut idle = begin("GET /assets/fyr.svg HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    let mut body = begin(
        "POST /api/v1/reports HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n[",
    )?;
    let reader = begin(&format!(
        "GET /repository/{list} HTTP/1.1\r\nhost: localhost\r\n\r\n"
    ))?;

    let mut answer = Vec::new();
    body.read_to_end(&mut answer)?;
    assert_eq!(Answer::parse(&answer)?.status, 408);
    head.read_to_end(&mut Vec::new())?;
    let mut answer = Vec::new();
    idle.read_to_end(&mut answer)?;
    assert_eq!(Answer::parse(&answer)?.status, 200);
    // Nothing is read here: only a reset shows that the server gave up.
    wait::until("the end of a slow answer", wait::LIMIT, || {
        Ok(reader.take_error()?)
    })?;
    Ok(())
}

#[test]
fn a_handshake_that_is_never_finished_is_cut_off() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let files = Files::below(directory.path());
    Certificate::new()?.write(&files)?;
    let arguments = files.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (state, repository) = (directory.path().join("s"), directory.path().join("r"));
    let server = Server::start(&state, &repository, &arguments)?;
    let mut silent = server.from(GREEDY).connect()?;
    assert_eq!(silent.read_to_end(&mut Vec::new())?, 0);
    Ok(())
}

#[test]
fn a_request_that_names_two_hosts_is_refused() -> Result<()> {
    let hosted = Hosted::behind_proxy(PROXY)?;
    for head in [
        "GET /login HTTP/1.1\r\nhost: fyr.example\r\nhost: evil.example",
        "GET /login HTTP/1.1\r\nhost: fyr.example\r\nhost: fyr.example",
        "GET https://evil.example/login HTTP/1.1\r\nhost: fyr.example",
    ] {
        let answer = hosted.ask(&format!("{head}\r\nconnection: close\r\n\r\n"))?;
        assert_eq!(answer.status, 400, "{head}: {answer:?}");
    }
    Ok(())
}

fn raise_file_limit() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = maximum;
    // Where it cannot be raised, connecting fails and says so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum });
}
