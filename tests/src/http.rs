//! A GET over plain HTTP, for servers that tests start themselves.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// The longest answer that is read.
const LONGEST: u64 = 16 << 20;

/// The body of `GET url`; any status but 200 is an error.
pub fn get(url: &str) -> Result<String> {
    let (address, path) = url
        .strip_prefix("http://")
        .map(|rest| rest.split_once('/').unwrap_or((rest, "")))
        .with_context(|| format!("`{url}` is not plain HTTP"))?;
    let mut stream =
        TcpStream::connect(address).with_context(|| format!("connecting to `{url}`"))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    // HTTP/1.0, so that the body is everything until the server closes.
    write!(stream, "GET /{path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(LONGEST).read_to_string(&mut answer)?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .with_context(|| format!("`{url}` answered `{answer}`"))?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    ensure!(status == "200", "`{url}` answered {status}: {body}");
    Ok(body.to_owned())
}
