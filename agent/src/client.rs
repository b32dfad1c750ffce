//! The HTTP client: one server, no redirects, no proxy from the environment, bounded answers.

use std::time::Duration;

use fyr_schemas::HostName;
use fyr_schemas::problem::{MEDIA_TYPE, TYPE_PREFIX};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};

const CONNECT: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(30);
/// Bytes a second that a long answer must bring: lists come to schools at the end of thin lines.
const SLOWEST: u64 = 64 * 1024;

/// The server this device is enrolled with.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    client: Client,
    base: String,
}

/// Why the server gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerError {
    /// The address is none.
    #[error(
        "`{base}` is no server address; it starts with https:// (or http:// on this machine alone) \
         and ends without `/`"
    )]
    Address { base: String },
    /// An address that would not be printed as it is.
    #[error("the server address contains the character U+{:04X}; an address has none such", u32::from(*.character))]
    Character { character: char },
    /// The client cannot be made.
    #[error("cannot prepare connections to `{base}`")]
    Prepare {
        base: String,
        source: reqwest::Error,
    },
    /// No answer, or the connection broke.
    #[error("cannot reach `{url}`")]
    Reach { url: String, source: reqwest::Error },
    /// The answer is another than asked for.
    #[error("`{url}` answered {status}{}", detail_in_words(detail))]
    Status {
        url: String,
        status: StatusCode,
        detail: String,
        /// Who answered.
        by: Answered,
    },
    /// The receipt acknowledges none of what was sent.
    #[error("`{url}` stored none of the reports that it was sent")]
    StoredNothing { url: String },
    /// The answer is not what the server promises.
    #[error("`{url}` answered something that is not a {expected}")]
    Answer {
        url: String,
        expected: &'static str,
        source: serde_json::Error,
    },
}

/// Who gave an answer that is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answered {
    /// Our server, by the mark that its problems bear.
    Server {
        /// The highest report number stored, where that is what is wrong.
        highest: Option<u64>,
    },
    /// Something else on the path: a proxy, the login page of a network.
    Other,
}

fn detail_in_words(detail: &str) -> String {
    if detail.is_empty() {
        String::new()
    } else {
        format!(": {detail}")
    }
}

impl Server {
    /// A client for the server at `base`.
    pub(crate) fn new(base: &str) -> Result<Self, ServerError> {
        // An address comes from a token before its signature counts, and is printed.
        if let Some(character) = base.chars().find(|c| !c.is_ascii_graphic()) {
            return Err(ServerError::Character { character });
        }
        let is_plain = is_plain_on_this_machine(base);
        if !(is_plain || base.starts_with("https://")) || base.ends_with('/') {
            return Err(ServerError::Address {
                base: base.to_owned(),
            });
        }
        // Without a provider of its own, rustls would panic; a second installation is refused
        // because the first is the same one.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .user_agent(concat!("fyr-agent/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .no_proxy()
            .http1_only()
            .connect_timeout(CONNECT)
            .tcp_keepalive(Duration::from_mins(1));
        // The system's certificates cost a megabyte and are of no use on a plain connection.
        let builder = if is_plain {
            builder.tls_certs_only([])
        } else {
            builder
        };
        let client = builder.build().map_err(|source| ServerError::Prepare {
            base: base.to_owned(),
            source,
        })?;
        Ok(Self {
            client,
            base: base.to_owned(),
        })
    }

    /// Asks for a path and reads at most one byte more than `limit`; `None` is a 404.
    pub(crate) async fn get(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, ServerError> {
        let url = format!("{}/{path}", self.base);
        let reach = |source| ServerError::Reach {
            url: url.clone(),
            source,
        };
        let patience = WHOLE.saturating_add(Duration::from_secs(limit / SLOWEST));
        let request = self.client.get(&url).timeout(patience);
        let response = request.send().await.map_err(reach)?;
        match response.status() {
            StatusCode::OK => Ok(Some(read(response, limit).await.map_err(reach)?)),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(refusal(url, response).await),
        }
    }

    /// Sends a JSON document and reads a JSON answer.
    pub(crate) async fn post<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        body: Vec<u8>,
        expected: &'static str,
    ) -> Result<T, ServerError> {
        const ANSWER_LIMIT: u64 = 64 * 1024;
        let url = format!("{}/{path}", self.base);
        let reach = |source| ServerError::Reach {
            url: url.clone(),
            source,
        };
        let request = self
            .client
            .post(&url)
            .timeout(WHOLE)
            .header("content-type", "application/json")
            .body(body);
        let response = request.send().await.map_err(reach)?;
        if !response.status().is_success() {
            return Err(refusal(url, response).await);
        }
        let bytes = read(response, ANSWER_LIMIT).await.map_err(reach)?;
        serde_json::from_slice(&bytes).map_err(|source| ServerError::Answer {
            url,
            expected,
            source,
        })
    }

