//! What may be done with a command: reads its statement and asks the policy.

use std::sync::Arc;

use bytes::Bytes;
use mysql_proto::command::Command;
use policy_core::approval::Approval;
use policy_core::catalog::Catalog;
use policy_core::decide::Diagnostics;
use policy_core::decide::Request;
use policy_core::decide::Values;
use policy_core::decide::decide;
use policy_core::decide::misread::Misread;
use policy_core::decide::refuse;
use policy_core::decision::Allow;
use policy_core::decision::ApprovalNeed;
use policy_core::decision::Decision;
use policy_core::decision::Denial;
use policy_core::decision::RuleRef;
use policy_core::remark::is_remark;
use policy_core::session::SessionContext;
use policy_core::stateless::is_stateless;
use policy_core::statement::Effect;
use policy_core::statement::Statement;
use policy_core::statement::kind::StatementKind;
use policy_core::unread::Unread;

use crate::answer;
use crate::cache::Found;
use crate::client_file;
use crate::config::World;
use crate::kill;
use crate::long_value;
use crate::own::quoted;
use crate::parameters;
use crate::parameters::Bound;
use crate::pending::Asked;
use crate::pending::Pending;
use crate::prepared::Reading;
use crate::prepared::Understood;
use crate::reply::Failure;
use crate::reply::malformed;
use crate::reply::unknown_statement;
use crate::reply::unsupported_command;
use crate::session::Session;
use crate::settled::Settlement;
use crate::settled::Terms;
use crate::stored_code::StoredCode;

/// What may be done with a command.
#[derive(Debug)]
pub(crate) enum Judgement {
    /// It may be sent.
    Allow(Arc<Allow>),
    /// It may not.
    Refuse(Box<Refusal>),
    /// A human is asked.
    Ask(Box<ApprovalNeed>),
    /// Not before the catalog has been loaded (again).
    NeedsCatalog,
}

/// A refusal, for the client and for the record.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// What the client is told.
    pub(crate) failure: Failure,
    /// What kind of refusal it is.
    pub(crate) decision: audit_log::statement::Decision,
    /// The rule that decided.
    pub(crate) rule: Option<RuleRef>,
}

impl Refusal {
    /// Something is missing or wrong that no rule decides about.
    pub(crate) fn of(failure: Failure) -> Self {
        Self {
            failure,
            decision: audit_log::statement::Decision::Fail,
            rule: None,
        }
    }

    /// What was not understood, or not far enough.
    pub(crate) fn unread(unread: &Unread) -> Self {
        Self::denial(refuse(unread), audit_log::statement::Decision::Unread)
    }

    /// What the policy denies.
    pub(crate) fn denied(denial: Denial) -> Self {
        Self::denial(denial, audit_log::statement::Decision::Deny)
    }

    fn denial(denial: Denial, decision: audit_log::statement::Decision) -> Self {
        Self {
            failure: Failure::denial(&denial),
            decision,
            rule: denial.rule,
        }
    }
}

type Judged<T> = Result<T, Judgement>;

