//! Whether the server can do its work, for probes: one word or line a fault, and no detail that
//! would help an attacker.

use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::certificate;
use crate::renew::Renewed;
use crate::watch::Looked;

/// A database that takes longer does not answer; probes wait for a few seconds at most.
const PATIENCE: Duration = Duration::from_secs(2);

/// `GET /healthz`: 200 and `ok`, or 503 and one line for each fault.
pub(crate) async fn show(State(app): State<App>) -> Response {
    let answered = tokio::time::timeout(PATIENCE, app.store.has_account()).await;
    let is_unusable = app
        .certificate
        .as_ref()
        .is_some_and(|state| *state.borrow() == certificate::State::Unusable);
    let faults = faults(&[
        (
            !matches!(answered, Ok(Ok(_))),
            "the database does not answer",
        ),
        (
            app.store.trouble().is_some(),
            "the database takes no reports",
        ),
        (
            matches!(*app.renewal.borrow(), Renewed::Failing { .. }),
            "the metadata cannot be renewed",
        ),
        (
            *app.looked.borrow() == Looked::Failed,
            "the repository cannot be read",
        ),
        (is_unusable, "the changed certificate cannot be used"),
    ]);
    let (status, text) = match faults {
        None => (StatusCode::OK, "ok\n".to_owned()),
        Some(faults) => (StatusCode::SERVICE_UNAVAILABLE, faults),
    };
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, text).into_response()
}

/// A line for each fault that is there.
fn faults(checks: &[(bool, &str)]) -> Option<String> {
    let faults: Vec<&str> = checks
        .iter()
        .filter(|(is_there, _)| *is_there)
        .map(|(_, fault)| *fault)
        .collect();
    (!faults.is_empty()).then(|| faults.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_its_line_and_without_any_there_is_none() {
        assert_eq!(faults(&[(false, "a"), (false, "b")]), None);
        assert_eq!(faults(&[(true, "a"), (true, "b")]), Some("a\nb\n".into()));
        assert_eq!(faults(&[(false, "a"), (true, "b")]), Some("b\n".into()));
    }
}
