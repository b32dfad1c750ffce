//! `GET /metrics`: what is measured, for a monitoring system.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use crate::app::App;
use crate::problem::Problem;

/// `GET /metrics`.
pub(crate) async fn show(State(app): State<App>) -> Result<Response, Problem> {
    let trouble = app.store.trouble();
    app.metrics.measure_database(trouble.is_some());
    let is_failing = app.renewal.borrow().failure().is_some();
    app.metrics.measure_renewal(is_failing);
    if let Ok(publication) = app.publication() {
        match app.fleet(&publication, Timestamp::now()).await {
            Ok(summary) => app.metrics.measure(&summary.fleet, &publication),
            // That the database fails is a measurement too, and the one that matters then.
            Err(_) if trouble.is_some() => {}
            Err(problem) => return Err(problem),
        }
    }
    let text = app.metrics.text();
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, content_type)], text).into_response())
}