impl Session {
    /// Judges a command; fills in what it was read as.
    pub(crate) fn judge(&mut self, pending: &mut Pending, world: World<'_>) -> Judgement {
        if let Some(state) = &mut self.state {
            state.hold_to(&world.policy.set);
        }
        let judged = match pending.asked.clone() {
            Asked::Ping
            | Asked::Statistics
            | Asked::ResetConnection
            | Asked::SetOption(_)
            | Asked::Close(_) => return Judgement::Allow(own_rule(PROTOCOL)),
            Asked::Reset(id) => {
                return match self.prepared.get(id) {
                    Some(_) => Judgement::Allow(own_rule(PROTOCOL)),
                    None => refused(unknown_statement()),
                };
            }
            Asked::Refused(name) => return refused(unsupported_command(&name)),
            // Nothing of it is sent: no rule is needed for what does nothing.
            Asked::Query(text) if is_remark(&text) => {
                return Judgement::Allow(own_rule("builtin-comment"));
            }
            Asked::Query(text) => self.judge_text(pending, text, false, world),
            Asked::Prepare(text) => self.judge_text(pending, text, true, world),
            Asked::InitDb(name) => {
                let text = Bytes::from(format!("USE {}", quoted(&name)));
                self.judge_text(pending, text, false, world)
            }
            Asked::Execute {
                id,
                payload,
                cursor,
            } => {
                let judged = self.judge_execute(pending, id, &payload, world);
                return match judged {
                    Ok(()) => self.judge_cursor(pending, id, cursor, world),
                    Err(judgement) => judgement,
                };
            }
            Asked::Fetch { id, .. } => return self.judge_fetch(pending, id, world),
            Asked::ProcessKill(id) => {
                let text = Bytes::from(format!("KILL {id}"));
                self.judge_text(pending, text, false, world)
            }
            Asked::FieldList { table, .. } => {
                let text = Bytes::from(format!("SELECT * FROM {} LIMIT 0", quoted(&table)));
                self.judge_text(pending, text, false, world)
            }
        };
        match judged {
            Ok(()) if Self::is_kill(pending) => {
                Self::judge_kill(pending, self.decide(pending, None, world))
            }
            Ok(()) if matches!(pending.asked, Asked::FieldList { .. }) => {
                without_asking(self.decide(pending, None, world))
            }
            Ok(()) => self.with_file(pending, self.decide(pending, None, world)),
            Err(judgement) => judgement,
        }
    }

    /// Asks the policy about a command that was read.
    pub(crate) fn decide(
        &self,
        pending: &Pending,
        approval: Option<&Approval>,
        world: World<'_>,
    ) -> Judgement {
        let (Some(understood), Some(known), Some(state), Some(catalog)) =
            (&pending.understood, &self.known, &self.state, world.catalog)
        else {
            return Judgement::NeedsCatalog;
        };
        if let Err(unread) = state.is_held_to(&world.policy.set) {
            return Judgement::Refuse(Box::new(Refusal::unread(&unread)));
        }
        let bound = &pending.parameters;
        if let Err(refusal) = long_value::check(bound, &understood.statement, world) {
            return Judgement::Refuse(Box::new(refusal));
        }
        let parameters: Vec<&[u8]> = bound.iter().filter_map(Bound::whole).collect();
        let own_answer = answer::shows_warnings(&understood.statement);
        let diagnostics = if self.hides_warnings && !own_answer {
            Diagnostics::Protected
        } else {
            Diagnostics::Clean
        };
        let types: Vec<_> = bound.iter().map(Bound::bound_type).collect();
        let request = Request {
            principal: &known.identity.principal,
            role: &known.role,
            target: self.target().unwrap_or_default(),
            statement: &understood.statement,
            text: &understood.text,
            alone: pending.alone,
            parameters: &parameters,
            bound: pending.asked.bound(&types),
            session: &state.context,
            catalog,
            // SHOW WARNINGS is then answered by the gateway: there are none.
            diagnostics,
            approval,
        };
        let settles = approval.is_none() && diagnostics == Diagnostics::Clean;
        let terms = Terms {
            policy: world.policy,
            known,
            overlay: state.overlay,
        };
        let values = Values {
            literals: understood.literals(),
            ..Values::of(&request)
        };
        let settlement = &understood.settlement;
        if settles && let Some(allow) = settlement.allows(terms, &request, &values) {
            return Judgement::Allow(allow);
        }
        let facts = understood.facts();
        let request = Request {
            statement: &facts,
            ..request
        };
        match decide(&world.policy.set, &request) {
            Decision::Allow(allow) => {
                let allow = Arc::new(allow);
                if settles {
                    settlement.keep(terms, &request, &allow);
                }
                Judgement::Allow(allow)
            }
            Decision::Deny(denial) => Judgement::Refuse(Box::new(Refusal::denied(denial))),
            // A PREPARE runs nothing: the human is asked about the bound values at EXECUTE.
            Decision::Approve(need) if matches!(pending.asked, Asked::Prepare(_)) => {
                Judgement::Allow(Arc::new(need.then))
            }
            Decision::Approve(need) => Judgement::Ask(need),
        }
    }

