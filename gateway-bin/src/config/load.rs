//! Reads the whole file, lets each section resolve itself, and checks what sections say of each other.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::DeTable;

use crate::config::approvals::ApprovalMintSettings;
use crate::config::approvals::ApprovalPlaces;
use crate::config::approvals::ApprovalSettings;
use crate::config::audit::AuditWriterSettings;
use crate::config::error::ConfigErrors;
use crate::config::error::Mistake;
use crate::config::issuer::IssuerPlaces;
use crate::config::issuer::IssuerSettings;
use crate::config::limits::LimitSettings;
use crate::config::listener::ListenerPlaces;
use crate::config::listener::ListenerSettings;
use crate::config::table::Placed;
use crate::config::table::ROOT;
use crate::config::table::Source;
use crate::config::table::Table;
use crate::config::target::TargetPlaces;
use crate::config::target::TargetSettings;

/// Everything that `postern run` needs, with secrets fetched and certificates read.
#[derive(Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "tests and the demo construct it in full"
)]
pub struct Config {
    /// Where the gateway keeps what it must not lose; made if it is missing.
    pub state_directory: PathBuf,
    /// The policy file; read by its own loader.
    pub policy: PathBuf,
    /// At least one.
    pub listeners: Vec<ListenerSettings>,
    /// At least one.
    pub targets: Vec<TargetSettings>,
    /// At least one.
    pub issuers: Vec<IssuerSettings>,
    /// The log.
    pub audit: AuditWriterSettings,
    /// Without it every statement that needs an approval is refused.
    pub approvals: Option<ApprovalMintSettings>,
    /// The bounds.
    pub limits: LimitSettings,
}

/// Whether an issuer that hands tokens to anyone may stand in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third answer")]
pub enum Development {
    /// For `postern demo`, and for tools that only look.
    Allow,
    /// For `postern run`.
    Refuse,
}

impl Config {
    /// Reads and resolves a file; a development issuer is a mistake.
    ///
    /// # Errors
    /// Every mistake of the file, not only the first.
    pub fn load(path: &Path) -> Result<Self, ConfigErrors> {
        Self::load_with(path, Development::Refuse)
    }

    /// As [`load`](Self::load), with a choice about development issuers.
    ///
    /// # Errors
    /// Every mistake of the file, not only the first.
    pub fn load_with(path: &Path, development: Development) -> Result<Self, ConfigErrors> {
        read_file(path, |table, source| Self::read(table, source, development))
    }

    /// The target of that name.
    #[must_use]
    pub fn target(&self, name: &str) -> Option<&TargetSettings> {
        self.targets.iter().find(|target| target.name == name)
    }

    fn read(mut root: Table<'_>, source: &Source<'_>, development: Development) -> Option<Self> {
        read_version(&mut root);
        let state_directory = root.required_path("state_dir");
        let policy = root.required_path("policy").filter(|policy| {
            let readable = fs::File::open(&policy.value);
            if let Err(error) = &readable {
                let message = format!("cannot read `{}`: {error}", policy.value.display());
                source.mistake(policy.at, message);
            }
            readable.is_ok()
        });
        root.require("listener");
        root.require("target");
        root.require("issuer");
        root.require("audit");
        let listeners = read_each(&mut root, "listener", ListenerSettings::read);
        let targets = read_each(&mut root, "target", TargetSettings::read);
        let issuers = read_each(&mut root, "issuer", IssuerSettings::read);
        let state = state_directory.as_ref().map(|state| state.value.as_path());
        let audit = root
            .table("audit")
            .and_then(|table| AuditWriterSettings::read(table, state));
        let approvals = root
            .table("approvals")
            .map(|table| ApprovalMintSettings::read(table, state));
        let limits = root
            .table("limits")
            .map_or_else(LimitSettings::default, LimitSettings::read);
        root.finish();
        check_targets(source, &listeners.1, &targets.1);
        check_issuers(source, &issuers.1, development);
        let approvals = approvals.flatten().map(|(settings, places)| {
            check_approvers(source, &places, &issuers.1);
            settings
        });
        Some(Self {
            state_directory: state_directory?.value,
            policy: policy?.value,
            listeners: listeners.0,
            targets: targets.0,
            issuers: issuers.0,
            audit: audit?,
            approvals,
            limits,
        })
    }
}

impl ApprovalSettings {
    /// Reads the section `[approvals]` only, for tools of an approver: no password is fetched, and
    /// the root key only where the file gives no `root_public_key`.
    ///
    /// # Errors
    /// Every mistake of that section, and of the file's syntax.
    pub fn load(path: &Path) -> Result<Self, ConfigErrors> {
        read_file(path, |mut root, _| {
            root.require("approvals");
            let state = root.required_path("state_dir")?;
            let table = root.table("approvals")?;
            Self::read(table, Some(&state.value)).map(|(settings, _)| settings)
        })
    }
}

