//! JSON over a WebSocket, one call at a time: what the DevTools protocol and WebDriver BiDi share.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

use crate::wait;

/// The most events kept; the oldest are dropped.
const KEPT: usize = 10_000;

/// What a browser says to a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It executed the command, and this is the result.
    Done(Value),
    /// It would not, and this is the whole message.
    Refused(Value),
}

/// What became of a navigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visit {
    /// The page loaded.
    Loaded,
    /// The browser refused, in its own words.
    Refused(String),
}

/// A connection to a browser.
#[derive(Debug)]
pub struct Remote {
    socket: WebSocket<TcpStream>,
    calls: u64,
    events: VecDeque<Value>,
}

impl Remote {
    /// Speaks WebSocket at `url` over a stream that is already connected.
    pub fn connect(stream: TcpStream, url: &str) -> Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(wait::LIMIT))?;
        let (socket, _) =
            tungstenite::client(url, stream).with_context(|| format!("connecting to `{url}`"))?;
        Ok(Self {
            socket,
            calls: 0,
            events: VecDeque::new(),
        })
    }

    /// Calls `method` and returns its result. `session` addresses one page of the DevTools protocol.
    pub fn call(
        &mut self,
        method: &str,
        parameters: &Value,
        session: Option<&str>,
    ) -> Result<Value> {
        match self.ask(method, parameters, session)? {
            Answer::Done(result) => Ok(result),
            Answer::Refused(message) => bail!("`{method}` was refused: {message}"),
        }
    }

    /// Like [`call`](Self::call), for a method whose refusal is an answer too.
    pub fn ask(
        &mut self,
        method: &str,
        parameters: &Value,
        session: Option<&str>,
    ) -> Result<Answer> {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": parameters });
        if let (Some(session), Some(message)) = (session, message.as_object_mut()) {
            message.insert("sessionId".into(), session.into());
        }
        self.socket.send(Message::text(message.to_string()))?;
        let deadline = Instant::now() + wait::LIMIT;
        loop {
            let message = self
                .receive(deadline)?
                .with_context(|| format!("`{method}` was not answered"))?;
            if message.get("id").and_then(Value::as_u64) != Some(self.calls) {
                self.keep(message);
            } else if message.get("error").is_some() {
                return Ok(Answer::Refused(message));
            } else {
                let result = message.get("result").cloned().unwrap_or_default();
                return Ok(Answer::Done(result));
            }
        }
    }

    /// The oldest event that `wanted` accepts, waited for; it is taken out of the queue.
    pub fn event(
        &mut self,
        what: &str,
        limit: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(found) = self.events.iter().position(&wanted) {
                return self.events.remove(found).context("the event just found");
            }
            let message = self
                .receive(deadline)?
                .with_context(|| format!("waited {limit:?} in vain for {what}"))?;
            self.keep(message);
        }
    }

    /// Every event so far that bears one of these names; they stay in the queue.
    pub fn seen(&self, methods: &[&str]) -> Vec<&Value> {
        self.events
            .iter()
            .filter(|event| {
                let method = event.get("method").and_then(Value::as_str);
                method.is_some_and(|method| methods.contains(&method))
            })
            .collect()
    }

    /// Forgets every event so far.
    pub fn forget(&mut self) {
        self.events.clear();
    }

    fn keep(&mut self, event: Value) {
        if self.events.len() >= KEPT {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// The next message, or nothing when the deadline passes first.
    fn receive(&mut self, deadline: Instant) -> Result<Option<Value>> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            self.socket.get_ref().set_read_timeout(Some(left))?;
            match self.socket.read() {
                Ok(Message::Text(text)) => return Ok(Some(serde_json::from_str(&text)?)),
                Ok(_) => {}
                Err(tungstenite::Error::Io(error))
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(error).context("reading from the browser"),
            }
        }
    }
}
