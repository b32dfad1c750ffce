//! Hands waiting reports to the server, oldest first, and forgets what it has stored for good.

use fyr_schemas::envelope::Envelope;
use fyr_schemas::report::ReportReceipt;
use reqwest::StatusCode;
use tracing::warn;

use crate::client::{Answered, Server, ServerError};

/// What came of one batch.
#[derive(Debug)]
pub(crate) enum Sent {
    /// Everything up to and including this number is stored.
    Stored { up_to: u64 },
    /// The server will never take this report; others may wait behind it.
    Refused { number: u64 },
    /// Another report is stored under one of the numbers: this device lost its memory. What it has
    /// to report must be numbered above `highest`.
    NumberUsed { highest: u64 },
    /// The server will not take this batch as a whole; it is to be sent one by one.
    Split,
}

/// Sends one batch.
pub(crate) async fn send(server: &Server, batch: &[(u64, Envelope)]) -> Result<Sent, ServerError> {
    let envelopes: Vec<&Envelope> = batch.iter().map(|(_, envelope)| envelope).collect();
    let Ok(body) = serde_json::to_vec(&envelopes) else {
        return Ok(Sent::Split);
    };
    let receipt: Result<ReportReceipt, _> =
        server.post("api/v1/reports", body, "report receipt").await;
    match receipt {
        Ok(receipt)
            if batch
                .iter()
                .any(|(number, _)| *number <= receipt.acknowledged) =>
        {
            Ok(Sent::Stored {
                up_to: receipt.acknowledged,
            })
        }
        // Asking again at once would be asking for ever.
        Ok(_) => Err(server.stored_nothing("api/v1/reports")),
        Err(ServerError::Status {
            status: StatusCode::CONFLICT,
            by: Answered::Server {
                highest: Some(highest),
            },
            ..
        }) if is_plausible(highest, batch) => {
            warn!("the server has other reports of this device, up to number {highest}");
            Ok(Sent::NumberUsed { highest })
        }
        Err(error) if takes_no_batch(&error) && batch.len() > 1 => {
            warn!(
                "the server takes no long batch now: {}",
                crate::chain_in_words(&error)
            );
            Ok(Sent::Split)
        }
        Err(error) if !is_final(&error) => Err(error),
        Err(error) => match batch {
            [(number, _)] => {
                warn!(
                    "the server refuses report {number}: {}",
                    crate::chain_in_words(&error)
                );
                Ok(Sent::Refused { number: *number })
            }
            _ => Ok(Sent::Split),
        },
    }
}

/// Whether going on above `highest` gets past the conflict, and leaves numbers for a long life.
fn is_plausible(highest: u64, batch: &[(u64, Envelope)]) -> bool {
    let lowest = batch.first().map(|(number, _)| *number);
    lowest.is_some_and(|lowest| lowest <= highest) && u32::try_from(highest).is_ok()
}

/// Whether our server is busy, or the batch arrived too slowly: it may still take a single report,
/// which needs no place and may arrive at a slower pace.
fn takes_no_batch(error: &ServerError) -> bool {
    matches!(
        error,
        ServerError::Status {
            status: StatusCode::SERVICE_UNAVAILABLE | StatusCode::REQUEST_TIMEOUT,
            by: Answered::Server { .. },
            ..
        }
    )
}

/// Whether sending the same again cannot help: our server understood, and says it is wrong. What
/// something else on the path says of a report is not about the report.
fn is_final(error: &ServerError) -> bool {
    match error {
        ServerError::Status {
            status,
            by: Answered::Server { .. },
            ..
        } => matches!(
            *status,
            StatusCode::BAD_REQUEST
                | StatusCode::PAYLOAD_TOO_LARGE
                | StatusCode::UNPROCESSABLE_ENTITY
        ),
        ServerError::Status {
            by: Answered::Other,
            ..
        }
        | ServerError::Address { .. }
        | ServerError::Character { .. }
        | ServerError::Prepare { .. }
        | ServerError::Reach { .. }
        | ServerError::StoredNothing { .. }
        | ServerError::Answer { .. } => false,
    }
}
