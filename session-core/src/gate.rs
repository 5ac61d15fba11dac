//! A command of the client, from its bytes to the moment when it may be sent.

use std::sync::Arc;

use audit_log::record::Event;
use audit_log::statement::ApprovalUsed;
use audit_log::statement::Decision;
use bytes::Bytes;
use mysql_proto::command::Command;
use mysql_proto::command::CommandByte;
use mysql_proto::statement::CursorFlags;
use mysql_proto::statement::StatementId;
use policy_core::approval::Approval;
use policy_core::decision::Allow;
use policy_core::decision::ApprovalNeed;
use policy_core::name::TableNameCase;
use policy_core::policy::set::PolicySet;
use policy_core::statement::FlowTarget;
use policy_core::statement::Statement;
use policy_core::statement::kind::Class;

use crate::approve;
use crate::approve::Granted;
use crate::commands;
use crate::commands::Fate;
use crate::commands::Why;
use crate::config::World;
use crate::event::Action;
use crate::event::ApprovalAnswer;
use crate::event::Durability;
use crate::judge::Judgement;
use crate::judge::Refusal;
use crate::pending::Asked;
use crate::pending::Pending;
use crate::pending::Stage;
use crate::phase::Phase;
use crate::record;
use crate::record::Place;
use crate::reply::Failure;
use crate::session::Session;
use crate::several::Several;

impl Pending {
    /// Whether the client waits for an answer to this command.
    pub(crate) fn answers_client(&self) -> bool {
        match &self.asked {
            Asked::Close(_) => false,
            Asked::Query(_)
            | Asked::InitDb(_)
            | Asked::Prepare(_)
            | Asked::Execute { .. }
            | Asked::Fetch { .. }
            | Asked::Reset(_)
            | Asked::Ping
            | Asked::Statistics
            | Asked::ResetConnection
            | Asked::FieldList { .. }
            | Asked::SetOption(_)
            | Asked::ProcessKill(_)
            | Asked::Refused(_) => true,
        }
    }
}

impl Session {
    /// Takes a command of the client.
    pub(crate) fn command(&mut self, payload: Bytes, world: World<'_>) {
        if self.is_over(world) {
            return self.over(world);
        }
        let byte = payload.first().copied().map(CommandByte::from_u8);
        let asked = match byte.map(|byte| (byte, commands::fate(byte))) {
            // Too short to be any: a longer one was read elsewhere. Nothing answers it.
            Some((_, Fate::Ahead)) => return,
            Some((_, Fate::Login)) => return self.change_user(payload.slice(1..), world),
            Some((byte, Fate::Refuse(why))) => Some(refused(byte, why)),
            Some((_, Fate::Statement | Fate::Session | Fate::End)) | None => self.asked(&payload),
        };
        self.commands += 1;
        let asked = match asked {
            // Nothing is done, and nobody is told: a client may send millions of them.
            Some(Asked::Close(id)) if self.prepared.get(id).is_none() => return,
            Some(asked) => asked,
            None => return self.end("the client quit", None, world),
        };
        let mut pending = Pending::new(self.commands, asked);
        match self.take_attributes(&mut pending) {
            Ok(()) => self.consider(pending, world),
            Err(failure) => self.refuse(pending, Refusal::of(failure), None, world),
        }
    }

