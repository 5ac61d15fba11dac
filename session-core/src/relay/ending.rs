//! The end of a reply: what the client may see of it, and what it says about the session.

use mysql_proto::exchange::ReplyKind;
use mysql_proto::flags::StatusFlags;
use mysql_proto::frame::encode_packet;
use mysql_proto::response::err::ErrPacket;
use mysql_proto::response::ok::OkForm;
use mysql_proto::response::ok::OkPacket;
use mysql_proto::response::ok::SessionChange;

use crate::detect::hide_in_message;
use crate::kill;
use crate::relay::End;
use crate::relay::Fed;
use crate::relay::Refused;
use crate::relay::Relay;
use crate::relay::Taken;
use crate::relay::rows::RowsPass;
use crate::reply;
use crate::reply::Failure;
use crate::scrub;
use crate::state;

impl Relay {
    /// The target said that it is done.
    pub(super) fn finish(&mut self, ok: &OkPacket<'_>, form: OkForm) -> Taken {
        self.observe(ok);
        self.settle_cursor(ok.status);
        self.end = Some(End::Done {
            affected_rows: ok.affected_rows,
            warnings: ok.warnings,
        });
        if let Some(taken) = self.end_refused() {
            return taken;
        }
        let ok = self.shown_ok(ok);
        match form {
            OkForm::Reply => {
                let mut payload = Vec::new();
                ok.encode(form, self.terms.capabilities, &mut payload);
                encode_packet(&payload, &mut self.sequence, &mut self.held);
            }
            OkForm::End => {
                let capabilities = self.terms.capabilities;
                reply::end_of_rows(&ok, capabilities, &mut self.sequence, &mut self.held);
            }
        }
        Taken::Ended
    }

    /// An OK as the client may see it.
    pub(super) fn shown_ok<'p>(&self, ok: &OkPacket<'p>) -> OkPacket<'p> {
        let hidden = self.expected.allow.errors_hidden;
        // Other commands tell how many warnings the statement before them had, whatever that was about.
        let warns = match self.kind {
            ReplyKind::Query | ReplyKind::Execute | ReplyKind::Prepare => !hidden,
            ReplyKind::Nothing
            | ReplyKind::Ok
            | ReplyKind::Eof
            | ReplyKind::Statistics
            | ReplyKind::Fetch
            | ReplyKind::FieldList => false,
        };
        // How many rows lie in a page hangs on protected values too, and the plan on that, even where
        // a statement touches none.
        let protects = hidden || !self.expected.policy.set.protects().is_empty();
        let changes = &ok.session_changes;
        let tracked = self.terms.tracked;
        let status = match protects {
            true => scrub::status(ok.status),
            false => ok.status,
        };
        OkPacket {
            affected_rows: ok.affected_rows,
            last_insert_id: ok.last_insert_id,
            // Another statement of the same text may follow.
            status: status | (self.terms.status & StatusFlags::MORE_RESULTS_EXISTS),
            warnings: if warns { ok.warnings } else { 0 },
            info: if hidden { b"" } else { ok.info },
            session_changes: tracked.shown(changes, self.terms.capabilities, protects),
        }
    }

    pub(super) fn observe(&mut self, ok: &OkPacket<'_>) {
        // What is kept for packets of our own tells nothing of this statement's plan.
        self.observed.status = Some(scrub::status(ok.status));
        for change in &ok.session_changes {
            match change {
                SessionChange::Schema(name) => {
                    self.observed.schema = Some(String::from_utf8_lossy(name).into_owned());
                }
                SessionChange::SystemVariable { name, .. } => {
                    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
                    self.observed.followed_variable |= state::is_followed(&name);
                }
                SessionChange::StateChange(flag) => self.observed.changed |= *flag != b"0",
                SessionChange::Gtids { .. }
                | SessionChange::TransactionCharacteristics(_)
                | SessionChange::TransactionState(_)
                | SessionChange::Unknown { .. } => {}
            }
        }
    }

    /// The target said that it failed.
    pub(super) fn fail(&mut self, error: &ErrPacket<'_>) -> Taken {
        self.release_end_of_definitions();
        if std::mem::take(&mut self.withholds) {
            // It did not run to its end.
            self.failure = None;
        }
        let state = error
            .sql_state
            .map(|state| *state.as_bytes())
            .unwrap_or(*b"HY000");
        self.end = Some(End::Failed {
            code: error.code,
            state: String::from_utf8_lossy(&state).into_owned(),
            message: error.message.to_vec(),
        });
        if let Some(taken) = self.end_refused() {
            return taken;
        }
        let payload = if self.lacks_role && matches!(error.code, 1142 | 1143) {
            kill::interrupted().payload()
        } else if self.expected.allow.errors_hidden {
            scrub::protected_failure(error.code).payload()
        } else if self.expected.guarded && matches!(error.code, 1142 | 1143) {
            let message = String::from_utf8_lossy(&error.message).into_owned();
            if scrub::is_of_another_right(&message) {
                narrow().payload()
            } else {
                self.event = Some(("guard_role", message));
                guarded().payload()
            }
        } else {
            let mut message = error.message.to_vec();
            hide_in_message(&self.expected.allow, &mut message, &mut self.detected);
            let mut error = error.clone();
            error.message = message.into();
            let mut payload = Vec::new();
            error.encode(&mut payload);
            payload
        };
        encode_packet(&payload, &mut self.sequence, &mut self.held);
        Taken::Ended
    }

    /// A KILL that came early hit the statement that takes the guard role, so this one runs without. It may
    /// do less then than it was allowed; that it lacks a right tells of no misreading.
    pub(crate) fn runs_without_role(&mut self) {
        self.lacks_role = true;
    }

    /// From here on the client gets nothing but this error; the rest is drained.
    pub(super) fn refuse(
        &mut self,
        failure: Failure,
        event: Option<(&'static str, String)>,
    ) -> Fed {
        self.stop(failure);
        Fed::Refused(Refused { event })
    }

    /// Whether the target did what it was asked, and the client hears of it.
    pub(crate) fn went_through(&self) -> bool {
        self.failure.is_none() && matches!(self.end, Some(End::Done { .. }))
    }

    /// Stops passing on, also from outside, such as when a statement ran for too long.
    pub(crate) fn stop(&mut self, failure: Failure) {
        if self.failure.is_none() {
            self.failure = Some(failure);
            match &mut self.rows_pass {
                RowsPass::Masked(rows) => rows.stop(),
                RowsPass::Through | RowsPass::Listed(_) => {}
            }
        }
    }

    /// Ends the reply with the error that stands for it, if there is one.
    pub(super) fn end_refused(&mut self) -> Option<Taken> {
        let failure = self.failure.as_ref()?;
        encode_packet(&failure.payload(), &mut self.sequence, &mut self.held);
        Some(Taken::Ended)
    }
}

/// The session account lacks a right that no protected column is about.
fn narrow() -> Failure {
    Failure::new(
        1142,
        *b"42000",
        "POSTERN-RIGHTS",
        "the gateway's own account at the target lacks a right that this statement needs (to lock \
         rows, or to show a definition); leave FOR UPDATE or FOR SHARE out, ask \
         information_schema.columns, or ask the operator",
    )
}

/// The session account lacks a right although the statement was read as harmless: either it was
/// read wrongly, or the account is too narrow. The text would name the account.
fn guarded() -> Failure {
    Failure::closed(
        "POSTERN-WITNESS",
        "the target refuses a right that the statement was not expected to need; write it in a \
         simpler form, or ask the operator to compare the grants (`postern check`)",
    )
}
