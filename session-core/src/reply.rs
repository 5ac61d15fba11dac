//! The packets that the gateway writes itself: errors that explain, OKs, empty results.

use mysql_proto::flags::Capabilities;
use mysql_proto::flags::StatusFlags;
use mysql_proto::frame::encode_packet;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::response::column::encode_column_count;
use mysql_proto::response::eof::EofPacket;
use mysql_proto::response::err::ErrPacket;
use mysql_proto::response::err::SqlState;
use mysql_proto::response::ok::OkForm;
use mysql_proto::response::ok::OkPacket;
use mysql_proto::types::ColumnType;
use mysql_proto::types::SequenceId;
use policy_core::decision::Denial;

/// The longest message that common clients keep whole.
const MESSAGE_BYTES_MAX: usize = 510;

/// An error for the client, with the stable token that its text begins with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Failure {
    /// The MySQL error number.
    pub(crate) code: u16,
    /// The SQLSTATE.
    pub(crate) state: [u8; 5],
    /// The token in brackets.
    pub(crate) token: &'static str,
    /// The whole text, token included.
    pub(crate) text: String,
}

impl Failure {
    /// An error of the gateway's own.
    pub(crate) fn new(code: u16, state: [u8; 5], token: &'static str, text: &str) -> Self {
        Self {
            code,
            state,
            token,
            text: format!("[{token}] {text}"),
        }
    }

    /// Something that the gateway needs is missing: nothing passes.
    pub(crate) fn closed(token: &'static str, text: &str) -> Self {
        Self::new(1105, *b"HY000", token, text)
    }

    /// A denial in the words of the policy.
    pub(crate) fn denial(denial: &Denial) -> Self {
        let (code, state) = denial.code.mysql();
        let state = <[u8; 5]>::try_from(state.as_bytes()).unwrap_or(*b"42000");
        Self {
            code,
            state,
            token: denial.code.token(),
            text: denial.to_string(),
        }
    }

    /// The record could not be written.
    pub(crate) fn unrecorded() -> Self {
        Self::closed(
            "POSTERN-AUDIT",
            "the audit log cannot be written, so nothing was sent; try again later and tell the \
             operator",
        )
    }

    /// The payload of the ERR packet.
    pub(crate) fn payload(&self) -> Vec<u8> {
        let mut end = self.text.len().min(MESSAGE_BYTES_MAX);
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let text = self.text.as_bytes().get(..end).unwrap_or_default();
        let mut payload = Vec::with_capacity(end + 9);
        ErrPacket::new(self.code, SqlState::new(self.state), text).encode(&mut payload);
        payload
    }
}

/// A statement that nobody prepared, or whose text may mean something else by now.
pub(crate) fn unknown_statement() -> Failure {
    Failure::new(
        1243,
        *b"HY000",
        "POSTERN-STATEMENT",
        "the prepared statement is not known, or the session's mode changed since; prepare it again",
    )
}

/// A command whose content does not fit it.
pub(crate) fn malformed() -> Failure {
    Failure::new(
        1835,
        *b"HY000",
        "POSTERN-PROTOCOL",
        "malformed communication packet",
    )
}

/// A command that is never taken.
pub(crate) fn unsupported_command(name: &str) -> Failure {
    Failure::new(
        1047,
        *b"08S01",
        "POSTERN-COMMAND",
        &format!("the command {name} is not supported"),
    )
}

/// Appends a plain OK.
pub(crate) fn ok(
    status: StatusFlags,
    capabilities: Capabilities,
    sequence: &mut SequenceId,
    out: &mut Vec<u8>,
) {
    let ok = OkPacket {
        status,
        ..OkPacket::default()
    };
    packet(&ok, capabilities, sequence, out);
}

/// Appends this OK.
pub(crate) fn packet(
    ok: &OkPacket<'_>,
    capabilities: Capabilities,
    sequence: &mut SequenceId,
    out: &mut Vec<u8>,
) {
    let mut payload = Vec::new();
    ok.encode(OkForm::Reply, capabilities, &mut payload);
    encode_packet(&payload, sequence, out);
}

/// Appends the end of definitions, for clients that still want one.
pub(crate) fn end_of_definitions(
    status: StatusFlags,
    sequence: &mut SequenceId,
    out: &mut Vec<u8>,
) {
    let mut payload = Vec::new();
    EofPacket {
        warnings: 0,
        status,
    }
    .encode(&mut payload);
    encode_packet(&payload, sequence, out);
}

/// Appends the end of a result set in the form that the client knows.
pub(crate) fn end_of_rows(
    end: &OkPacket<'_>,
    capabilities: Capabilities,
    sequence: &mut SequenceId,
    out: &mut Vec<u8>,
) {
    let mut payload = Vec::new();
    if capabilities.contains(Capabilities::DEPRECATE_EOF) {
        end.encode(OkForm::End, capabilities, &mut payload);
    } else {
        EofPacket {
            warnings: end.warnings,
            // An EOF has no place for what changed.
            status: end.status - StatusFlags::SESSION_STATE_CHANGED,
        }
        .encode(&mut payload);
    }
    encode_packet(&payload, sequence, out);
}

/// Appends the result of SHOW WARNINGS when there is nothing to show.
pub(crate) fn no_warnings(
    status: StatusFlags,
    capabilities: Capabilities,
    sequence: &mut SequenceId,
    out: &mut Vec<u8>,
) {
    let mut payload = Vec::new();
    encode_column_count(3, &mut payload);
    encode_packet(&payload, sequence, out);
    for (name, column_type) in [
        (&b"Level"[..], ColumnType::VarString),
        (&b"Code"[..], ColumnType::Long),
        (&b"Message"[..], ColumnType::VarString),
    ] {
        payload.clear();
        ColumnDefinition::computed(name, column_type).encode(&mut payload);
        encode_packet(&payload, sequence, out);
    }
    if !capabilities.contains(Capabilities::DEPRECATE_EOF) {
        end_of_definitions(status, sequence, out);
    }
    let end = OkPacket {
        status,
        ..OkPacket::default()
    };
    end_of_rows(&end, capabilities, sequence, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let failure = Failure::closed("POSTERN-X", &"ü".repeat(400));
        let payload = failure.payload();
        let error = ErrPacket::decode(&payload).unwrap();
        assert!(error.message.len() <= MESSAGE_BYTES_MAX);
        assert!(std::str::from_utf8(&error.message).is_ok());
        assert!(error.message.starts_with(b"[POSTERN-X] "));
    }
}