    /// What a payload asks for; `None` for COM_QUIT.
    fn asked(&mut self, payload: &Bytes) -> Option<Asked> {
        let Ok(command) = Command::decode(payload) else {
            return Some(Asked::Refused("that cannot be read".to_owned()));
        };
        Some(match command {
            Command::Quit => return None,
            Command::Query(text) => Asked::Query(payload.slice_ref(text)),
            Command::InitDb(name) => match std::str::from_utf8(name) {
                Ok(name) => Asked::InitDb(name.to_owned()),
                Err(_) => Asked::Refused("COM_INIT_DB with a name that is not UTF-8".to_owned()),
            },
            Command::Ping => Asked::Ping,
            Command::Statistics => Asked::Statistics,
            Command::ResetConnection => Asked::ResetConnection,
            Command::StmtPrepare(text) => Asked::Prepare(payload.slice_ref(text)),
            Command::StmtExecute(mut execute) => {
                let asked_id = execute.statement_id.value();
                let id = self.prepared.meant(execute.statement_id);
                execute.statement_id = StatementId::new(id);
                // Servers heed this flag only; a cursor is asked for where one can be opened.
                let cursor = execute.cursor.contains(CursorFlags::READ_ONLY);
                let kept = execute.cursor & self.execute_flags_kept();
                let drops = self.drop_unread(id, &mut execute);
                let is_plain = execute.cursor == kept && id == asked_id && !drops;
                execute.cursor = kept;
                let sent = if is_plain {
                    payload.clone()
                } else {
                    let mut sent = Vec::with_capacity(payload.len());
                    Command::StmtExecute(execute).encode(&mut sent);
                    sent.into()
                };
                Asked::Execute {
                    id,
                    payload: sent,
                    cursor,
                }
            }
            Command::StmtClose(id) => Asked::Close(self.prepared.meant(id)),
            Command::StmtReset(id) => Asked::Reset(self.prepared.meant(id)),
            Command::StmtSendLongData(_) => Asked::Refused("COM_STMT_SEND_LONG_DATA".to_owned()),
            Command::FieldList { .. } if payload.len() > FIELD_LIST_BYTES_MAX => {
                Asked::Refused("COM_FIELD_LIST with a pattern that is too long".to_owned())
            }
            Command::FieldList { table, .. } => match std::str::from_utf8(table) {
                Ok(table) => Asked::FieldList {
                    table: table.to_owned(),
                    payload: payload.clone(),
                },
                Err(_) => Asked::Refused("COM_FIELD_LIST with a name that is not UTF-8".to_owned()),
            },
            Command::ProcessKill(id) => Asked::ProcessKill(id),
            // Taken before: it is a login, not a command of this one.
            Command::ChangeUser(_) => Asked::Refused("COM_CHANGE_USER".to_owned()),
            Command::SetOption(0) => Asked::SetOption(true),
            Command::SetOption(1) => Asked::SetOption(false),
            Command::SetOption(_) => {
                Asked::Refused("COM_SET_OPTION of an unknown option".to_owned())
            }
            Command::StmtFetch { statement_id, rows } => Asked::Fetch {
                id: self.prepared.meant(statement_id),
                rows,
            },
            Command::Other { byte, .. } => refused(byte, Why::Unknown),
        })
    }

    /// Judges a command and sets it on its way.
    pub(crate) fn consider(&mut self, pending: Pending, world: World<'_>) {
        let Some(mut pending) = self.with_state_known(pending, world) else {
            return;
        };
        match self.decide_all(&pending, world) {
            Several::One => {}
            Several::All(texts) => return self.begin_several(pending, texts, world),
            Several::Refuse(refusal) => return self.refuse(pending, *refusal, None, world),
            Several::NeedsCatalog => return self.await_catalog(pending),
        }
        match self.judge(&mut pending, world) {
            Judgement::Allow(allow) => self.intend(pending, allow, world),
            Judgement::Refuse(refusal) => self.refuse(pending, *refusal, None, world),
            Judgement::Ask(need) => self.ask(pending, need, world),
            Judgement::NeedsCatalog => self.await_catalog(pending),
        }
    }

    fn await_catalog(&mut self, mut pending: Pending) {
        pending.stage = Stage::Catalog;
        self.phase = Phase::Pending(Box::new(pending));
        self.actions.push_back(Action::RefreshCatalog);
    }

    pub(crate) fn catalog_refreshed(&mut self, world: World<'_>) {
        if matches!(self.phase, Phase::AwaitingCatalog(_)) {
            return self.settle(world);
        }
        let Some(mut pending) = self.take_pending() else {
            return;
        };
        match pending.stage {
            Stage::Catalog => {
                pending.refreshed = true;
                self.consider(pending, world);
            }
            Stage::Asking(_)
            | Stage::Consuming { .. }
            | Stage::Recording { .. }
            | Stage::Killing(_)
            | Stage::Refusing(_) => self.phase = Phase::Pending(Box::new(pending)),
        }
    }

    /// Asks for an approval.
    fn ask(&mut self, mut pending: Pending, need: Box<ApprovalNeed>, world: World<'_>) {
        // What was approved once is shown at once: no approval can end between its rows.
        pending.cursor = false;
        let withheld = self.withhold_attributes(&mut pending);
        match withheld.and_then(|()| approve::request(self, &pending, &need, world)) {
            Ok(request) => {
                pending.stage = Stage::Asking(need);
                self.phase = Phase::Pending(Box::new(pending));
                self.actions
                    .push_back(Action::AskApproval(Box::new(request)));
            }
            Err(failure) => self.refuse(pending, Refusal::of(failure), None, world),
        }
    }