impl AuditWriterSettings {
    /// Reads the section `[audit]` only, for tools that look at the log.
    ///
    /// # Errors
    /// Every mistake of that section, and of the file's syntax.
    pub fn load(path: &Path) -> Result<Self, ConfigErrors> {
        read_file(path, |mut root, _| {
            root.require("audit");
            let state = root.required_path("state_dir")?;
            Self::read(root.table("audit")?, Some(&state.value))
        })
    }
}

fn read_file<T>(
    path: &Path,
    read: impl FnOnce(Table<'_>, &Source<'_>) -> Option<T>,
) -> Result<T, ConfigErrors> {
    let failed = |mistakes| ConfigErrors {
        file: path.to_owned(),
        mistakes,
    };
    let at_start = |message| Mistake {
        line: 1,
        column: 1,
        message,
    };
    let text = fs::read_to_string(path)
        .map_err(|error| failed(vec![at_start(format!("cannot read the file: {error}"))]))?;
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    let source = Source::new(&text, directory);
    let (table, errors) = DeTable::parse_recoverable(&text);
    for error in &errors {
        source.mistake(error.span().map_or(0, |span| span.start), error.message());
    }
    let result = read_table(&table, &source, errors.is_empty(), read);
    let mistakes = source.into_mistakes();
    match result {
        Some(value) if mistakes.is_empty() => Ok(value),
        Some(_) | None if !mistakes.is_empty() => Err(failed(mistakes)),
        Some(_) | None => Err(failed(vec![at_start("the file is incomplete".to_owned())])),
    }
}

/// With broken syntax keys may be missing or misplaced, so nothing is said of them.
fn read_table<T>(
    table: &Spanned<DeTable<'_>>,
    source: &Source<'_>,
    well_formed: bool,
    read: impl FnOnce(Table<'_>, &Source<'_>) -> Option<T>,
) -> Option<T> {
    well_formed
        .then(|| read(Table::new(source, ROOT, table), source))
        .flatten()
}

fn read_version(root: &mut Table<'_>) {
    root.require("version");
    if let Some(version) = root.integer("version", 0..=u64::MAX)
        && version.value != 1
    {
        root.mistake(version.at, "this program reads `version = 1`");
    }
}

/// The settings that are good, and the places of all.
fn read_each<'a, S, P>(
    root: &mut Table<'a>,
    key: &'static str,
    read: impl Fn(Table<'a>) -> (Option<S>, P),
) -> (Vec<S>, Vec<P>) {
    let (settings, places): (Vec<_>, Vec<_>) = root.tables(key).into_iter().map(read).unzip();
    (settings.into_iter().flatten().collect(), places)
}

fn check_targets(source: &Source<'_>, listeners: &[ListenerPlaces], targets: &[TargetPlaces]) {
    unique(
        source,
        "listener",
        listeners.iter().map(|places| &places.name),
    );
    unique(source, "target", targets.iter().map(|places| &places.name));
    for wanted in listeners.iter().flat_map(|places| &places.targets) {
        if !targets.iter().any(|target| is(&target.name, &wanted.value)) {
            let message = format!("no `[[target]]` has the name `{}`", wanted.value);
            source.mistake(wanted.at, message);
        }
    }
}

fn check_issuers(source: &Source<'_>, issuers: &[IssuerPlaces], development: Development) {
    unique(source, "issuer", issuers.iter().map(|places| &places.name));
    unique(
        source,
        "issuer",
        issuers.iter().map(|places| &places.issuer),
    );
    for places in issuers {
        if let (Some(at), Development::Refuse) = (places.development, development) {
            let message =
                "a development issuer hands tokens to anyone; only `postern demo` takes one";
            source.mistake(at, message);
        }
    }
}

fn check_approvers(source: &Source<'_>, places: &ApprovalPlaces, issuers: &[IssuerPlaces]) {
    for wanted in &places.issuers {
        let name = &wanted.value;
        match issuers.iter().find(|issuer| is(&issuer.name, name)) {
            None => {
                let message = format!("no `[[issuer]]` has the name `{name}`");
                source.mistake(wanted.at, message);
            }
            Some(issuer) if !issuer.approver => {
                let message = format!(
                    "the issuer `{name}` is not for approvers; its `use` does not list `approver`"
                );
                source.mistake(wanted.at, message);
            }
            Some(_) => {}
        }
    }
}

fn is(name: &Option<Placed<String>>, wanted: &str) -> bool {
    name.as_ref().is_some_and(|name| name.value == wanted)
}

fn unique<'a>(
    source: &Source<'_>,
    what: &str,
    names: impl Iterator<Item = &'a Option<Placed<String>>>,
) {
    let mut seen: Vec<&str> = Vec::new();
    for name in names.flatten() {
        if seen.contains(&name.value.as_str()) {
            let message = format!("a second {what} is called `{}`", name.value);
            source.mistake(name.at, message);
        }
        seen.push(&name.value);
    }
}

#[cfg(test)]
mod tests;
