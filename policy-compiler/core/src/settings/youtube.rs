//! YouTube: how much of it pupils see, and whether they appear there.

use super::{Kind, Level, Lowering, Mechanism, OPEN_CLOSED, Restriction, Role, Setting, Value};
use crate::catalogue::safe_hosts as hosts;

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "youtube.level",
        kind: Kind::Levels(&[
            Level {
                word: "off",
                also: &["no", "none"],
            },
            Level {
                word: "moderate",
                also: &[],
            },
            Level {
                word: "strict",
                also: &[],
            },
        ]),
        default: "off",
        doc: "YouTube's Restricted Mode: how much of YouTube is hidden. In both modes comments \
              are hidden too.",
        role: Role::Restricts(Restriction::Content),
        lowering: Lowering::ByValue {
            chromium: |level| match level {
                Value::Level("strict") => Mechanism::policy("ForceYouTubeRestrict", 2),
                Value::Level("moderate") => Mechanism::policy("ForceYouTubeRestrict", 1),
                Value::Level("off") => Mechanism::inherent(),
                Value::Level(_) | Value::Number(_) | Value::Names(_) | Value::Policy(_) => {
                    Mechanism::unforeseen()
                }
            },
            firefox: |level| match level {
                Value::Level("strict") => Mechanism::pin(hosts::YOUTUBE, hosts::YOUTUBE_STRICT),
                Value::Level("moderate") => Mechanism::pin(hosts::YOUTUBE, hosts::YOUTUBE_MODERATE),
                Value::Level("off") => Mechanism::inherent(),
                Value::Level(_) | Value::Number(_) | Value::Names(_) | Value::Policy(_) => {
                    Mechanism::unforeseen()
                }
            },
        },
    },
    Setting {
        name: "youtube.identity",
        kind: OPEN_CLOSED,
        default: "open",
        doc: "Appearing on YouTube with the school account: uploading, an own channel, \
              commenting. Watching is not touched.",
        role: Role::Restricts(Restriction::Sites),
        lowering: Lowering::Switch {
            chromium: closed_identity,
            firefox: closed_identity,
        },
    },
];

/// Pages can be closed; a comment is sent by the page that shows the video.
fn closed_identity() -> Mechanism {
    let pages = [
        "studio.youtube.com",
        "youtube.com/upload",
        "youtube.com/create_channel",
        "youtube.com/channel_switcher",
        "youtube.com/account",
        "youtube.com/live_dashboard",
    ];
    Mechanism::block(pages).partly(
        "the pages for uploading and for an own channel are closed; commenting happens inside \
         the video's page and is hidden only where `youtube.level` is moderate or strict",
    )
}
