//! The dashboard's style, script and mark, embedded: no page of ours asks another host for anything.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// `GET /assets/{name}`. A browser asks again after an update of the server.
pub(crate) async fn serve(Path(name): Path<String>) -> Result<Response, Problem> {
    let (content_type, bytes) = match name.as_str() {
        "fyr.css" => ("text/css; charset=utf-8", include_str!("../assets/fyr.css")),
        "fyr.js" => (
            "text/javascript; charset=utf-8",
            include_str!("../assets/fyr.js"),
        ),
        "fyr.svg" => ("image/svg+xml", include_str!("../assets/fyr.svg")),
        _ => return Err(Problem::not_found()),
    };
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    Ok((headers, bytes).into_response())
}
