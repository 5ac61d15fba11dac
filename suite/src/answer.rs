//! The answers: what the reader of the gateway makes of a text.

use anyhow::Context;
use policy_core::catalog::Catalog;
use policy_core::charset::ClientCharset;
use policy_core::lex::ReadLimits;
use policy_core::read::read;
use policy_core::server::Server;
use policy_core::session::SessionContext;
use policy_core::session::TemporaryTables;
use policy_core::sql_mode::SqlMode;
use policy_core::statement::Statement;
use policy_core::unread::Unread;
use serde::Serialize;

use crate::question::Question;

/// Answers questions for one server, in the state that the questions before put it into.
pub(crate) struct Reader {
    session: SessionContext,
    catalog: Catalog,
    limits: ReadLimits,
}

/// What was made of a text.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Kind and accesses are known.
    Understood {
        /// The kind, in the words of a policy.
        kind: String,
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
}

impl Reader {
    pub(crate) fn new(version: &str) -> anyhow::Result<Self> {
        let server = Server::parse(version)
            .with_context(|| format!("`{version}` is not a version as a server tells it"))?;
        Ok(Self {
            session: SessionContext {
                server,
                sql_mode: SqlMode::empty(),
                client_charset: ClientCharset::Utf8mb4,
                connection_charset: ClientCharset::Utf8mb4,
                results_charset: ClientCharset::Utf8mb4,
                default_schema: Some("test".into()),
                temporary: TemporaryTables::default(),
                prepared: policy_core::session::PreparedTexts::default(),
                multi_statements: false,
            },
            catalog: Catalog::empty(server),
            limits: ReadLimits::default(),
        })
    }

    pub(crate) fn answer(&mut self, question: Question) -> anyhow::Result<Answer> {
        match question {
            Question::Read(digits) => {
                let text = hex::decode(digits).context("the text is not in hexadecimal digits")?;
                Ok(self.read(&text))
            }
        }
    }

    fn read(&self, text: &[u8]) -> Answer {
        match read(text, &self.session, &self.catalog, &self.limits) {
            Ok(statements) => Answer::Understood {
                kind: kinds(&statements),
            },
            Err(Unread::UnknownName { what, name }) => Answer::UnknownName { what, name },
            Err(unread) => Answer::Gap(unread.to_string()),
        }
    }
}

fn kinds(statements: &[Statement]) -> String {
    let kinds = statements.iter().map(|statement| statement.kind.name());
    kinds.collect::<Vec<_>>().join("; ")
}