    fn judge_text(
        &mut self,
        pending: &mut Pending,
        text: Bytes,
        prepared: bool,
        world: World<'_>,
    ) -> Judged<()> {
        let Some(state) = &self.state else {
            return Err(Judgement::NeedsCatalog);
        };
        let Some(catalog) = world.catalog else {
            return Err(without_catalog(pending));
        };
        let understood = match self.readings.find(&text, state, catalog) {
            Found::Reading(understood) => understood,
            Found::Nothing(shape) => {
                let limit = self.config.limits.statement_bytes_max;
                let understood = understand(
                    text.clone(),
                    (&state.context, state.overlay),
                    catalog,
                    limit,
                )
                .map_err(|unread| self.not_read(pending, (&text, &unread), world))?;
                self.readings.keep(&understood, shape);
                understood
            }
        };
        if !prepared && understood.statement.parameters > 0 {
            let at = 0;
            let what = "a `?` stands for a value only in prepared statements".to_owned();
            let unread = Unread::Syntax { at, what };
            return Err(self.not_read(pending, (&text, &unread), world));
        }
        let carried = kill::carried(&understood, prepared);
        if let Some(unread) = carried.or_else(|| client_file::carried(&understood, prepared)) {
            return Err(self.not_read(pending, (&text, &unread), world));
        }
        if prepared && is_dynamic(&understood.statement) {
            let unread = Unread::Unsupported {
                construct: "dynamic SQL in a prepared statement".to_owned(),
                hint: Some("send it as text, or prepare the statement itself"),
            };
            return Err(self.not_read(pending, (&text, &unread), world));
        }
        let open = match prepares(&understood.statement) {
            Some(name) => state.texts_besides(name),
            None if prepared => self.prepared.len(),
            None => 0,
        };
        if open >= self.config.limits.prepared_statements_max {
            return Err(refused(Failure::new(
                1461,
                *b"42000",
                "POSTERN-LIMIT",
                "too many prepared statements are open; close some",
            )));
        }
        pending.stored = StoredCode::of(&understood.statement, catalog);
        pending.understood = Some(understood);
        Ok(())
    }

    /// The refusal of a text that was not understood; a name may be in a newer catalog.
    pub(crate) fn not_read(
        &self,
        pending: &Pending,
        (text, unread): (&[u8], &Unread),
        world: World<'_>,
    ) -> Judgement {
        let is_in_catalog =
            matches!(unread, Unread::UnknownName { what, .. } if *what != "prepared statement");
        if is_in_catalog && !pending.refreshed {
            return Judgement::NeedsCatalog;
        }
        let denial = match (&self.known, &self.state, world.catalog) {
            (Some(known), Some(state), Some(catalog)) => Misread {
                policy: &world.policy.set,
                role: &known.role,
                session: &state.context,
                catalog,
                text,
            }
            .refuse(unread),
            (_, _, _) => refuse(unread),
        };
        let decision = audit_log::statement::Decision::Unread;
        Judgement::Refuse(Box::new(Refusal::denial(denial, decision)))
    }

    fn judge_execute(
        &mut self,
        pending: &mut Pending,
        id: u32,
        payload: &Bytes,
        world: World<'_>,
    ) -> Judged<()> {
        let (Some(prepared), Some(state)) = (self.prepared.get(id), &self.state) else {
            return Err(refused(unknown_statement()));
        };
        if let Some(failure) = prepared.long_data.failure() {
            return Err(refused(failure));
        }
        let Some(catalog) = world.catalog else {
            return Err(without_catalog(pending));
        };
        let under = &prepared.understood.under;
        // MySQL prepares anew under the mode of now, MariaDB under that of the PREPARE.
        let text = &prepared.understood.text;
        if under.lexes_otherwise(&state.context) && !is_stateless(text) {
            return Err(refused(unknown_statement()));
        }
        let understood = if under.holds(&state.context, state.overlay, catalog) {
            prepared.understood.clone()
        } else {
            let context = under.renewed(&state.context);
            let limit = self.config.limits.statement_bytes_max;
            understand(
                prepared.understood.text.clone(),
                (&context, state.overlay),
                catalog,
                limit,
            )
            .map_err(|unread| self.not_read(pending, (&prepared.understood.text, &unread), world))?
        };
        let Ok(Command::StmtExecute(execute)) = Command::decode(payload) else {
            return Err(refused(malformed()));
        };
        let of = (prepared, understood.statement.parameters);
        let (bound, attributes) = self.bound(&execute, payload, of).map_err(refused)?;
        pending.attributes = attributes;
        // Kept when the command is sent: what the target never saw does not bind it.
        pending.types = bound.types_bound.then(|| bound.types());
        pending.parameters = parameters::bound(&bound.values, payload, &prepared.long_data);
        pending.stored = StoredCode::of(&understood.statement, catalog);
        pending.understood = Some(understood.clone());
        if let Some(prepared) = self.prepared.get_mut(id) {
            prepared.understood = understood;
        }
        Ok(())
    }
}

