//! Turns the file as written into a `PolicySet`, or into every mistake that stands in it.

mod detectors;
mod people;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use sha2::Digest;
use sha2::Sha256;

use crate::decision::Covers;
use crate::policy::document::DenyEntry;
use crate::policy::document::Document;
use crate::policy::document::GrantEntry;
use crate::policy::document::ProtectEntry;
use crate::policy::document::RoleEntry;
use crate::policy::document::RuleEntry;
use crate::policy::error::PolicyErrors;
use crate::policy::mask::MaskKind;
use crate::policy::mask::MaskSpec;
use crate::policy::mask_entry;
use crate::policy::pattern::ColumnPattern;
use crate::policy::pattern::ObjectPattern;
use crate::policy::people::People;
use crate::policy::protect::InfluenceLimit;
use crate::policy::protect::Protect;
use crate::policy::protect::WriteLimit;
use crate::policy::set::Ask;
use crate::policy::set::Deny;
use crate::policy::set::Effect;
use crate::policy::set::PolicySet;
use crate::policy::set::Role;
use crate::policy::set::Rule;
use crate::policy::statements;
use crate::policy::statements::StatementSet;
use crate::policy::table::Placed;
use crate::policy::table::Source;
use crate::policy::table::nearest;
use crate::statement::kind::Class;
use crate::statement::kind::StatementKind;

/// What the policy may refer to, by the names of the configuration.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the caller")]
pub struct Known<'a> {
    /// All issuers. With more than one, whoever is named in the policy needs its issuer.
    pub issuers: &'a [&'a str],
    /// All targets; empty when they are not known, as in an offline check.
    pub targets: &'a [&'a str],
}

impl PolicySet {
    /// Compiles the text of a policy file. `file` is what mistakes are reported under.
    ///
    /// # Errors
    ///
    /// Every mistake of the file at once, each with its line and column.
    pub fn compile(file: &str, text: &str, known: Known<'_>) -> Result<Self, PolicyErrors> {
        let source = Source::new(text);
        let document = Document::read(text, &source);
        let compiler = Compiler {
            source: &source,
            known,
        };
        let set = compiler.policy(file, text, document);
        let mistakes = source.into_mistakes();
        if mistakes.is_empty() {
            return Ok(set);
        }
        Err(PolicyErrors {
            file: file.to_owned(),
            mistakes,
        })
    }
}

/// Keeps mistakes and goes on; what it makes is thrown away if there was any.
#[derive(Debug)]
struct Compiler<'a> {
    source: &'a Source<'a>,
    known: Known<'a>,
}

