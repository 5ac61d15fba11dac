//! Which rules answer for which access: deny first, then approve, then allow.

use crate::decide::needs;
use crate::decide::request::Request;
use crate::decide::reserved;
use crate::decide::words;
use crate::decision::Denial;
use crate::decision::RuleRef;
use crate::name::TableId;
use crate::name::TableNameCase;
use crate::policy::pattern::ObjectPattern;
use crate::policy::set::Effect;
use crate::policy::set::PolicySet;
use crate::policy::set::Role;
use crate::policy::set::Rule;
use crate::policy::statements::StatementSet;
use crate::statement::Access;
use crate::statement::Effect as SessionEffect;
use crate::statement::Output;
use crate::statement::Verb;
use crate::statement::kind::Class;
use crate::statement::kind::DefaultEffect;
use crate::statement::kind::Family;
use crate::statement::kind::StatementKind;

/// For each need of each access, the rules that answer for it.
#[derive(Debug, Default)]
pub(super) struct Coverage<'p> {
    answers: Vec<Answer<'p>>,
    /// Whether the built-in rule was needed.
    builtin: bool,
}

/// One need and its rules: all of them ask, or all of them allow.
#[derive(Debug)]
pub(super) struct Answer<'p> {
    pub(super) object: TableId,
    pub(super) verb: Verb,
    pub(super) rules: Vec<&'p Rule>,
}

/// The name of the rule that is always there.
pub(crate) const BUILTIN: &str = "builtin-session";

impl<'p> Coverage<'p> {
    /// Every rule that answered, by name, each once; then the built-in one.
    pub(super) fn references(&self) -> Vec<RuleRef> {
        let mut references: Vec<RuleRef> = Vec::new();
        for rule in self
            .answers
            .iter()
            .filter_map(|answer| answer.rules.first())
        {
            let reference = rule.reference();
            if !references.contains(&reference) {
                references.push(reference);
            }
        }
        if self.builtin {
            references.push(RuleRef {
                name: BUILTIN.to_owned(),
                line: 0,
            });
        }
        references
    }

    /// The first rule that asks.
    pub(super) fn ask(&self) -> Option<&'p Rule> {
        self.asks().next()
    }

    /// Another rule that asks.
    pub(super) fn other_ask(&self, rule: &Rule) -> Option<&'p Rule> {
        self.asks().find(|other| other.name() != rule.name())
    }

    fn asks(&self) -> impl Iterator<Item = &'p Rule> {
        let rules = self
            .answers
            .iter()
            .flat_map(|answer| &answer.rules)
            .copied();
        rules.filter(|rule| matches!(rule.effect(), Effect::Approve(_)))
    }

    /// The least of a limit over all needs. For one need the most generous rule counts, so that a
    /// rule that is taken away never widens anything.
    pub(super) fn strictest<T: Copy + Ord>(&self, limit: impl Fn(&Rule) -> Option<T>) -> Option<T> {
        let generous = |answer: &Answer<'p>| {
            let limits: Option<Vec<T>> = answer.rules.iter().map(|rule| limit(rule)).collect();
            limits.and_then(|limits| limits.into_iter().max())
        };
        self.answers.iter().filter_map(generous).min()
    }

    /// The answers for accesses to that object.
    pub(super) fn on<'c>(&'c self, object: &'c TableId) -> impl Iterator<Item = &'c Answer<'p>> {
        self.answers
            .iter()
            .filter(move |answer| answer.object == *object)
    }

    /// All answers.
    pub(super) fn answers(&self) -> &[Answer<'p>] {
        &self.answers
    }
}

/// What is denied to all, and what the role's own rules deny.
pub(super) fn check_denies(
    policy: &PolicySet,
    role: &Role,
    request: &Request<'_>,
) -> Result<(), Denial> {
    let global = policy
        .denies()
        .iter()
        .filter(|deny| deny.is_for(role.name()))
        .map(|deny| (deny.reference(), deny.statements(), deny.on()));
    let own = role
        .rules()
        .iter()
        .filter(|rule| matches!(rule.effect(), Effect::Deny))
        .map(|rule| (rule.reference(), rule.statements(), rule.on()));
    for (reference, statements, on) in global.chain(own) {
        if let Some(what) = hit(statements, on, request) {
            return Err(words::denied_by(
                reference,
                what,
                "no approval lifts this; leave it out",
            ));
        }
    }
    Ok(())
}

