//! Views: their columns are those of their definition, read in their own schema.

use std::rc::Rc;
use std::sync::Arc;

use super::Resolver;
use super::query::Commons;
use super::table::Found;
use super::value::Field;
use super::value::FieldName;
use crate::charset::ClientCharset;
use crate::facts::read;
use crate::facts::read::Grammar;
use crate::facts::unsupported;
use crate::lex::LexContext;
use crate::lex::ReadLimits;
use crate::lex::Reading;
use crate::lex::lex;
use crate::lex::token::Token;
use crate::name::TableId;
use crate::session::SessionContext;
use crate::sql_mode::SqlMode;
use crate::stack;
use crate::unread::Unread;

/// How texts are lexed that the server itself wrote: in its own default mode.
pub(super) fn server_text(session: &SessionContext, limits: ReadLimits) -> LexContext {
    LexContext {
        server: session.server,
        sql_mode: SqlMode::empty(),
        charset: ClientCharset::Utf8mb4,
        limits,
    }
}

/// Views within views.
const VIEWS_MAX: usize = 16;

impl Resolver<'_> {
    pub(super) fn view_fields(
        &mut self,
        found: &Found,
        definition: Option<&str>,
    ) -> Result<Vec<Field>, Unread> {
        let view = found.origin.table.clone();
        let unreadable = || unsupported(&format!("the view `{view}`, whose body cannot be read"));
        let definition = definition.ok_or_else(unreadable)?;
        if self.views.len() >= VIEWS_MAX || self.views.contains(&view) {
            return Err(unreadable());
        }
        let context = server_text(self.session, ReadLimits::default());
        let lexed =
            lex(definition.as_bytes(), &context, Reading::WithText).map_err(|_| unreadable())?;
        if lexed.ambiguous {
            return Err(unreadable());
        }
        stack::with_room(lexed.depth, || self.fields_of(found, &view, &lexed.tokens))
    }

    /// The columns of a view over the tokens of its definition.
    fn fields_of(
        &mut self,
        found: &Found,
        view: &TableId,
        tokens: &[Token<'_>],
    ) -> Result<Vec<Field>, Unread> {
        let unreadable = || unsupported(&format!("the view `{view}`, whose body cannot be read"));
        let grammar = Grammar {
            server: self.catalog.server.kind,
            sql_mode: SqlMode::empty(),
        };
        let read = read::query(tokens, grammar).map_err(|_| unreadable())?;
        if read.into.is_some() || !read.notes.is_empty() {
            return Err(unreadable());
        }
        let tree = read.tree;

        let schema = self.schema.replace(Arc::from(view.schema()));
        let via = self.via.replace(view.clone());
        let locking = std::mem::replace(&mut self.locking, false);
        self.views.push(view.clone());
        let fields = self.query(&tree, None, &Commons::none());
        self.views.pop();
        self.locking = locking;
        self.via = via;
        self.schema = schema;

        let fields = fields?;
        let columns = &found.table.columns;
        if fields.len() != columns.len() {
            return Err(unreadable());
        }
        let named = fields
            .into_iter()
            .zip(columns)
            .map(|(field, column)| Field {
                name: FieldName::Known(column.name.clone()),
                value: field.value.derived(),
                invisible: false,
                origin: Some(Rc::clone(&found.origin)),
            });
        Ok(named.collect())
    }
}