impl Compiler<'_> {
    fn policy(&self, file: &str, text: &str, document: Document) -> PolicySet {
        let mut masks = BTreeMap::new();
        for entry in &document.masks {
            let spec = mask_entry::compile(entry, &|at, message| self.source.mistake(at, message));
            masks.insert(entry.name.value.clone(), spec.unwrap_or(FALLBACK));
        }
        self.unique("role", document.roles.iter().map(|role| &role.name));
        // A rule is always named together with its role, so roles may use the same names.
        for role in &document.roles {
            self.unique("rule", role.rules.iter().map(|rule| &rule.name));
        }
        let deny_names = document.denies.iter().map(|deny| &deny.name);
        let protect_names = document.protects.iter().map(|protect| &protect.name);
        self.unique("rule", deny_names.chain(protect_names));
        let role_names: Vec<&str> = document
            .roles
            .iter()
            .filter_map(|role| Some(role.name.as_ref()?.value.as_str()))
            .collect();
        let deny = |entry: &DenyEntry| self.deny(entry, &role_names);
        let protects = document.protects.iter();
        PolicySet {
            file: file.to_owned(),
            digest: Sha256::digest(text.as_bytes()).into(),
            roles: document
                .roles
                .iter()
                .map(|entry| self.role(entry))
                .collect(),
            denies: document.denies.iter().map(deny).collect(),
            protects: protects.map(|entry| self.protect(entry, &masks)).collect(),
            masks,
        }
    }

    fn role(&self, entry: &RoleEntry) -> Role {
        let issuer = self.issuer(entry.issuer.as_ref());
        let people = People {
            groups: self.groups(entry.groups.as_deref(), issuer.as_deref()),
            subjects: self.groups(entry.subjects.as_deref(), issuer.as_deref()),
            claims: entry.claims.clone().unwrap_or_default(),
            issuer,
        };
        if entry.groups.is_none() && entry.subjects.is_none() && people.claims.is_empty() {
            let message = "nobody can have this role: give `groups`, `subjects` or `claims`";
            self.source.mistake(entry.at, message);
        }
        if !people.claims.is_empty() && people.issuer.is_none() && self.known.issuers.len() > 1 {
            let message = format!(
                "`claims` means one issuer's claims: add `issuer = \"…\"` (there are {})",
                self.known.issuers.join(", ")
            );
            self.source.mistake(entry.at, message);
        }
        for target in entry.targets.iter().flatten() {
            let known = self.known.targets;
            if !known.is_empty() && !known.contains(&target.value.as_str()) {
                self.unknown("target", target, known);
            }
        }
        Role {
            name: value_of(entry.name.as_ref()),
            line: self.source.line(entry.at),
            people,
            targets: values_of(entry.targets.as_deref()).collect(),
            database_user: value_of(entry.database_user.as_ref()),
            max_session: entry
                .max_session
                .as_ref()
                .and_then(|text| self.duration(text)),
            detectors: self.detectors(entry.detectors.as_deref()),
            rules: entry.rules.iter().map(|rule| self.rule(rule)).collect(),
        }
    }

    fn rule(&self, entry: &RuleEntry) -> Rule {
        let effect = self.effect(entry);
        let statements = self.statements(entry.statements.as_deref());
        let on = self.objects(entry.on.as_deref());
        if !matches!(effect, Effect::Deny) {
            self.check_grantable(entry, &statements, &on);
        }
        let shows_results = self.shows_results(entry, &statements);
        Rule {
            name: value_of(entry.name.as_ref()),
            line: self.source.line(entry.at),
            effect,
            statements,
            on,
            rows_max: entry.rows.as_ref().map(|rows| rows.value),
            seconds_max: entry
                .seconds
                .as_ref()
                .and_then(|seconds| u32::try_from(seconds.value).ok()),
            file_bytes_max: entry.file_bytes.as_ref().map(|bytes| bytes.value),
            unfiltered: entry.unfiltered.as_ref().is_some_and(|flag| flag.value),
            triggers: entry.triggers.as_ref().is_some_and(|flag| flag.value),
            shows_results,
            functions: lower(entry.functions.as_deref()),
            engines: lower(entry.engines.as_deref()),
        }
    }

    fn shows_results(&self, entry: &RuleEntry, set: &StatementSet) -> bool {
        let Some(word) = &entry.results else {
            return false;
        };
        if !set.names(StatementKind::Call) {
            let message = "`results` belongs to a rule whose `statements` name `call`";
            self.source.mistake(word.at, message);
        }
        let known = [("clear", true), ("withheld", false)];
        self.word("results", word, &known).unwrap_or(false)
    }

    /// A rule that allows must be able to: a class that never suffices, or a routine behind `*`,
    /// would be a promise that is not kept.
    fn check_grantable(&self, entry: &RuleEntry, set: &StatementSet, on: &[ObjectPattern]) {
        for class in [Class::Admin, Class::Routine] {
            if let Some(word) = find(entry.statements.as_deref(), class.name()) {
                let message = format!(
                    "class `{}` can only be denied; to allow a statement of it, name its kind",
                    class.name()
                );
                self.source.mistake(word.at, message);
            }
        }
        if let (Some(call), true) = (
            find(entry.statements.as_deref(), StatementKind::Call.name()),
            set.names(StatementKind::Call) && on.iter().any(|pattern| !pattern.is_exact()),
        ) {
            let message = "a routine is called only where `on` names it: write `schema.routine`";
            self.source.mistake(call.at, message);
        }
        for word in entry.statements.iter().flatten() {
            if StatementKind::parse(&word.value).is_some_and(statements::is_never_allowed) {
                let message = format!("`{}` can never be allowed", word.value);
                self.source.mistake(word.at, message);
            }
        }
        for function in entry.functions.iter().flatten() {
            if NEVER_CALLED.contains(&function.value.to_lowercase().as_str()) {
                let message = format!("function `{}` can never be allowed", function.value);
                self.source.mistake(function.at, message);
            }
        }
    }

    fn effect(&self, entry: &RuleEntry) -> Effect {
        let word = entry.effect.as_ref();
        let known = [("allow", 0), ("approve", 1), ("deny", 2)];
        let effect = word.and_then(|word| self.word("effect", word, &known));
        if effect == Some(1) {
            return Effect::Approve(self.ask(entry));
        }
        let asks = [
            entry.approvers.as_ref().map(|_| "approvers"),
            entry.quorum.as_ref().map(|_| "quorum"),
            entry.grant.as_ref().map(|_| "grant"),
            entry.issuer.as_ref().map(|_| "issuer"),
        ];
        for key in asks.into_iter().flatten() {
            let message = format!("`{key}` belongs to a rule with `effect = \"approve\"`");
            self.source.mistake(entry.at, message);
        }
        if effect == Some(0) {
            Effect::Allow
        } else {
            Effect::Deny
        }
    }

    fn ask(&self, entry: &RuleEntry) -> Ask {
        let issuer = self.issuer(entry.issuer.as_ref());
        if entry.approvers.is_none() {
            let message = "a rule with `effect = \"approve\"` needs `approvers`";
            self.source.mistake(entry.at, message);
        }
        let (covers, valid, uses) = match &entry.grant {
            None => (Covers::Statement, DEFAULT_VALID, Some(1)),
            Some(grant) => self.grant(grant),
        };
        Ask {
            approvers: self.groups(entry.approvers.as_deref(), issuer.as_deref()),
            quorum: entry
                .quorum
                .as_ref()
                .and_then(|quorum| u8::try_from(quorum.value).ok())
                .unwrap_or(1),
            covers,
            valid,
            uses,
        }
    }

    fn grant(&self, entry: &GrantEntry) -> (Covers, Duration, Option<u32>) {
        let known = [("statement", Covers::Statement), ("rule", Covers::Rule)];
        let covers = entry
            .covers
            .as_ref()
            .and_then(|word| self.word("covers", word, &known))
            .unwrap_or(Covers::Statement);
        let valid = entry.valid.as_ref().and_then(|text| self.duration(text));
        if let (Some(valid), Some(text)) = (valid, &entry.valid)
            && valid > LONGEST_GRANT
        {
            let message = "a grant lasts at most `7d`: what is needed longer is a rule";
            self.source.mistake(text.at, message);
        }
        let uses = match (&entry.uses, covers) {
            (Some(uses), _) => u32::try_from(uses.value).ok(),
            (None, Covers::Statement) => Some(1),
            (None, Covers::Rule) => None,
        };
        (covers, valid.unwrap_or(DEFAULT_VALID), uses)
    }

    fn deny(&self, entry: &DenyEntry, roles: &[&str]) -> Deny {
        for role in entry.roles.iter().flatten() {
            if !roles.contains(&role.value.as_str()) {
                self.unknown("role", role, roles);
            }
        }
        Deny {
            name: value_of(entry.name.as_ref()),
            line: self.source.line(entry.at),
            statements: self.statements(entry.statements.as_deref()),
            on: self.objects(entry.on.as_deref()),
            roles: values_of(entry.roles.as_deref()).collect(),
        }
    }

    fn protect(&self, entry: &ProtectEntry, masks: &BTreeMap<String, MaskSpec>) -> Protect {
        let issuer = self.issuer(entry.issuer.as_ref());
        let columns = self.each(entry.columns.as_deref(), ColumnPattern::parse);
        let mask = entry.mask.as_ref().filter(|mask| mask.value != REDACT);
        if let Some(mask) = mask
            && !masks.contains_key(&mask.value)
        {
            let names: Vec<&str> = masks.keys().map(String::as_str).chain([REDACT]).collect();
            self.unknown("mask", mask, &names);
        }
        let influences = [
            ("never", InfluenceLimit::Never),
            ("equality", InfluenceLimit::Equality),
            ("any", InfluenceLimit::Any),
        ];
        let influence = entry.influence.as_ref();
        let influence = influence.and_then(|word| self.word("influence", word, &influences));
        let limits = [("none", WriteLimit::None), ("insert", WriteLimit::Insert)];
        let writes = entry.writes.as_ref();
        let writes = writes.and_then(|word| self.word("writes", word, &limits));
        let kind = mask.and_then(|mask| masks.get(&mask.value));
        let keyed = kind
            .map(|spec| &spec.kind)
            .filter(|kind| kind.tells_equality());
        if let (Some(kind), Some(WriteLimit::Insert), Some(word)) = (keyed, writes, &entry.writes) {
            let message = format!(
                "a `{kind}` mask cannot stand on a column that may be written: who writes guesses \
                 and reads what they are shown as has a dictionary"
            );
            self.source.mistake(word.at, &message);
        }
        Protect {
            name: value_of(entry.name.as_ref()),
            line: self.source.line(entry.at),
            columns,
            mask: mask.map(|mask| mask.value.clone()),
            influence: influence.unwrap_or(InfluenceLimit::Never),
            writes: writes.unwrap_or(WriteLimit::None),
            clear_for: self.groups(entry.clear_for.as_deref(), issuer.as_deref()),
            strict_order: entry.strict_order.as_ref().is_some_and(|flag| flag.value),
        }
    }

    fn statements(&self, words: Option<&[Placed<String>]>) -> StatementSet {
        let mut set = StatementSet::default();
        for word in words.unwrap_or_default() {
            let class = Class::ALL
                .into_iter()
                .find(|class| class.name() == word.value);
            if let Some(class) = class {
                set.classes.insert(class);
            } else if let Some(kind) = StatementKind::parse(&word.value) {
                set.kinds.insert(kind);
            } else {
                let classes = Class::ALL.iter().map(|class| class.name());
                let kinds = StatementKind::ALL.iter().map(|kind| kind.name());
                let known: Vec<&str> = classes.chain(kinds).collect();
                self.unknown("statement class or kind", word, &known);
            }
        }
        set
    }

    fn objects(&self, words: Option<&[Placed<String>]>) -> Vec<ObjectPattern> {
        self.each(words, ObjectPattern::parse)
    }

    fn each<T>(
        &self,
        words: Option<&[Placed<String>]>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let mut parsed = Vec::new();
        for word in words.unwrap_or_default() {
            match parse(&word.value) {
                Ok(pattern) => parsed.push(pattern),
                Err(message) => self.source.mistake(word.at, message),
            }
        }
        parsed
    }

    fn word<T: Copy>(&self, key: &str, word: &Placed<String>, known: &[(&str, T)]) -> Option<T> {
        let found = known.iter().find(|(name, _)| *name == word.value);
        if found.is_none() {
            let names: Vec<_> = known.iter().map(|(name, _)| format!("`{name}`")).collect();
            let message = format!("`{key}` must be one of {}", names.join(", "));
            self.source.mistake(word.at, message);
        }
        found.map(|(_, value)| *value)
    }

    fn unknown(&self, what: &str, word: &Placed<String>, known: &[&str]) {
        let advice = match nearest(&word.value, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "there is none".to_owned(),
            None if known.len() > 12 => "see docs/policy.md for all of them".to_owned(),
            None => format!("there are `{}`", known.join("`, `")),
        };
        let message = format!("unknown {what} `{}`; {advice}", word.value);
        self.source.mistake(word.at, message);
    }

    /// Messages and records name rules by their names alone: two of the same would be confused.
    fn unique<'n>(&self, what: &str, names: impl Iterator<Item = &'n Option<Placed<String>>>) {
        let mut seen = BTreeSet::new();
        for name in names.flatten() {
            if !seen.insert(name.value.as_str()) {
                let message = format!("another {what} is called `{}` too", name.value);
                self.source.mistake(name.at, message);
            }
            if name.value.starts_with("builtin-") {
                let message = "names that begin with `builtin-` are reserved";
                self.source.mistake(name.at, message);
            }
            if name.value.len() > LONGEST_NAME || name.value.contains(char::is_control) {
                let message = format!("a name is at most {LONGEST_NAME} bytes in one line");
                self.source.mistake(name.at, message);
            }
        }
    }
}

