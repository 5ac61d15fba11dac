//! Column definitions of a reply: held back, compared with the facts, rewritten, sent.

use mysql_proto::flags::Capabilities;
use mysql_proto::flags::StatusFlags;
use mysql_proto::frame::HeaderScanner;
use mysql_proto::frame::encode_packet;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::response::column::encode_column_count;
use mysql_proto::statement::PrepareOk;
use mysql_proto::types::SequenceId;
use policy_core::decision::Results;
use policy_core::decision::Treatment;
use policy_core::statement::Output;
use policy_core::statement::OutputColumn;

use crate::detect::detectors;
use crate::relay::End;
use crate::relay::Relay;
use crate::relay::RelayError;
use crate::relay::Taken;
use crate::relay::listed::ListedRows;
use crate::relay::rows::RowsPass;
use crate::relay::unmaskable;
use crate::reply;
use crate::reply::Failure;
use crate::wide;
use crate::witness;
use crate::witness::Naming;

impl Relay {
    /// Holds the announced number of columns against the facts.
    pub(super) fn announce(&mut self, count: usize) -> Taken {
        self.columns = count;
        if let Some(failure) = self.withheld_result() {
            // The procedure runs on to its end, its results are drained.
            self.withholds = true;
            self.stop(failure);
            return Taken::Next;
        }
        let output = self
            .expected
            .statement
            .as_ref()
            .map(|statement| &statement.output);
        let expected = match output {
            Some(Output::Columns(columns)) => columns.len(),
            Some(Output::ServerShaped) => count,
            Some(Output::None) | None => 0,
        };
        if count == expected || self.failure.is_some() {
            return Taken::Next;
        }
        misread(&witness::Mismatch::Count {
            expected,
            found: count,
        })
    }

    /// After each definition: when it was the last, checks them all and sends them.
    pub(super) fn definition_taken(&mut self, out: &mut Vec<u8>) -> Result<Taken, RelayError> {
        if let Some(prepared) = self.prepared {
            let complete = self.definitions.len() == usize::from(prepared.columns)
                && self.parameters.len() == usize::from(prepared.params);
            return if complete {
                Ok(self.prepare_done(prepared))
            } else {
                Ok(Taken::Next)
            };
        }
        if self.definitions.len() < self.columns || self.failure.is_some() {
            return Ok(Taken::Next);
        }
        if let Err(mismatch) = self.check_witnesses() {
            return Ok(misread(&mismatch));
        }
        let definitions = match self.masked_definitions() {
            Ok(definitions) => definitions,
            Err(taken) => return Ok(taken),
        };
        let mut payload = Vec::new();
        encode_column_count(definitions.len(), &mut payload);
        encode_packet(&payload, &mut self.sequence, out);
        self.send_definitions(&definitions, out);
        let delta = self.sequence.value().wrapping_sub(self.first_row().value());
        self.scanner = HeaderScanner::new(delta);
        Ok(Taken::Next)
    }

    /// The number of the target's first row: before it come the count and the definitions.
    fn first_row(&self) -> SequenceId {
        let before = count_byte(self.columns).wrapping_add(1);
        SequenceId::new(self.first.value().wrapping_add(before))
    }

    pub(super) fn check_witnesses(&self) -> Result<(), witness::Mismatch> {
        let Some(statement) = &self.expected.statement else {
            return Ok(());
        };
        let Output::Columns(columns) = &statement.output else {
            return Ok(());
        };
        self.check_columns(
            (columns, &self.expected.allow.columns),
            &self.definitions,
            self.may_set_aside(),
        )
    }

    /// Holds what the target says of columns against what was read of them.
    pub(super) fn check_columns(
        &self,
        (columns, treatments): (&[OutputColumn], &[Treatment]),
        definitions: &[ColumnDefinition<'static>],
        set_aside: bool,
    ) -> Result<(), witness::Mismatch> {
        witness::check(
            columns,
            treatments,
            &wide::read_names(definitions, self.expected.results),
            Naming {
                tables: self.expected.names,
                set_aside,
            },
            |column| {
                self.expected
                    .policy
                    .set
                    .is_protected(column, self.expected.names)
            },
        )
    }

    /// Makes the masker, if anything is masked, and rewrites the definitions.
    pub(super) fn masked_definitions(&mut self) -> Result<Vec<ColumnDefinition<'static>>, Taken> {
        let definitions = std::mem::take(&mut self.definitions);
        let binary = self.tracker.is_binary();
        let treatments = self.treatments(&definitions);
        let detectors = detectors(&self.expected.allow.detectors);
        let made = crate::mask::masker(
            (&treatments, detectors, &self.expected.numbers),
            &definitions,
            &self.expected.policy.masks,
            &self.expected.shown,
            binary,
        );
        let (masker, definitions) = match made {
            Ok(None) => (None, definitions),
            Ok(Some((masker, definitions))) => (Some(masker), definitions),
            Err(error) => {
                let (failure, event) = unmaskable(&error.to_string());
                return Err(Taken::Refused(failure, event));
            }
        };
        let first = self.first_row();
        match self.expected.allow.results {
            Results::Listed(kind) => {
                let columns = (definitions.as_slice(), binary);
                let rows = ListedRows::new((kind, masker), columns, first);
                self.rows_pass = RowsPass::Listed(Box::new(rows));
            }
            Results::AsRead | Results::Vouched | Results::Withheld | Results::Redacted(_) => {
                self.rows_pass = RowsPass::by(masker, first);
            }
        }
        Ok(definitions)
    }