/// Reads a text of exactly one statement.
pub(crate) fn understand(
    text: Bytes,
    (context, overlay): (&SessionContext, u64),
    catalog: &Catalog,
    statement_bytes_max: usize,
) -> Result<Understood, Unread> {
    if text.len() > statement_bytes_max {
        return Err(Unread::Limit {
            what: "bytes",
            limit: statement_bytes_max,
        });
    }
    let limits = policy_core::lex::ReadLimits {
        bytes_max: statement_bytes_max,
        ..policy_core::lex::ReadLimits::default()
    };
    let mut statements = policy_core::read::read(&text, context, catalog, &limits)?;
    let statement = match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => statement,
        (Some(_), false) => return Err(Unread::Several),
        (None, _) => return Err(Unread::Empty),
    };
    let under = Reading::now(context, overlay, catalog);
    Ok(Understood {
        text,
        statement: Arc::new(statement),
        moved: None,
        under,
        settlement: Settlement::default(),
    })
}

/// Whether it is dynamic SQL, which no server takes as a prepared statement.
fn is_dynamic(statement: &Statement) -> bool {
    let mut kinds = std::iter::once(&statement.kind).chain(&statement.through);
    kinds.any(|kind| {
        matches!(
            kind,
            StatementKind::Prepare
                | StatementKind::Execute
                | StatementKind::ExecuteImmediate
                | StatementKind::Deallocate
        )
    })
}

/// The name under which it prepares a statement.
fn prepares(statement: &Statement) -> Option<&str> {
    let mut effects = statement.effects.iter();
    effects.find_map(|effect| match effect {
        Effect::Prepare { name, .. } => Some(name.as_str()),
        Effect::UseSchema(_)
        | Effect::SetNames { .. }
        | Effect::SetVariable { .. }
        | Effect::SetForStatement { .. }
        | Effect::SetUserVariable(_)
        | Effect::BeginTransaction
        | Effect::EndTransaction
        | Effect::SchemaChange(_)
        | Effect::CreateTemporary(_)
        | Effect::DropTemporary(_)
        | Effect::Deallocate(_)
        | Effect::Kill { .. }
        | Effect::Anything => None,
    })
}

/// Whether loading the catalog again may help, and was not tried yet.
pub(crate) fn without_catalog(pending: &Pending) -> Judgement {
    if pending.refreshed {
        return refused(Failure::closed(
            "POSTERN-CATALOG",
            "what the target holds is not known at present, so nothing can be decided; try again \
             in a moment",
        ));
    }
    Judgement::NeedsCatalog
}

pub(crate) fn refused(failure: Failure) -> Judgement {
    Judgement::Refuse(Box::new(Refusal::of(failure)))
}

/// Commands without a statement: nothing in them can reach data.
const PROTOCOL: &str = "builtin-protocol";

/// A yes that no rule of the policy says.
pub(crate) fn own_rule(name: &str) -> Arc<Allow> {
    let rule = RuleRef {
        name: name.to_owned(),
        line: 0,
    };
    Arc::new(Allow {
        rules: vec![rule],
        ..Allow::default()
    })
}

/// Clients list the fields of all tables when they start: no human is asked about each.
fn without_asking(judgement: Judgement) -> Judgement {
    match judgement {
        Judgement::Ask(need) => {
            let text = format!("{} needs an approval; use SELECT", need.rule);
            refused(Failure::new(1142, *b"42000", "POSTERN-APPROVAL", &text))
        }
        judgement @ (Judgement::Allow(_) | Judgement::Refuse(_) | Judgement::NeedsCatalog) => {
            judgement
        }
    }
}