    /// The error of a receipt that moves nothing forward.
    pub(crate) fn stored_nothing(&self, path: &str) -> ServerError {
        ServerError::StoredNothing {
            url: format!("{}/{path}", self.base),
        }
    }

    /// Opens a stream that the server keeps open.
    pub(crate) async fn stream(&self, path: &str) -> Result<Response, ServerError> {
        let url = format!("{}/{path}", self.base);
        let request = self.client.get(&url).header("accept", "text/event-stream");
        match request.send().await {
            Ok(response) if response.status() == StatusCode::OK => Ok(response),
            Ok(response) => Err(refusal(url, response).await),
            Err(source) => Err(ServerError::Reach { url, source }),
        }
    }
}

async fn read(mut response: Response, limit: u64) -> Result<Vec<u8>, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        bytes.extend_from_slice(&chunk);
        // One byte too many is enough for the reader to refuse it.
        if bytes.len() as u64 > limit {
            break;
        }
    }
    Ok(bytes)
}

#[derive(serde::Deserialize)]
struct Problem {
    r#type: Option<String>,
    detail: Option<String>,
    title: Option<String>,
    highest: Option<u64>,
}

async fn refusal(url: String, response: Response) -> ServerError {
    const PROBLEM_LIMIT: u64 = 16 * 1024;
    let status = response.status();
    let media_type = response.headers().get(CONTENT_TYPE);
    let is_problem = media_type.is_some_and(|found| found == MEDIA_TYPE);
    let bytes = read(response, PROBLEM_LIMIT).await.unwrap_or_default();
    let problem: Option<Problem> = serde_json::from_slice(&bytes).ok();
    let marked = problem.as_ref().filter(|problem| {
        let kind = problem.r#type.as_deref();
        is_problem && kind.is_some_and(|kind| kind.starts_with(TYPE_PREFIX))
    });
    let by = marked.map_or(Answered::Other, |problem| Answered::Server {
        highest: problem.highest,
    });
    let detail = problem.and_then(|problem| problem.detail.or(problem.title));
    ServerError::Status {
        url,
        status,
        detail: cut(&detail.unwrap_or_default()),
        by,
    }
}

/// A server's words, cut short. They are escaped where they are printed.
fn cut(detail: &str) -> String {
    detail.chars().take(300).collect()
}

/// The name of a server's host; none where it is no name that a list could hold.
pub(crate) fn host_of(base: &str) -> Option<HostName> {
    let (_, rest) = base.split_once("://")?;
    let host = rest.split_once(':').map_or(rest, |(host, _)| host);
    host.to_ascii_lowercase().parse().ok()
}

/// Whether nothing between here and the server could read or change what is sent in the clear.
fn is_plain_on_this_machine(base: &str) -> bool {
    base.strip_prefix("http://").is_some_and(|rest| {
        let host = match rest.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            Some(_) | None => rest,
        };
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || address
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_the_clear_is_this_machines_own() {
        for base in [
            "http://127.0.0.1:8470",
            "http://localhost:1",
            "http://[::1]:80",
            "http://[::1]",
        ] {
            assert!(is_plain_on_this_machine(base), "{base}");
        }
        for base in [
            "http://fyr.example",
            "http://127.0.0.1.example:80",
            "http://localhost.example",
            "http://user@10.0.0.1:80",
            "https://127.0.0.1",
        ] {
            assert!(!is_plain_on_this_machine(base), "{base}");
        }
    }

    #[test]
    fn the_host_of_a_server_is_its_name() {
        let host = |base| host_of(base).map(|host| host.to_string());
        let name = Some("fyr.example.dk".to_owned());
        assert_eq!(host("https://fyr.example.dk"), name);
        assert_eq!(host("https://Fyr.example.dk:8470"), name);
        assert_eq!(host("http://[::1]:80"), None);
        assert_eq!(host("http://localhost:80"), None);
    }

    #[test]
    fn an_address_that_could_steer_a_terminal_is_refused_and_not_printed() {
        for base in [
            "https://x\u{1b}]0;y",
            "https://x y",
            "https://x\u{202e}y",
            "\u{9b}2J",
        ] {
            let refused = Server::new(base).err().map(|error| error.to_string());
            let refused = refused.unwrap_or_default();
            assert!(
                refused.starts_with("the server address contains"),
                "{refused}"
            );
            assert!(refused.is_ascii(), "{refused}");
        }
    }

    #[test]
    fn a_servers_words_cannot_steer_a_terminal() {
        let refused = ServerError::Status {
            url: "https://fyr.example/api/v1/reports".to_owned(),
            status: StatusCode::FORBIDDEN,
            detail: cut("\u{1b}[2Jno\r\nth\u{202e}ing\u{9b}1m"),
            by: Answered::Other,
        };
        let shown = crate::chain_in_words(&refused);
        assert!(shown.is_ascii(), "{shown}");
        assert!(!shown.chars().any(char::is_control), "{shown}");
        assert!(shown.contains("no\\u{d}\\u{a}th\\u{202e}ing"), "{shown}");
    }
}
