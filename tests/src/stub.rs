//! A web server of files that answers some paths as a test says: it shows devices what our own server
//! would not.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use anyhow::{Context as _, Result};

/// The server; it ends on drop.
#[derive(Debug)]
pub struct Stub {
    address: SocketAddr,
    shown: Arc<Mutex<Shown>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What is shown below `/repository/`.
#[derive(Debug)]
struct Shown {
    directory: PathBuf,
    statuses: BTreeMap<String, u16>,
}

impl Stub {
    /// Serves the repository in `directory` at an address.
    pub fn start_at(address: SocketAddr, directory: &Path) -> Result<Self> {
        let listener = TcpListener::bind(address).context("listening")?;
        let address = listener.local_addr()?;
        let shown = Arc::new(Mutex::new(Shown {
            directory: directory.to_owned(),
            statuses: BTreeMap::new(),
        }));
        let is_over = Arc::new(AtomicBool::new(false));
        let (theirs, ended) = (Arc::clone(&shown), Arc::clone(&is_over));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                // A client that has gone away is its own affair.
                let _answered = answer(&stream, &theirs);
            }
        });
        Ok(Self {
            address,
            shown,
            is_over,
            thread: Some(thread),
        })
    }

    /// Serves another repository from now on, every file of it.
    pub fn serve(&self, directory: &Path) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        directory.clone_into(&mut shown.directory);
        shown.statuses.clear();
    }

    /// Answers a path below the repository with a status and nothing else.
    pub fn answer(&self, path: &str, status: u16) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.statuses.insert(path.to_owned(), status);
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // The listener looks at the flag once a client connects.
        let _woken = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

fn answer(stream: &TcpStream, shown: &Mutex<Shown>) -> Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().context("a request has a first line")??;
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    let (status, body) = match path.strip_prefix("/repository/") {
        Some(path) => {
            let shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
            match shown.statuses.get(path) {
                Some(status) => (*status, Vec::new()),
                None => match fs::read(shown.directory.join(path)) {
                    Ok(bytes) => (200, bytes),
                    Err(_) => (404, Vec::new()),
                },
            }
        }
        None => (503, Vec::new()),
    };
    let length = body.len();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} -\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)?;
    Ok(())
}
