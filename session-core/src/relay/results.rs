//! Several results in one reply, which only a procedure gives: none of them was read.

use std::borrow::Cow;

use mysql_proto::exchange::ReplyKind;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::StatusFlags;
use mysql_proto::frame::HeaderScanner;
use mysql_proto::frame::encode_packet;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::response::ok::OkForm;
use mysql_proto::response::ok::OkPacket;
use policy_core::allow::show;
use policy_core::decision::Results;
use policy_core::decision::Treatment;
use policy_core::statement::Output;
use policy_core::statement::kind::StatementKind;

use crate::relay::Relay;
use crate::relay::RelayError;
use crate::relay::Taken;
use crate::relay::rows::RowsPass;
use crate::reply;
use crate::reply::Failure;
use crate::wide;
use crate::witness;

impl Relay {
    /// Whether another result follows; only a procedure gives several.
    pub(super) fn has_more(&self, status: StatusFlags) -> Result<bool, RelayError> {
        if !status.contains(StatusFlags::MORE_RESULTS_EXISTS) {
            return Ok(false);
        }
        if self.calls() {
            return Ok(true);
        }
        Err(RelayError::Unexpected("more results than were asked for"))
    }

    /// Whether every answer but an error has columns: a query gives rows, be it none of them.
    pub(super) fn promises_rows(&self) -> bool {
        let statement = self.expected.statement.as_ref();
        matches!(self.kind, ReplyKind::Query | ReplyKind::Execute)
            && statement.is_some_and(|statement| {
                statement.kind == StatementKind::Select
                    && matches!(&statement.output, Output::Columns(columns) if !columns.is_empty())
            })
    }

    pub(super) fn calls(&self) -> bool {
        let statement = self.expected.statement.as_ref();
        statement.is_some_and(|statement| statement.kind == StatementKind::Call)
    }

    /// A result is at its end, and not the last: its end is sent, and the next one begins.
    pub(super) fn next_result(
        &mut self,
        ok: &OkPacket<'_>,
        form: OkForm,
        out: &mut Vec<u8>,
    ) -> Taken {
        self.observe(ok);
        if self.failure.is_none() {
            let ok = self.shown_ok(ok);
            let capabilities = self.terms.capabilities;
            match form {
                OkForm::Reply => {
                    let mut payload = Vec::new();
                    ok.encode(form, capabilities, &mut payload);
                    encode_packet(&payload, &mut self.sequence, out);
                }
                OkForm::End => {
                    reply::end_of_rows(&ok, capabilities, &mut self.sequence, out);
                }
            }
        }
        self.definitions.clear();
        self.columns = 0;
        self.rows_pass = RowsPass::Through;
        self.earlier_rows = self.rows;
        self.first = self.upstream.next();
        let delta = self.sequence.value().wrapping_sub(self.first.value());
        self.scanner = HeaderScanner::new(delta);
        Taken::Next
    }

    /// Why the client gets no result of a procedure, if it gets none.
    pub(super) fn withheld_result(&self) -> Option<Failure> {
        if !self.calls() || self.failure.is_some() {
            return None;
        }
        match self.expected.allow.results {
            Results::Vouched => {}
            Results::AsRead | Results::Withheld | Results::Listed(_) | Results::Redacted(_) => {
                return Some(Failure::closed(
                    "POSTERN-RESULTS",
                    "the procedure ran to its end; its results are not shown, because protected \
                     values may be in them: a rule that names it must say `results = \"clear\"`",
                ));
            }
        }
        let takes_several = Capabilities::MULTI_RESULTS;
        (!self.terms.capabilities.contains(takes_several)).then(|| {
            Failure::new(
                1312,
                *b"0A000",
                "POSTERN-RESULTS",
                "the procedure returns a result set, which this client cannot take",
            )
        })
    }

    /// How each column is shown. Of a procedure's columns nothing was read: they are shown because
    /// somebody answers for them, but not where the target itself names a protected column. Those of a
    /// description go by their names.
    pub(super) fn treatments(
        &self,
        definitions: &[ColumnDefinition<'static>],
    ) -> Cow<'_, [Treatment]> {
        if let Results::Redacted(kind) = self.expected.allow.results {
            let definitions = wide::read_names(definitions, self.expected.results);
            let treatment = |definition: &ColumnDefinition<'_>| {
                let name = std::str::from_utf8(&definition.name);
                match name.is_ok_and(|name| !show::tells_of_values(kind, name)) {
                    true => Treatment::Clear,
                    false => Treatment::Redact,
                }
            };
            return Cow::Owned(definitions.iter().map(treatment).collect());
        }
        if !self.calls() {
            return Cow::Borrowed(&self.expected.allow.columns);
        }
        let names = self.expected.names;
        let treatment = |definition| match witness::origin(definition, names) {
            Some(found) if self.expected.policy.set.is_protected(&found, names) => {
                Treatment::Redact
            }
            Some(_) | None => Treatment::Clear,
        };
        let definitions = wide::read_names(definitions, self.expected.results);
        Cow::Owned(definitions.iter().map(treatment).collect())
    }
}
