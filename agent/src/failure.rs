//! Failures of the operating system, as a report names them.

use fyr_schemas::report::FailureReason;
use rustix::io::Errno;

/// A failure of the operating system as a report names it.
pub(crate) fn reason(errno: Errno) -> FailureReason {
    match errno {
        Errno::NOSPC | Errno::DQUOT => FailureReason::NoSpace,
        Errno::ACCESS | Errno::PERM => FailureReason::NoPermission,
        Errno::ROFS => FailureReason::ReadOnly,
        Errno::LOOP
        | Errno::NOTDIR
        | Errno::ISDIR
        | Errno::EXIST
        | Errno::NOTEMPTY
        | Errno::XDEV
        | Errno::BUSY => FailureReason::Obstructed,
        _ => FailureReason::Io,
    }
}