/// Functions that no rule can allow: they read files or run programs.
pub const NEVER_CALLED: [&str; 4] = ["load_file", "sys_exec", "sys_eval", "lib_mysqludf_sys_info"];
/// Stands for a mask that could not be read, in a policy that is thrown away for it.
const FALLBACK: MaskSpec = MaskSpec {
    kind: MaskKind::Redact,
    keep_null: false,
};
/// The mask that is always there.
const REDACT: &str = "redact";
const DEFAULT_VALID: Duration = Duration::from_secs(30 * 60);
const LONGEST_GRANT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Rule names stand in the first 200 bytes of error messages, beside the advice.
const LONGEST_NAME: usize = 40;

fn find<'w>(words: Option<&'w [Placed<String>]>, wanted: &str) -> Option<&'w Placed<String>> {
    words?.iter().find(|word| word.value == wanted)
}

fn value_of(word: Option<&Placed<String>>) -> String {
    word.map(|word| word.value.clone()).unwrap_or_default()
}

fn values_of(words: Option<&[Placed<String>]>) -> impl Iterator<Item = String> {
    words
        .unwrap_or_default()
        .iter()
        .map(|word| word.value.clone())
}

fn lower(words: Option<&[Placed<String>]>) -> BTreeSet<String> {
    values_of(words).map(|word| word.to_lowercase()).collect()
}
