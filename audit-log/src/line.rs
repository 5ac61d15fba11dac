//! Line: one record as the exact bytes that are hashed and stored.

use std::io::Write as _;

use serde::Deserialize;

use crate::digest::Digest;
use crate::error::Problem;
use crate::record::Event;
use crate::record::Record;
use crate::segment::VERSION;
use crate::time;

/// Writes the line of `record`, without its line feed, behind what is in `out`.
///
/// `None` when the record has no form as a line. The head is written by hand: its fields are in
/// a fixed order and two of them are always of the same length.
pub(crate) fn encode(record: &Record, seq: u64, prev: &Digest, out: &mut Vec<u8>) -> Option<()> {
    write!(out, r#"{{"v":{VERSION},"seq":{seq},"prev":""#).ok()?;
    out.extend_from_slice(&prev.hex());
    out.extend_from_slice(br#"","time":""#);
    time::write_rfc3339(record.time_us, out)?;
    out.push(b'"');
    if !record.session.is_empty() {
        out.extend_from_slice(br#","session":"#);
        serde_json::to_writer(&mut *out, &record.session).ok()?;
    }
    out.extend_from_slice(br#","event":"#);
    serde_json::to_writer(&mut *out, &record.event).ok()?;
    out.push(b'}');
    Some(())
}

/// What every version of a line has.
#[derive(Debug, Deserialize)]
pub(crate) struct Head {
    pub(crate) v: u32,
    pub(crate) seq: u64,
    pub(crate) prev: Digest,
    #[serde(rename = "time", with = "time::rfc3339")]
    pub(crate) time_us: u64,
    #[serde(default)]
    pub(crate) session: String,
}

/// Reads the head of a line of any version and nothing behind it.
pub(crate) fn decode_head(line: &[u8]) -> Result<Head, Problem> {
    serde_json::from_slice(line).map_err(|error| not_a_record(&error))
}

/// Reads a line of this version; a field that this version does not have is an error.
pub(crate) fn decode(line: &[u8]) -> Result<(u64, Digest, Record), Problem> {
    let document: LineDocument =
        serde_json::from_slice(line).map_err(|error| not_a_record(&error))?;
    if document.v != VERSION {
        return Err(Problem::Version {
            version: document.v,
        });
    }
    let LineDocument {
        v: _,
        seq,
        prev,
        time_us,
        session,
        event,
    } = document;
    Ok((
        seq,
        prev,
        Record {
            time_us,
            session,
            event,
        },
    ))
}

/// A line of this version as it stands in a segment.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineDocument {
    v: u32,
    seq: u64,
    prev: Digest,
    #[serde(rename = "time", with = "time::rfc3339")]
    time_us: u64,
    #[serde(default)]
    session: String,
    event: Event,
}

/// Where it went wrong, and not serde's own words, which may quote a statement.
pub(crate) fn not_a_record(error: &serde_json::Error) -> Problem {
    Problem::NotARecord {
        column: error.column(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::record::Stop;
    use crate::statement::Intent;
    use crate::statement::Statement;

    fn line(record: &Record) -> String {
        let mut out = Vec::new();
        encode(record, 3, &Digest::ZERO, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn stop() -> Record {
        Record::gateway(
            0,
            Event::Stop(Stop {
                reason: "asked to".into(),
            }),
        )
    }

    #[test]
    fn a_line_begins_with_its_place_in_the_chain() {
        expect![[r#"{"v":1,"seq":3,"prev":"0000000000000000000000000000000000000000000000000000000000000000","time":"1970-01-01T00:00:00.000000Z","event":{"stop":{"reason":"asked to"}}}"#]]
            .assert_eq(&line(&stop()));
    }

    #[test]
    fn a_session_and_its_statement_come_back() {
        let record = Record::new(
            1_795_334_400_000_001,
            "s \"1\"\n",
            Event::Intent(Box::new(Intent {
                sequence: 1,
                command: "query".into(),
                target: String::from("shop"),
                statement: Some(Statement::exact(b"select '\xff\n'")),
                ..Intent::default()
            })),
        );
        let text = line(&record);
        assert!(!text.contains('\n'));
        assert_eq!(decode(text.as_bytes()), Ok((3, Digest::ZERO, record)));
    }

    #[test]
    fn refuses_what_this_version_does_not_have() {
        let good = line(&stop());
        for (from, to) in [
            (r#""v":1"#, r#""v":2"#),
            (r#""event""#, r#""more":1,"event""#),
            (r#""reason""#, r#""more":1,"reason""#),
            (r#"{"stop""#, r#"{"pause""#),
            (r#""seq":3"#, r#""seq":3,"seq":3"#),
            (r#""seq":3"#, r#""seq":-3"#),
            (r#""prev":"0"#, r#""prev":"A"#),
        ] {
            let bad = good.replace(from, to);
            assert_ne!(bad, good);
            assert!(decode(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_head_of_a_newer_line_can_be_read() {
        let newer = line(&stop()).replace(r#""v":1"#, r#""v":2,"more":[1]"#);
        assert_eq!(decode_head(newer.as_bytes()).unwrap().v, 2);
    }

    #[test]
    fn an_error_does_not_quote_the_line() {
        let bad = line(&stop()).replace(r#""asked to""#, r#"{"secret":1}"#);
        let problem = decode(bad.as_bytes()).unwrap_err().to_string();
        assert!(!problem.contains("secret"), "{problem}");
    }
}
