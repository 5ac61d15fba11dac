//! `postern policy explain`: what would be decided about a statement, and why.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use policy_core::case;
use policy_core::catalog::Catalog;
use policy_core::catalog::document;
use policy_core::charset::ClientCharset;
use policy_core::decide::Bound;
use policy_core::decide::Diagnostics;
use policy_core::decide::Request;
use policy_core::decide::decide;
use policy_core::decide::misread::Misread;
use policy_core::explain;
use policy_core::explain::Explanation;
use policy_core::lex::ReadLimits;
use policy_core::policy::compile::Known;
use policy_core::policy::set::PolicySet;
use policy_core::policy::set::Role;
use policy_core::principal::Principal;
use policy_core::read;
use policy_core::session::SessionContext;
use policy_core::session::TemporaryTables;
use policy_core::sql_mode::SqlMode;

use crate::catalog_once;
use crate::cli::runtime;
use crate::cli::status::ExitStatus;
use crate::config::Config;
use crate::config::load::Development;
use crate::policy_file;

/// Options of `postern policy explain`.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
#[non_exhaustive]
pub struct Explain {
    /// The configuration: policy, targets and catalog come from it
    #[arg(long, value_name = "FILE", required_unless_present = "policy")]
    pub config: Option<PathBuf>,
    /// A policy file, without a configuration
    #[arg(long, value_name = "FILE", requires = "catalog")]
    pub policy: Option<PathBuf>,
    /// A catalog file, instead of asking the target
    #[arg(long, value_name = "FILE")]
    pub catalog: Option<PathBuf>,
    /// The role of the session
    #[arg(long, value_name = "NAME")]
    pub role: String,
    /// The target; needed only where the role has several
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// The default database of the session
    #[arg(long, value_name = "NAME")]
    pub database: Option<String>,
    /// Who asks, for what hangs on groups (`clear_for`); by default someone whom the role takes
    #[arg(long = "group", value_name = "NAME")]
    pub groups: Vec<String>,
    /// The `sql_mode` of the session
    #[arg(long, value_name = "MODES", default_value = "")]
    pub sql_mode: String,
    /// The character set in which the statement is written
    #[arg(long, value_name = "NAME", default_value = "utf8mb4")]
    pub charset: String,
    /// Statements that ran before in the session, such as PREPARE or USE; may stand several times
    #[arg(long, value_name = "STATEMENT", allow_hyphen_values = true)]
    pub before: Vec<String>,
    /// The statement; without it, or as `-`, it is read from the input
    #[arg(value_name = "STATEMENT", allow_hyphen_values = true, conflicts_with_all = ["sql", "file"])]
    pub statement: Option<String>,
    /// The statement, as an option
    #[arg(long, value_name = "STATEMENT", allow_hyphen_values = true)]
    pub sql: Option<String>,
    /// A file with the statement
    #[arg(long, value_name = "FILE", conflicts_with = "sql")]
    pub file: Option<PathBuf>,
    /// As a JSON object
    #[arg(long)]
    pub json: bool,
}

const HELP: &str = r#"Examples:
  postern policy explain --config postern.toml --role analytics 'SELECT email FROM customers'
  postern policy explain --policy policy.toml --catalog catalog.toml --role analytics \
      --database shop 'DROP TABLE orders' --json
  postern policy explain --policy policy.toml --catalog catalog.toml --role analytics --file q.sql
  postern policy explain … --before "PREPARE s FROM 'SELECT 1'" 'EXECUTE s'

It says what was understood (what the statement touches, calls, shows, writes, what steers its
result, what it changes in the session), what is decided and by which rule, and what can be done
next. A star marks a protected column. With --json all of it is one object a statement, whose keys
docs/policy.md lists.

With --config the catalog is asked from the target. Offline it is a file:
  server = "9.7.4"
  [[table]]
  name = "shop.customers"
  columns = ["id int", "email varchar"]
  primary_key = ["id"]

Exit codes: 0 allow, 1 deny or approve, 2 a mistake in a file."#;

