//! Who asks in a case and in which session, brought about as in real life.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::case::Noted;
use crate::catalog::Catalog;
use crate::catalog::Table;
use crate::charset::ClientCharset;
use crate::charset::ResultsCharset;
use crate::name::TableId;
use crate::policy::error::RoleRefusal;
use crate::policy::set::PolicySet;
use crate::policy::set::RoleId;
use crate::principal::Principal;
use crate::server::Server;
use crate::session::PreparedTexts;
use crate::session::SessionContext;
use crate::session::TemporaryTables;
use crate::sql_mode::SqlMode;
use crate::statement::Effect;
use crate::statement::Statement;

/// Who asks, of which target.
#[derive(Clone, Debug)]
pub(super) struct Who {
    /// The role follows from this one, as at a login; without it someone whom the role takes.
    pub(super) principal: Option<Principal>,
    pub(super) role: Option<Noted>,
    pub(super) target: Option<Noted>,
}

impl Who {
    /// The targets that it could be about.
    pub(super) fn targets<'p>(&'p self, policy: &'p PolicySet) -> BTreeSet<&'p str> {
        if let Some(target) = &self.target {
            return BTreeSet::from([target.text.as_str()]);
        }
        let role = self.role.as_ref().map(|role| role.text.as_str());
        let roles = policy.roles().iter();
        roles
            .filter(|own| role.is_none_or(|role| own.name() == role))
            .flat_map(|own| own.targets().iter().map(String::as_str))
            .collect()
    }

    /// The principal and the role that its session would have.
    pub(super) fn arrive(
        &self,
        policy: &PolicySet,
        target: &str,
    ) -> Result<(Principal, RoleId), RoleRefusal> {
        let role = self.role.as_ref().map(|role| role.text.as_str());
        let principal = match (&self.principal, role) {
            (Some(principal), _) => principal.clone(),
            (None, Some(role)) => policy
                .role_named(role)
                .map(|role| role.someone())
                .unwrap_or_default(),
            (None, None) => Principal::default(),
        };
        let role = policy.role_for(&principal, target, role)?;
        Ok((principal, role))
    }
}

/// The state of the session before the statement.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) database: Option<String>,
    pub(super) sql_mode: SqlMode,
    pub(super) charset: ClientCharset,
    /// Instead of the catalog's server.
    pub(super) server: Option<Server>,
    /// Names as written.
    pub(super) temporary: Vec<(TableId, Table)>,
    /// Statements that ran before in the session.
    pub(super) before: Vec<String>,
}

impl World {
    pub(super) fn session(&self, catalog: &Catalog) -> SessionContext {
        let case = catalog.table_name_case;
        let temporary: BTreeMap<TableId, Arc<Table>> = self
            .temporary
            .iter()
            .map(|(id, table)| {
                let id = TableId::new(case.fold(id.schema()), case.fold(id.table()));
                (id, Arc::new(table.clone()))
            })
            .collect();
        SessionContext {
            server: catalog.server,
            sql_mode: self.sql_mode,
            client_charset: self.charset,
            connection_charset: self.charset,
            results_charset: self.charset.into(),
            default_schema: self.database.as_deref().map(|name| case.fold(name)),
            temporary: TemporaryTables::Known(temporary),
            prepared: PreparedTexts::default(),
            multi_statements: false,
        }
    }

    /// The catalog as the server of the case would have it.
    pub(super) fn catalog(&self, catalog: &Catalog) -> Option<Catalog> {
        let server = self.server.filter(|server| *server != catalog.server)?;
        let mut other = catalog.clone();
        other.server = server;
        Some(other)
    }
}

/// Brings a session to where it is after a statement that ran in it.
///
/// # Errors
///
/// Why that is not known, in words.
pub fn follow(session: &mut SessionContext, statement: &Statement) -> Result<(), String> {
    for effect in &statement.effects {
        match effect {
            Effect::UseSchema(name) => session.default_schema = Some(Arc::from(name.as_str())),
            Effect::SetNames { charset } => {
                session.client_charset = *charset;
                session.connection_charset = *charset;
                session.results_charset = (*charset).into();
            }
            Effect::SetVariable { name, value } => set(session, name, value)?,
            // Its shape is not known: from now on no name can be trusted.
            Effect::CreateTemporary(_) => session.temporary = TemporaryTables::Unknown,
            Effect::DropTemporary(id) => {
                if let TemporaryTables::Known(tables) = &mut session.temporary {
                    tables.remove(id);
                }
            }
            Effect::SchemaChange(_) => {
                return Err(
                    "it changes tables, which a case cannot follow; write them into the catalog"
                        .to_owned(),
                );
            }
            Effect::Prepare { name, prepared } => {
                if let PreparedTexts::Known(texts) = &mut session.prepared {
                    texts.insert(name.clone(), prepared.clone());
                }
            }
            Effect::Deallocate(name) => {
                if let PreparedTexts::Known(texts) = &mut session.prepared {
                    texts.remove(name);
                }
            }
            Effect::Anything => {
                return Err(
                    "it runs a text that nobody reads, which a case cannot follow".to_owned(),
                );
            }
            Effect::SetForStatement { .. }
            | Effect::Kill { .. }
            | Effect::SetUserVariable(_)
            | Effect::BeginTransaction
            | Effect::EndTransaction => {}
        }
    }
    Ok(())
}

fn set(session: &mut SessionContext, name: &str, value: &str) -> Result<(), String> {
    let charset = |place: &mut ClientCharset| match ClientCharset::parse(value) {
        Some(charset) => {
            *place = charset;
            Ok(())
        }
        None => Err(format!("`{name}` gets a value that a case cannot follow")),
    };
    match name {
        "sql_mode" => match SqlMode::parse(value) {
            Some(mode) => session.sql_mode = mode,
            None => return Err("`sql_mode` gets a value that a case cannot follow".to_owned()),
        },
        "character_set_client" => charset(&mut session.client_charset)?,
        "character_set_connection" => charset(&mut session.connection_charset)?,
        "character_set_results" => match ResultsCharset::parse(value) {
            Some(charset) => session.results_charset = charset,
            None => return Err(format!("`{name}` gets a value that a case cannot follow")),
        },
        // No other variable changes how a statement reads.
        _ => {}
    }
    Ok(())
}