    pub(super) fn send_definitions(
        &mut self,
        definitions: &[ColumnDefinition<'_>],
        out: &mut Vec<u8>,
    ) {
        self.encode_definitions(definitions, out);
        if definitions.is_empty() || self.deprecates_eof() {
            return;
        }
        if self.cursor.asked {
            return self.hold_end_of_definitions();
        }
        let status = self.status_of_definitions();
        reply::end_of_definitions(status, &mut self.sequence, out);
    }

    /// The flags in front of rows. Behind those of a procedure its own end always follows, and there are clients
    /// that look for that flag here.
    pub(super) fn status_of_definitions(&self) -> StatusFlags {
        let more = match self.calls() {
            true => StatusFlags::MORE_RESULTS_EXISTS,
            false => StatusFlags::empty(),
        };
        self.terms.status | more
    }

    /// Appends definitions, and nothing behind them.
    pub(super) fn encode_definitions(
        &mut self,
        definitions: &[ColumnDefinition<'_>],
        out: &mut Vec<u8>,
    ) {
        let mut payload = Vec::new();
        for definition in definitions {
            payload.clear();
            definition.encode(&mut payload);
            encode_packet(&payload, &mut self.sequence, out);
        }
    }

    pub(super) fn deprecates_eof(&self) -> bool {
        self.terms
            .capabilities
            .contains(Capabilities::DEPRECATE_EOF)
    }

    /// All of a PREPARE's reply is there.
    pub(super) fn prepare_done(&mut self, prepared: PrepareOk) -> Taken {
        if let Some(failure) = self.failure.take() {
            return self.prepare_refused(Taken::Refused(failure, None));
        }
        let expected = match self.expected.statement.as_ref().map(|s| &s.output) {
            Some(Output::Columns(columns)) => Some(columns.len()),
            Some(Output::ServerShaped | Output::None) | None => None,
        };
        // Servers may announce no columns here and send them at EXECUTE.
        let definitions = match expected {
            Some(count) if self.columns != count && self.columns != 0 => {
                let found = self.columns;
                let expected = count;
                return self
                    .prepare_refused(misread(&witness::Mismatch::Count { expected, found }));
            }
            Some(_) if self.columns != 0 => match self.masked_definitions() {
                Ok(definitions) => definitions,
                Err(taken) => return self.prepare_refused(taken),
            },
            Some(_) | None => std::mem::take(&mut self.definitions),
        };
        let warnings = if self.expected.allow.errors_hidden {
            0
        } else {
            prepared.warnings
        };
        let mut held = Vec::new();
        let mut payload = Vec::new();
        PrepareOk {
            warnings,
            ..prepared
        }
        .encode(&mut payload);
        encode_packet(&payload, &mut self.sequence, &mut held);
        let parameters = std::mem::take(&mut self.parameters);
        self.send_definitions(&parameters, &mut held);
        self.send_definitions(&definitions, &mut held);
        self.held = held;
        self.end = Some(End::Done {
            affected_rows: 0,
            warnings: prepared.warnings,
        });
        Taken::Ended
    }

    /// The reply to a PREPARE has ended, so there is nothing to stop: the client gets the error.
    fn prepare_refused(&mut self, taken: Taken) -> Taken {
        let Taken::Refused(failure, event) = taken else {
            return taken;
        };
        self.event = event;
        self.unwanted = self.prepared.take().map(|prepared| prepared.statement_id);
        encode_packet(&failure.payload(), &mut self.sequence, &mut self.held);
        self.end = Some(End::Done {
            affected_rows: 0,
            warnings: 0,
        });
        Taken::Ended
    }
}

/// The low byte of a count, as sequence numbers wrap.
fn count_byte(count: usize) -> u8 {
    let [low, ..] = (count as u64).to_le_bytes();
    low
}

pub(super) fn misread(mismatch: &witness::Mismatch) -> Taken {
    let failure = Failure::closed(
        "POSTERN-WITNESS",
        "the target's answer does not match how the statement was read, so nothing is shown; \
         write the statement in a simpler form",
    );
    Taken::Refused(failure, Some(("witness_mismatch", mismatch.to_string())))
}
