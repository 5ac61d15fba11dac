//! What a reply has to do with a cursor: rows that do not come yet, or that come without columns.

use bytes::Bytes;
use bytes::BytesMut;
use masking::stream::ResultMasker;
use mysql_proto::flags::StatusFlags;
use mysql_proto::frame::HEADER_BYTES;
use mysql_proto::types::SequenceId;

use crate::cursor::Cursor;
use crate::prepared::Understood;
use crate::relay::Relay;
use crate::relay::rows::RowsPass;
use crate::reply;
use crate::reply::Failure;

/// What a reply has to do with a cursor.
#[derive(Debug, Default)]
pub(super) struct Cursored {
    /// The command asks for a cursor.
    pub(super) asked: bool,
    /// The command fetches from one.
    fetches: bool,
    /// Rows of the cursor that the client had before.
    rows_before: u64,
    /// Rows are left to be fetched.
    open: bool,
    /// The end of the definitions, which is not sent if a cursor takes its place, and its number.
    end_of_definitions: Option<(SequenceId, Vec<u8>)>,
}

impl Relay {
    /// The command asks for a cursor.
    pub(crate) fn expect_cursor(&mut self) {
        self.cursor.asked = true;
    }

    /// The rows come from a cursor, some of whose rows the client has already.
    pub(crate) fn fetch_from(&mut self, masker: Option<ResultMasker>, rows_before: u64) {
        let first = self.first;
        self.rows_pass = RowsPass::by(masker, first);
        self.cursor.fetches = true;
        self.cursor.rows_before = rows_before;
    }

    /// Whether the target keeps rows to be fetched.
    pub(crate) fn leaves_cursor(&self) -> bool {
        self.cursor.open && self.failure.is_none()
    }

    /// What is kept for the next fetch.
    pub(crate) fn take_cursor(&mut self, understood: Understood) -> Cursor {
        let masker = match std::mem::replace(&mut self.rows_pass, RowsPass::Through) {
            RowsPass::Masked(rows) => Some(rows.into_masker()),
            // No list has a cursor.
            RowsPass::Through | RowsPass::Listed(_) => None,
        };
        Cursor {
            understood,
            allow: self.expected.allow.clone(),
            policy: self.expected.policy.clone(),
            masker,
            rows: self.cursor.rows_before.saturating_add(self.rows),
        }
    }

    /// How many rows may still be sent.
    pub(super) fn rows_left(&self) -> u64 {
        let sent = self.cursor.rows_before.saturating_add(self.rows);
        let most = self.expected.allow.rows_max;
        most.map_or(u64::MAX, |most| most.saturating_sub(sent))
    }

    pub(super) fn too_many_rows(&self) -> Failure {
        let most = self.expected.allow.rows_max.unwrap_or_default();
        Failure::new(
            1226,
            *b"42000",
            "POSTERN-LIMIT",
            &format!(
                "the result has more rows than the {most} that the rule allows; add a LIMIT or \
                 aggregate"
            ),
        )
    }

    /// Whether the rows may come out of a table in which the target has put them for a cursor.
    pub(super) fn may_set_aside(&self) -> bool {
        self.cursor.asked
    }

    /// Whether the target opened a cursor of its own accord.
    pub(super) fn unasked_cursor(&self, status: StatusFlags) -> bool {
        let expected = self.cursor.asked || self.cursor.fetches;
        status.contains(StatusFlags::CURSOR_EXISTS) && !expected
    }

    /// Clients that want an EOF behind the definitions get it from the cursor, if there is one; so
    /// theirs waits until it is known what comes.
    pub(super) fn hold_end_of_definitions(&mut self) {
        let mut bytes = Vec::new();
        let number = self.sequence;
        let status = self.status_of_definitions();
        reply::end_of_definitions(status, &mut self.sequence, &mut bytes);
        self.cursor.end_of_definitions = Some((number, bytes));
    }

    /// Lets the end of the definitions go before the first row; true while it is not known what
    /// comes.
    pub(super) fn awaits_first_row(&mut self, input: &BytesMut, out: &mut Vec<Bytes>) -> bool {
        let Some((_, held)) = &mut self.cursor.end_of_definitions else {
            return false;
        };
        if !self.assembler.is_at_boundary() {
            return false;
        }
        let (Some(&[a, b, c, _]), first) = (input.first_chunk(), input.get(HEADER_BYTES)) else {
            return true;
        };
        let length = u32::from_le_bytes([a, b, c, 0]) as usize;
        if first.is_none() && length > 0 {
            return true;
        }
        if self.tracker.is_row(first.copied(), length) {
            out.push(Bytes::from(std::mem::take(held)));
            self.cursor.end_of_definitions = None;
        }
        false
    }

    /// The end of the definitions goes before whatever ends the reply.
    pub(super) fn release_end_of_definitions(&mut self) {
        if let Some((number, bytes)) = self.cursor.end_of_definitions.take() {
            self.first_held.get_or_insert(number);
            self.held.extend(bytes);
        }
    }

    /// What the end of the rows says of the cursor.
    pub(super) fn settle_cursor(&mut self, status: StatusFlags) {
        self.cursor.open = status.contains(StatusFlags::CURSOR_EXISTS)
            && !status.contains(StatusFlags::LAST_ROW_SENT);
        if self.failure.is_none() && self.cursor.asked && self.cursor.open {
            // The end that follows is the end of the definitions.
            if let Some((number, _)) = self.cursor.end_of_definitions.take() {
                self.sequence = number;
                self.first_held.get_or_insert(number);
            }
        } else {
            self.release_end_of_definitions();
        }
    }
}