/// What a deny rule means in this statement, in words.
fn hit(set: &StatementSet, on: &[ObjectPattern], request: &Request<'_>) -> Option<String> {
    let statement = request.statement;
    let case = request.catalog.table_name_case;
    let carries = statement.through.iter().find(|kind| set.mentions(**kind));
    if let (Some(kind), true) = (carries, on.is_empty()) {
        return Some(format!("`{kind}` is denied"));
    }
    let means = |verb| {
        set.mentions(statement.kind)
            || carries.is_some()
            || needs::plain_kind(statement.kind, verb).is_some_and(|kind| set.mentions(kind))
    };
    if on.is_empty() && set.mentions(statement.kind) {
        return Some(format!("`{}` is denied", statement.kind));
    }
    let is_on =
        |object: &TableId| on.is_empty() || on.iter().any(|pattern| denies(pattern, object, case));
    let is_program_on = |access: &Access| {
        is_about_program(statement.kind)
            && on
                .iter()
                .any(|pattern| pattern.may_name_program(&access.object, case))
    };
    let routines = statement.routines.iter();
    if let Some(routine) = routines
        .into_iter()
        .find(|routine| set.mentions(StatementKind::Call) && is_on(routine))
    {
        return Some(format!("calling {} is denied", words::object(routine)));
    }
    let access = statement.accesses.iter().find(|access| {
        means(access.verb)
            && (is_on(&access.object)
                || access.via.as_ref().is_some_and(is_on)
                || is_program_on(access))
    })?;
    Some(format!(
        "`{}` is denied on {}",
        statement.kind,
        words::object(&access.object)
    ))
}

/// To deny something in a schema is to deny what is done to the schema as a whole.
fn denies(pattern: &ObjectPattern, object: &TableId, case: TableNameCase) -> bool {
    pattern.matches(object, case)
        // Everything on the server is there, too.
        || (object.schema().is_empty() && object.table().is_empty())
        || (object.table().is_empty() && pattern.reaches_schema(object.schema(), case))
        || pattern.names_routine(object, case)
}

/// Whether such a statement names a stored program, which servers find under other letters, too.
fn is_about_program(kind: StatementKind) -> bool {
    matches!(kind.family(), Family::DropProgram | Family::Program)
}

/// Finds the rules for every access, or says what is not covered.
pub(super) fn cover<'p>(role: &'p Role, request: &Request<'_>) -> Result<Coverage<'p>, Denial> {
    let statement = request.statement;
    let kind = statement.kind;
    let mut coverage = Coverage::default();
    if kind.default_effect() == DefaultEffect::Never {
        return Err(words::denied(
            format!("`{kind}` is never allowed"),
            "send the statements themselves, without files and dynamic text",
        ));
    }
    let mut kind_covered = false;
    for access in &statement.accesses {
        if is_builtin(role, request, access) {
            coverage.builtin = true;
            kind_covered = true;
            continue;
        }
        for need in needs::needs(statement, access) {
            let rules = rules_for(role, need, &access.object, request);
            if rules.is_empty() {
                return Err(uncovered(role, need, &access.object));
            }
            kind_covered |= need == kind;
            coverage.answers.push(Answer {
                object: access.object.clone(),
                verb: access.verb,
                rules,
            });
        }
    }
    for routine in &statement.routines {
        let rules = rules_for(role, StatementKind::Call, routine, request);
        if rules.is_empty() {
            return Err(uncovered(role, StatementKind::Call, routine));
        }
        kind_covered |= kind == StatementKind::Call;
        coverage.answers.push(Answer {
            object: routine.clone(),
            verb: Verb::Execute,
            rules,
        });
    }
    if !kind_covered {
        cover_kind(role, request, &mut coverage)?;
    }
    Ok(coverage)
}

/// What the role's rules say about a kind on an object: those that ask, or else those that allow.
fn rules_for<'p>(
    role: &'p Role,
    need: StatementKind,
    object: &TableId,
    request: &Request<'_>,
) -> Vec<&'p Rule> {
    let case = request.catalog.table_name_case;
    let is_on = |rule: &&Rule| {
        if need == StatementKind::Call {
            return rule
                .on()
                .iter()
                .any(|pattern| pattern.names_routine(object, case));
        }
        // Who must be asked about a program is asked about every name under which it may be found.
        let asks = is_about_program(need) && matches!(rule.effect(), Effect::Approve(_));
        let mut on = rule.on().iter();
        rule.is_on(object, case) || asks && on.any(|pattern| pattern.may_name_program(object, case))
    };
    let rules = role.rules().iter();
    let (mut asking, mut allowing) = (Vec::new(), Vec::new());
    for rule in rules
        .filter(|rule| rule.statements().covers(need))
        .filter(is_on)
    {
        match rule.effect() {
            Effect::Approve(_) => asking.push(rule),
            Effect::Allow => allowing.push(rule),
            Effect::Deny => {}
        }
    }
    if asking.is_empty() { allowing } else { asking }
}

