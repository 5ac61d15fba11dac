//! The clock: microseconds since the epoch, as sessions and the audit log count time.

use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use jiff::Timestamp;

/// Now.
pub(crate) fn now_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    })
}

/// A time; zero for one before the epoch.
pub(crate) fn microseconds(time: Timestamp) -> u64 {
    u64::try_from(time.as_microsecond()).unwrap_or(0)
}