    pub(crate) fn approval_answered(&mut self, answer: ApprovalAnswer, world: World<'_>) {
        let Some(mut pending) = self.take_pending() else {
            return;
        };
        let Stage::Asking(need) = std::mem::replace(&mut pending.stage, Stage::Catalog) else {
            self.phase = Phase::Pending(Box::new(pending));
            return;
        };
        let rule = Some(need.rule.clone());
        let refusal = |failure, decision| Refusal {
            failure,
            decision,
            rule,
        };
        match answer {
            ApprovalAnswer::Granted { ticket, tokens } => {
                let granted = Granted {
                    ticket: &ticket,
                    tokens: &tokens,
                };
                match approve::verify(self, &pending, &need, granted, world) {
                    Ok(approval) => self.granted(pending, ticket, &approval, world),
                    Err(failure) => {
                        self.refuse(
                            pending,
                            refusal(failure, Decision::Fail),
                            Some(ticket),
                            world,
                        );
                    }
                }
            }
            ApprovalAnswer::Pending { ticket, text } => {
                let failure = approve::pending(&ticket, &need.rule, &text);
                self.refuse(
                    pending,
                    refusal(failure, Decision::Ask),
                    Some(ticket),
                    world,
                );
            }
            ApprovalAnswer::Denied { ticket, text } => {
                let failure = approve::denied(&ticket, &need.rule, &text);
                self.refuse(
                    pending,
                    refusal(failure, Decision::Deny),
                    Some(ticket),
                    world,
                );
            }
            ApprovalAnswer::Unavailable { text } => {
                let failure = Failure::closed("POSTERN-APPROVAL", &text);
                self.refuse(pending, refusal(failure, Decision::Fail), None, world);
            }
        }
    }

    /// A grant was verified: decides again with it, then consumes one use.
    fn granted(
        &mut self,
        mut pending: Pending,
        ticket: String,
        approval: &Approval,
        world: World<'_>,
    ) {
        match self.decide(&pending, Some(approval), world) {
            Judgement::Allow(allow) => {
                pending.stage = Stage::Consuming {
                    allow,
                    ticket: ticket.clone(),
                };
                self.phase = Phase::Pending(Box::new(pending));
                self.actions.push_back(Action::ConsumeUse { ticket });
            }
            Judgement::Refuse(refusal) => self.refuse(pending, *refusal, Some(ticket), world),
            Judgement::Ask(_) | Judgement::NeedsCatalog => {
                let failure = Failure::closed(
                    "POSTERN-APPROVAL",
                    "the approval does not cover the statement any more; send it again",
                );
                self.refuse(pending, Refusal::of(failure), Some(ticket), world);
            }
        }
    }

    pub(crate) fn use_consumed(&mut self, answer: Result<u32, String>, world: World<'_>) {
        let Some(mut pending) = self.take_pending() else {
            return;
        };
        let Stage::Consuming { allow, ticket } =
            std::mem::replace(&mut pending.stage, Stage::Catalog)
        else {
            self.phase = Phase::Pending(Box::new(pending));
            return;
        };
        match answer {
            Ok(uses_left) => {
                pending.ticket = Some(ticket.clone());
                let used = ApprovalUsed {
                    ticket,
                    sequence: pending.sequence,
                    uses_left: Some(uses_left),
                };
                // Both must be written; the intent is synced after it, in the same file.
                self.intend_under(pending, allow, Some(Event::ApprovalUsed(used)), world);
            }
            Err(why) => {
                let failure = Failure::new(1227, *b"42000", "POSTERN-APPROVAL", &why);
                self.refuse(pending, Refusal::of(failure), Some(ticket), world);
            }
        }
    }

    /// Records that a command will be sent; it is sent when that is durable, not before.
    fn intend(&mut self, pending: Pending, allow: Arc<Allow>, world: World<'_>) {
        self.intend_under(pending, allow, None, world);
    }

    fn intend_under(
        &mut self,
        mut pending: Pending,
        allow: Arc<Allow>,
        used: Option<Event>,
        world: World<'_>,
    ) {
        let place = self.place(&pending, world);
        let event = record::intent(&pending, &allow, place);
        let durability = durability(&pending, &allow);
        pending.stage = Stage::Recording { allow };
        self.phase = Phase::Pending(Box::new(pending));
        if let Some(used) = used {
            self.record(used, Durability::Written, world);
        }
        self.record(event, durability, world);
    }