impl Explain {
    /// Decides as a session would, and says why.
    ///
    /// # Errors
    /// A file is broken, the role does not exist, or the target cannot be asked.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        let config = match &self.config {
            None => None,
            Some(path) => Some(Config::load_with(path, Development::Allow)?),
        };
        let policy = self.load_policy(config.as_ref())?;
        let role = policy
            .role_named(&self.role)
            .with_context(|| format!("the policy has no role `{}`", self.role))?;
        let target = self.target_of(role)?;
        let catalog = self.load_catalog(config.as_ref(), &target)?;
        if let Some(misfit) = policy.misfits(&catalog).first() {
            anyhow::bail!("{misfit}");
        }
        let default_database = config
            .as_ref()
            .and_then(|config| config.target(&target))
            .and_then(|settings| settings.database.clone());
        let mut session = self.session(&catalog, default_database)?;
        let text = self.text()?;
        let subject = Subject {
            policy: &policy,
            role,
            target: &target,
            principal: self.principal(role),
        };
        for statement in &self.before {
            follow(statement, &mut session, &catalog)
                .with_context(|| format!("`--before {statement}`"))?;
        }
        let explanations = explanations(&subject, &text, &session, &catalog);
        let mut status = ExitStatus::Good;
        for explanation in &explanations {
            if self.json {
                writeln!(out, "{}", serde_json::to_string(explanation)?)?;
            } else {
                write!(out, "{explanation}")?;
            }
            if explanation.outcome != "allow" {
                status = ExitStatus::Negative;
            }
        }
        Ok(status)
    }

    fn load_policy(&self, config: Option<&Config>) -> anyhow::Result<PolicySet> {
        Ok(match (&self.policy, config) {
            (Some(path), _) => policy_file::load_alone(path, Known::default())?,
            (None, Some(config)) => policy_file::load(config)?,
            (None, None) => anyhow::bail!("give `--config` or `--policy`"),
        })
    }

    fn target_of(&self, role: &Role) -> anyhow::Result<String> {
        if let Some(target) = &self.target {
            let known = role.targets().contains(target);
            anyhow::ensure!(known, "role `{}` is not for target `{target}`", role.name());
            return Ok(target.clone());
        }
        let mut targets = role.targets().iter();
        match (targets.next(), targets.next()) {
            (Some(target), None) => Ok(target.clone()),
            (Some(_) | None, _) => {
                anyhow::bail!("give `--target`: role `{}` has several", role.name())
            }
        }
    }

    fn load_catalog(&self, config: Option<&Config>, target: &str) -> anyhow::Result<Catalog> {
        if let Some(path) = &self.catalog {
            let shown = path.display().to_string();
            let text =
                fs::read_to_string(path).with_context(|| format!("cannot read `{shown}`"))?;
            return Ok(document::parse(&shown, &text)?);
        }
        let settings = config.and_then(|config| config.target(target));
        let settings = settings.context("give `--catalog`, or `--config` with that target")?;
        Ok(runtime::block_on(catalog_once::catalog(settings))??)
    }

    fn session(
        &self,
        catalog: &Catalog,
        default_database: Option<String>,
    ) -> anyhow::Result<SessionContext> {
        let sql_mode = SqlMode::parse(&self.sql_mode)
            .with_context(|| format!("`{}` is not a list of SQL modes", self.sql_mode))?;
        let charset = ClientCharset::parse(&self.charset)
            .with_context(|| format!("`{}` is no character set of clients", self.charset))?;
        let database = self.database.clone().or(default_database);
        Ok(SessionContext {
            server: catalog.server,
            sql_mode,
            client_charset: charset,
            connection_charset: charset,
            results_charset: charset.into(),
            default_schema: database.map(|name| catalog.table_name_case.fold(&name)),
            temporary: TemporaryTables::Known(BTreeMap::new()),
            prepared: policy_core::session::PreparedTexts::default(),
            multi_statements: false,
        })
    }

    fn principal(&self, role: &Role) -> Principal {
        let mut principal = role.someone();
        let own: BTreeSet<String> = self.groups.iter().cloned().collect();
        principal.groups.extend(own);
        principal
    }

    fn text(&self) -> anyhow::Result<Vec<u8>> {
        let given = self.statement.as_ref().or(self.sql.as_ref());
        if let Some(text) = given.filter(|text| *text != "-") {
            return Ok(text.clone().into_bytes());
        }
        let mut text = Vec::new();
        match &self.file {
            Some(path) => {
                let shown = path.display();
                let file =
                    fs::File::open(path).with_context(|| format!("cannot read `{shown}`"))?;
                file.take(INPUT_BYTES_MAX).read_to_end(&mut text)
            }
            None => {
                let input = std::io::stdin().lock();
                input.take(INPUT_BYTES_MAX).read_to_end(&mut text)
            }
        }
        .context("cannot read the statement")?;
        Ok(text)
    }
}

/// Brings the session to where it is after a statement that ran in it.
fn follow(text: &str, session: &mut SessionContext, catalog: &Catalog) -> anyhow::Result<()> {
    let statements = read::read(text.as_bytes(), session, catalog, &ReadLimits::default())?;
    for statement in &statements {
        case::follow(session, statement).map_err(anyhow::Error::msg)?;
    }
    Ok(())
}

/// For whom and where it is decided.
#[derive(Debug)]
struct Subject<'a> {
    policy: &'a PolicySet,
    role: &'a Role,
    target: &'a str,
    principal: Principal,
}