/// A kind of which no access needed a rule: it stays in its session, or a rule must name it.
fn cover_kind<'p>(
    role: &'p Role,
    request: &Request<'_>,
    coverage: &mut Coverage<'p>,
) -> Result<(), Denial> {
    let statement = request.statement;
    let kind = statement.kind;
    match kind.default_effect() {
        DefaultEffect::Session => coverage.builtin = true,
        DefaultEffect::Names if names_are_open(role, request) => coverage.builtin = true,
        DefaultEffect::Names => {
            return Err(words::denied(
                format!("role `{}` has nothing to do with that schema", role.name()),
                words::summary(role),
            ));
        }
        DefaultEffect::ByClass | DefaultEffect::ByName if is_about_nothing(request) => {
            coverage.builtin = true
        }
        DefaultEffect::ByClass | DefaultEffect::ByName | DefaultEffect::Never => {
            let named = |rule: &&Rule| {
                rule.statements().names(kind) && rule.on().iter().any(ObjectPattern::is_everything)
            };
            let server = TableId::new("".into(), "".into());
            let rules: Vec<&Rule> = rules_for(role, kind, &server, request)
                .into_iter()
                .filter(named)
                .collect();
            if rules.is_empty() {
                return Err(words::denied(
                    format!("role `{}` may not run `{kind}`", role.name()),
                    words::summary(role),
                ));
            }
            coverage.answers.push(Answer {
                object: server,
                verb: Verb::Execute,
                rules,
            });
        }
    }
    Ok(())
}

/// A read that reads nothing: `SELECT 1`, `SELECT @@x`, `DO 0`.
fn is_about_nothing(request: &Request<'_>) -> bool {
    let statement = request.statement;
    statement.kind.class() == Class::Read
        && statement.accesses.is_empty()
        && match &statement.output {
            Output::None | Output::ServerShaped => true,
            Output::Columns(columns) => columns.iter().all(|column| column.sources.is_empty()),
        }
}

/// What the built-in rule covers of tables: names and types of what the role may touch at all, and
/// the open tables of information_schema, where the server shows only what the account may see.
fn is_builtin(role: &Role, request: &Request<'_>, access: &Access) -> bool {
    let kind = request.statement.kind;
    if reserved::is_open(&access.object) && matches!(access.verb, Verb::Read | Verb::Describe) {
        return matches!(kind.class(), Class::Read | Class::Session);
    }
    kind.default_effect() == DefaultEffect::Names
        && access.verb == Verb::Describe
        && touches(role, &access.object, request.catalog.table_name_case)
}

/// Whether any rule that says yes, or might, is about that table or about that schema.
pub(super) fn touches(role: &Role, object: &TableId, case: TableNameCase) -> bool {
    let mut rules = role
        .rules()
        .iter()
        .filter(|rule| !matches!(rule.effect(), Effect::Deny));
    rules.any(|rule| {
        if object.table().is_empty() {
            let mut on = rule.on().iter();
            return on.any(|pattern| pattern.reaches_schema(object.schema(), case));
        }
        rule.is_on(object, case)
    })
}

/// `USE x`, and SHOW statements about the default schema.
fn names_are_open(role: &Role, request: &Request<'_>) -> bool {
    let statement = request.statement;
    let case = request.catalog.table_name_case;
    let is_open = |schema: &str| {
        let whole = TableId::new(schema.into(), "".into());
        reserved::is_open_schema(schema) || touches(role, &whole, case)
    };
    let mut used = statement.effects.iter().filter_map(|effect| match effect {
        SessionEffect::UseSchema(schema) => Some(schema.as_str()),
        SessionEffect::SetNames { .. }
        | SessionEffect::SetVariable { .. }
        | SessionEffect::SetForStatement { .. }
        | SessionEffect::SetUserVariable(_)
        | SessionEffect::BeginTransaction
        | SessionEffect::EndTransaction
        | SessionEffect::SchemaChange(_)
        | SessionEffect::CreateTemporary(_)
        | SessionEffect::DropTemporary(_)
        | SessionEffect::Prepare { .. }
        | SessionEffect::Deallocate(_)
        | SessionEffect::Kill { .. }
        | SessionEffect::Anything => None,
    });
    if statement.kind == StatementKind::Use {
        return used.next().is_some_and(is_open);
    }
    statement.accesses.is_empty()
        && request
            .session
            .default_schema
            .as_deref()
            .is_some_and(is_open)
}

fn uncovered(role: &Role, need: StatementKind, object: &TableId) -> Denial {
    words::denied(
        format!(
            "role `{}` may not `{need}` on {}",
            words::shorten(role.name().to_owned(), 20),
            words::object(object)
        ),
        words::summary(role),
    )
}
