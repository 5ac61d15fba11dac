//! The answers: what the reader of the gateway makes of a text.

use anyhow::Context;
use policy_core::catalog::Catalog;
use policy_core::charset::ClientCharset;
use policy_core::lex::LexContext;
use policy_core::lex::ReadLimits;
use policy_core::name::TableId;
use policy_core::read::read;
use policy_core::server::Server;
use policy_core::session::SessionContext;
use policy_core::session::TemporaryTables;
use policy_core::sql_mode::SqlMode;
use policy_core::statement::Statement;
use policy_core::unread::Unread;
use serde::Serialize;

use crate::objects;
use crate::question::Question;
use crate::question::Table;
use crate::respell;
use crate::respell::NoTokens;

/// Answers questions for one server, in the state that the questions before put it into.
pub(crate) struct Reader {
    session: SessionContext,
    base: Catalog,
    catalog: Catalog,
    limits: ReadLimits,
}

/// What was made of a text, or that something was noted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Kind and accesses are known.
    Understood {
        /// The kind, in the words of a policy.
        kind: String,
        /// Where it was asked for: schema, table, columns.
        accesses: Vec<(String, String, Vec<String>)>,
    },
    /// It was read as far as to a name that the catalog does not hold.
    UnknownName {
        /// `table`, `column`, `schema`, `function`.
        what: &'static str,
        /// As written.
        name: String,
    },
    /// It was not understood, in the words that an agent gets.
    Gap(String),
    /// Texts with the tokens of the one that was asked about, in hexadecimal digits: one for each
    /// reading of its version comments.
    Respelled(Vec<String>),
    /// The bytes do not form tokens, in the words that an agent gets.
    NoTokens(String),
    /// What was told counts from now on.
    Noted,
    /// What was told is nothing that the gateway could work under.
    NotTaken(String),
}

impl Reader {
    pub(crate) fn new(version: &str) -> anyhow::Result<Self> {
        let server = Server::parse(version)
            .with_context(|| format!("`{version}` is not a version as a server tells it"))?;
        let base = Catalog::empty(server);
        Ok(Self {
            session: SessionContext {
                server,
                sql_mode: SqlMode::empty(),
                client_charset: ClientCharset::Utf8mb4,
                connection_charset: ClientCharset::Utf8mb4,
                results_charset: Default::default(),
                default_schema: Some("test".into()),
                temporary: TemporaryTables::default(),
                prepared: policy_core::session::PreparedTexts::default(),
                multi_statements: false,
            },
            catalog: base.clone(),
            base,
            limits: ReadLimits::default(),
        })
    }

    pub(crate) fn answer(&mut self, question: Question) -> anyhow::Result<Answer> {
        Ok(match question {
            Question::Read(digits) => self.read(&text(&digits)?, false),
            Question::Accesses(digits) => self.read(&text(&digits)?, true),
            Question::Respell {
                text: digits,
                sql_mode,
                charset,
            } => self.respell(&text(&digits)?, &sql_mode, &charset)?,
            Question::Base(objects) => {
                objects::add(&mut self.base, objects);
                self.catalog = self.base.clone();
                Answer::Noted
            }
            Question::Catalog(objects) => {
                self.catalog = self.base.clone();
                objects::add(&mut self.catalog, objects);
                Answer::Noted
            }
            Question::Session {
                sql_mode,
                schema,
                temporary,
            } => self.enter(&sql_mode, schema, temporary),
        })
    }

    fn enter(&mut self, sql_mode: &str, schema: Option<String>, temporary: Vec<Table>) -> Answer {
        let Some(mode) = SqlMode::parse(sql_mode) else {
            return Answer::NotTaken(format!("the SQL mode `{sql_mode}`"));
        };
        let case = self.catalog.table_name_case;
        self.session.sql_mode = mode;
        self.session.default_schema = schema.map(|name| case.fold(&name));
        let tables = temporary.into_iter();
        let tables = tables.filter_map(|table| objects::table(case, table));
        self.session.temporary = TemporaryTables::Known(tables.collect());
        Answer::Noted
    }

    fn respell(&self, text: &[u8], sql_mode: &str, charset: &str) -> anyhow::Result<Answer> {
        let context = LexContext {
            server: self.session.server,
            sql_mode: SqlMode::parse(sql_mode)
                .with_context(|| format!("the SQL mode `{sql_mode}` is not one that is read"))?,
            charset: ClientCharset::parse(charset)
                .with_context(|| format!("clients may not use `{charset}`"))?,
            limits: self.limits,
        };
        Ok(match respell::texts(text, &context) {
            Ok(texts) => Answer::Respelled(texts.iter().map(hex::encode).collect()),
            Err(NoTokens::AtAll(unread)) => Answer::NoTokens(unread.to_string()),
            Err(NoTokens::InOneReading(unread)) => {
                Answer::NoTokens(format!("in one reading of a version comment: {unread}"))
            }
        })
    }

    fn read(&self, text: &[u8], with_accesses: bool) -> Answer {
        match read(text, &self.session, &self.catalog, &self.limits) {
            Ok(statements) => Answer::Understood {
                kind: kinds(&statements),
                accesses: if with_accesses {
                    accesses(&statements)
                } else {
                    Vec::new()
                },
            },
            Err(Unread::UnknownName { what, name }) => Answer::UnknownName { what, name },
            Err(unread) => Answer::Gap(unread.to_string()),
        }
    }
}

fn text(digits: &str) -> anyhow::Result<Vec<u8>> {
    hex::decode(digits).context("the text is not in hexadecimal digits")
}

fn kinds(statements: &[Statement]) -> String {
    let kinds = statements.iter().map(|statement| statement.kind.name());
    kinds.collect::<Vec<_>>().join("; ")
}

fn accesses(statements: &[Statement]) -> Vec<(String, String, Vec<String>)> {
    let accesses = statements.iter().flat_map(|statement| &statement.accesses);
    let named = |id: &TableId| (id.schema().to_owned(), id.table().to_owned());
    accesses
        .map(|access| {
            let (schema, table) = named(&access.object);
            let columns = access.columns.iter().map(ToString::to_string);
            (schema, table, columns.collect())
        })
        .collect()
}
