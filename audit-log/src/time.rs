//! Times: microseconds since the Unix epoch in memory, RFC 3339 in UTC with six digits in a line.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

/// Appends a time as `2026-11-22T08:14:42.000000Z`; `None` when it is past the year 9999.
pub(crate) fn write_rfc3339(time_us: u64, out: &mut Vec<u8>) -> Option<()> {
    let timestamp = Timestamp::from_microsecond(i64::try_from(time_us).ok()?).ok()?;
    PRINTER.print_timestamp(&timestamp, out).ok()
}

/// A time as it stands in a line; a time that has no such form is shown as a number.
#[must_use]
pub fn to_rfc3339(time_us: u64) -> String {
    let mut out = Vec::with_capacity(27);
    write_rfc3339(time_us, &mut out)
        .and_then(|()| String::from_utf8(out).ok())
        .unwrap_or_else(|| time_us.to_string())
}

/// Reads the one spelling that [`to_rfc3339`] writes.
#[must_use]
pub fn from_rfc3339(text: &str) -> Option<u64> {
    let timestamp: Timestamp = text.parse().ok()?;
    let time_us = u64::try_from(timestamp.as_microsecond()).ok()?;
    (to_rfc3339(time_us) == text).then_some(time_us)
}

const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(6));

/// A `u64` field of microseconds, in a line as RFC 3339.
pub(crate) mod rfc3339 {
    use serde::Deserialize as _;
    use serde::Deserializer;
    use serde::Serializer;

    pub(crate) fn serialize<S: Serializer>(
        time_us: &u64,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut out = Vec::with_capacity(27);
        super::write_rfc3339(*time_us, &mut out)
            .ok_or_else(|| serde::ser::Error::custom("a time is past the year 9999"))?;
        serializer.serialize_str(str::from_utf8(&out).map_err(serde::ser::Error::custom)?)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::from_rfc3339(&text)
            .ok_or_else(|| serde::de::Error::custom("a time is RFC 3339 in UTC with six digits"))
    }
}

/// An optional `u64` field of microseconds, in a line as RFC 3339.
pub(crate) mod rfc3339_option {
    use serde::Deserializer;
    use serde::Serializer;

    pub(crate) fn serialize<S: Serializer>(
        time_us: &Option<u64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time_us {
            Some(time_us) => super::rfc3339::serialize(time_us, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// An absent field is `None` by serde's default; one that is present is a time.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<u64>, D::Error> {
        super::rfc3339::deserialize(deserializer).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_six_digits_in_utc() {
        assert_eq!(to_rfc3339(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(
            to_rfc3339(1_795_334_400_000_001),
            "2026-11-22T08:00:00.000001Z"
        );
        assert_eq!(
            from_rfc3339("2026-11-22T08:00:00.000001Z"),
            Some(1_795_334_400_000_001)
        );
    }

    #[test]
    fn reads_one_spelling_only() {
        for text in [
            "2026-11-22T08:00:00Z",
            "2026-11-22T08:00:00.0000001Z",
            "2026-11-22T08:00:00.000000z",
            "2026-11-22T09:00:00.000000+01:00",
            "2026-11-22 08:00:00.000000Z",
            "1969-12-31T23:59:59.000000Z",
            "",
        ] {
            assert_eq!(from_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_past_the_calendar_has_no_form() {
        assert_eq!(write_rfc3339(u64::MAX, &mut Vec::new()), None);
    }
}