    /// Records a refusal; the client hears of it when that is written.
    pub(crate) fn refuse(
        &mut self,
        mut pending: Pending,
        refusal: Refusal,
        ticket: Option<String>,
        world: World<'_>,
    ) {
        let refused = record::Refused {
            decision: refusal.decision,
            rule: refusal.rule.as_ref(),
            code: refusal.failure.token,
            message: &refusal.failure.text,
            ticket,
        };
        self.forget_refused(&pending.asked);
        let place = self.place(&pending, world);
        let event = record::refusal(&pending, refused, place);
        pending.stage = Stage::Refusing(refusal.failure);
        self.phase = Phase::Pending(Box::new(pending));
        self.record(event, Durability::Written, world);
    }

    pub(crate) fn forget_refused(&mut self, asked: &Asked) {
        match asked {
            Asked::Prepare(_) => self.prepared.forget_last(),
            // What was sent ahead for it served it, as at a server.
            Asked::Execute { id, .. } => self.prepared.forget_long_data(*id),
            Asked::Query(_)
            | Asked::InitDb(_)
            | Asked::Fetch { .. }
            | Asked::Close(_)
            | Asked::Reset(_)
            | Asked::Ping
            | Asked::Statistics
            | Asked::ResetConnection
            | Asked::FieldList { .. }
            | Asked::SetOption(_)
            | Asked::ProcessKill(_)
            | Asked::Refused(_) => {}
        }
    }

    /// The record that a command waited for is durable.
    pub(crate) fn pending_recorded(&mut self, mut pending: Pending, world: World<'_>) {
        match std::mem::replace(&mut pending.stage, Stage::Catalog) {
            Stage::Recording { allow } => self.send(pending, allow, world),
            Stage::Refusing(failure) => {
                if pending.answers_client() {
                    self.send_failure(&failure);
                }
                self.ready(world);
                self.read_client(world);
            }
            stage @ (Stage::Catalog
            | Stage::Asking(_)
            | Stage::Consuming { .. }
            | Stage::Killing(_)) => {
                pending.stage = stage;
                self.phase = Phase::Pending(Box::new(pending));
            }
        }
    }

    fn place(&self, pending: &Pending, world: World<'_>) -> Place<'_> {
        let schema = self
            .state
            .as_ref()
            .and_then(|state| state.context.default_schema.as_deref());
        let names = self.names(world);
        let digest_literals = pending.understood.as_ref().is_some_and(|understood| {
            mentions_protected(&understood.statement, &world.policy.set, names)
        });
        Place {
            target: self.target().unwrap_or_default(),
            database: schema,
            key: &self.config.digest_key,
            digest_literals,
        }
    }
}

/// A name has at most 64 characters; servers try a long pattern in more ways than anybody waits for.
const FIELD_LIST_BYTES_MAX: usize = 640;

fn refused(byte: CommandByte, why: Why) -> Asked {
    let name = format!("{byte:?}");
    let name = name.split('(').next().unwrap_or_default();
    Asked::Refused(format!("{:#04x} ({name}: {})", byte.to_u8(), why.words()))
}

/// What must be on the disk before it is sent: everything but plain reads and session state.
fn durability(pending: &Pending, allow: &Allow) -> Durability {
    let class = pending
        .understood
        .as_ref()
        .map(|understood| understood.statement.kind.class());
    let privileged = match class {
        None | Some(Class::Read | Class::Session) => false,
        Some(Class::Write | Class::Schema | Class::Admin | Class::Routine) => true,
    };
    if privileged || pending.ticket.is_some() || !allow.clear.is_empty() {
        Durability::Synced
    } else {
        Durability::Written
    }
}

/// Whether a protected column stands anywhere in a statement.
pub(crate) fn mentions_protected(
    statement: &Statement,
    set: &PolicySet,
    names: TableNameCase,
) -> bool {
    let accessed = statement.accesses.iter().flat_map(|access| {
        access
            .columns
            .iter()
            .map(|column| policy_core::name::ColumnId {
                table: access.object.clone(),
                column: column.clone(),
            })
    });
    let written = statement
        .flows
        .iter()
        .filter_map(|flow| match &flow.target {
            FlowTarget::Column(column) => Some(column.clone()),
            FlowTarget::NewTable(_) | FlowTarget::Routine(_) | FlowTarget::Variable(_) => None,
        });
    let steering = statement
        .influences
        .iter()
        .map(|influence| influence.column.clone());
    accessed
        .chain(written)
        .chain(steering)
        .any(|column| set.is_protected(&column, names))
}
