//! `postern policy explain`: what would be decided about a statement, and why.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use policy_core::catalog::Catalog;
use policy_core::catalog::document;
use policy_core::charset::ClientCharset;
use policy_core::decide::Diagnostics;
use policy_core::decide::Request;
use policy_core::decide::decide;
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
#[command(
    after_help = "Examples:\n  postern policy explain --config postern.toml --role analytics --sql 'SELECT email FROM customers'\n  postern policy explain --policy policy.toml --catalog catalog.toml --role analytics \\\n      --database shop --sql 'DROP TABLE orders' --json\n\nWith --config the catalog is asked from the target. Offline it is a file:\n  server = \"9.7.4\"\n  [[table]]\n  name = \"shop.customers\"\n  columns = [\"id int\", \"email varchar\"]\n  primary_key = [\"id\"]\n\nExit codes: 0 allow, 1 deny or approve, 2 a mistake in a file."
)]
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
    /// The statement, or `-` to read it from the input
    #[arg(long, value_name = "STATEMENT")]
    pub sql: String,
    /// As a JSON object
    #[arg(long)]
    pub json: bool,
}

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
        let default_database = config
            .as_ref()
            .and_then(|config| config.target(&target))
            .and_then(|settings| settings.database.clone());
        let session = self.session(&catalog, default_database)?;
        let text = self.text()?;
        let subject = Subject {
            policy: &policy,
            role,
            target: &target,
            principal: self.principal(role),
        };
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
        let database = self.database.clone().or(default_database);
        Ok(SessionContext {
            server: catalog.server,
            sql_mode,
            client_charset: ClientCharset::default(),
            connection_charset: ClientCharset::default(),
            results_charset: ClientCharset::default(),
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
        if self.sql != "-" {
            return Ok(self.sql.clone().into_bytes());
        }
        let mut text = Vec::new();
        std::io::stdin()
            .lock()
            .take(INPUT_BYTES_MAX)
            .read_to_end(&mut text)
            .context("cannot read the statement")?;
        Ok(text)
    }
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
        Err(unread) => return vec![explain::explain_unread(subject.policy, &role, &unread)],
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
            sql: sql.to_owned(),
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
    }

    #[test]
    fn names_that_do_not_exist_are_broken_input() {
        assert!(explain("SELECT 1", |options| options.role = "nobody".to_owned()).is_err());
        assert!(explain("SELECT 1", |options| options.target = Some("x".to_owned())).is_err());
        assert!(explain("SELECT 1", |options| options.sql_mode = "x".to_owned()).is_err());
        assert!(explain("SELECT 1", |options| options.catalog = None).is_err());
    }
}