fn explanations(
    subject: &Subject<'_>,
    text: &[u8],
    session: &SessionContext,
    catalog: &Catalog,
) -> Vec<Explanation> {
    let role = subject.role.id();
    let statements = match read::read(text, session, catalog, &ReadLimits::default()) {
        Ok(statements) => statements,
        Err(unread) => {
            let misread = Misread {
                policy: subject.policy,
                role: &role,
                session,
                catalog,
                text,
            };
            return vec![explain::explain_unread(&misread, &unread)];
        }
    };
    let alone = statements.len() == 1;
    let explained = statements.iter().map(|statement| {
        let request = Request {
            principal: &subject.principal,
            role: &role,
            target: subject.target,
            statement,
            text,
            alone,
            parameters: &[],
            session,
            catalog,
            bound: Bound::Later,
            diagnostics: Diagnostics::Clean,
            approval: None,
        };
        let decision = decide(subject.policy, &request);
        explain::explain(subject.policy, &request, &decision)
    });
    explained.collect()
}

const INPUT_BYTES_MAX: u64 = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const CATALOG: &str = r#"
server = "10.11.6-MariaDB"
[[table]]
name = "shop.customers"
columns = ["id int", "name varchar", "email varchar"]
primary_key = ["id"]
"#;

    fn explain(sql: &str, change: impl Fn(&mut Explain)) -> anyhow::Result<(ExitStatus, String)> {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let mut options = Explain {
            config: None,
            policy: Some(file(
                "policy.toml",
                include_str!("../demo/files/policy.toml"),
            )),
            catalog: Some(file("catalog.toml", CATALOG)),
            role: "analytics".to_owned(),
            target: None,
            database: Some("shop".to_owned()),
            groups: Vec::new(),
            sql_mode: String::new(),
            charset: "utf8mb4".to_owned(),
            before: Vec::new(),
            statement: Some(sql.to_owned()),
            sql: None,
            file: None,
            json: false,
        };
        change(&mut options);
        let mut out = Vec::new();
        let status = options.run(&mut out)?;
        Ok((status, String::from_utf8(out).unwrap()))
    }

    #[test]
    fn a_refusal_names_the_rule_and_its_place() {
        let (status, text) = explain("DROP DATABASE shop", |_| ()).unwrap();
        assert_eq!(status, ExitStatus::Negative);
        assert!(text.starts_with("deny by `never`"), "{text}");
        assert!(text.contains("policy.toml:"), "{text}");
    }

    #[test]
    fn what_is_not_understood_is_a_refusal_too() {
        let (status, text) = explain("FROBNICATE", |_| ()).unwrap();
        assert_eq!(status, ExitStatus::Negative);
        assert!(text.contains("POSTERN-UNREAD"), "{text}");
    }

    #[test]
    fn json_is_one_object() {
        let (_, text) = explain("DROP DATABASE shop", |options| options.json = true).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["outcome"], "deny");
        assert_eq!(value["format"], 1);
    }

    #[test]
    fn the_session_can_be_brought_about() {
        let prepared = |options: &mut Explain| {
            options.before = vec!["PREPARE s FROM 'SELECT name FROM customers'".to_owned()];
        };
        let (status, text) = explain("EXECUTE s", prepared).unwrap();
        assert_eq!(status, ExitStatus::Good, "{text}");
        assert!(text.contains("read shop.customers (name)"), "{text}");
        let quotes = |options: &mut Explain| options.sql_mode = "ANSI_QUOTES".to_owned();
        let (_, text) = explain("SELECT \"name\" FROM customers", quotes).unwrap();
        assert!(text.contains("1 shop.customers.name"), "{text}");
    }

    #[test]
    fn a_statement_is_read_from_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "SELECT name\nFROM custmers").unwrap();
        let (status, text) = explain("-", |options| {
            options.statement = None;
            options.file = Some(file.path().to_owned());
        })
        .unwrap();
        assert_eq!(status, ExitStatus::Negative);
        assert!(text.contains("did you mean `shop.customers`?"), "{text}");
    }

    #[test]
    fn names_that_do_not_exist_are_broken_input() {
        assert!(explain("SELECT 1", |options| options.role = "nobody".to_owned()).is_err());
        assert!(explain("SELECT 1", |options| options.target = Some("x".to_owned())).is_err());
        assert!(explain("SELECT 1", |options| options.sql_mode = "x".to_owned()).is_err());
        assert!(explain("SELECT 1", |options| options.catalog = None).is_err());
        assert!(explain("SELECT 1", |options| options.charset = "gbk".to_owned()).is_err());
        let broken = |options: &mut Explain| options.before = vec!["FROBNICATE".to_owned()];
        assert!(explain("SELECT 1", broken).is_err());
    }
}
