//! Prepared statements of a session: what each was read as, and under which state.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use mysql_proto::statement::StatementId;
use mysql_proto::types::ValueType;
use policy_core::catalog::Catalog;
use policy_core::charset::ClientCharset;
use policy_core::charset::ResultsCharset;
use policy_core::session::SessionContext;
use policy_core::sql_mode;
use policy_core::sql_mode::SqlMode;
use policy_core::statement::Statement;

use crate::cursor::Cursor;
use crate::long_data::LongData;
use crate::settled::Settlement;

/// A statement that was read, with everything that its reading hangs on.
#[derive(Clone, Debug)]
pub(crate) struct Understood {
    /// The exact bytes.
    pub(crate) text: Bytes,
    /// What they mean.
    pub(crate) statement: Arc<Statement>,
    /// Where the literals stand, when the facts were read from another text of the same shape.
    pub(crate) moved: Option<Arc<[Range<usize>]>>,
    /// Under what they mean it.
    pub(crate) under: Reading,
    /// The decision about statements of this shape, if it is a plain yes.
    pub(crate) settlement: Settlement,
}

impl Understood {
    /// Where the literals stand in this very text.
    pub(crate) fn literals(&self) -> &[Range<usize>] {
        self.moved.as_deref().unwrap_or(&self.statement.literals)
    }

    /// The facts with the literals where they stand in this very text.
    pub(crate) fn facts(&self) -> Cow<'_, Statement> {
        match &self.moved {
            None => Cow::Borrowed(&self.statement),
            Some(literals) => Cow::Owned(Statement {
                literals: literals.to_vec(),
                ..Statement::clone(&self.statement)
            }),
        }
    }
}

/// What the meaning of a text hangs on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Reading {
    sql_mode: SqlMode,
    charsets: [ClientCharset; 2],
    results: ResultsCharset,
    schema: Option<Arc<str>>,
    overlay: u64,
    catalog_version: u64,
}

impl Reading {
    /// The state in force now, its overlay of names at that count.
    pub(crate) fn now(context: &SessionContext, overlay: u64, catalog: &Catalog) -> Self {
        Self {
            sql_mode: context.sql_mode,
            charsets: [context.client_charset, context.connection_charset],
            results: context.results_charset,
            schema: context.default_schema.clone(),
            overlay,
            catalog_version: catalog.version,
        }
    }

    /// Whether this is the state in force now.
    pub(crate) fn is_now(&self, context: &SessionContext, overlay: u64, catalog: &Catalog) -> bool {
        self.schema == context.default_schema && self.holds(context, overlay, catalog)
    }

    /// Whether the same bytes would become other tokens under `context`.
    pub(crate) fn lexes_otherwise(&self, context: &SessionContext) -> bool {
        let lexing = |mode: SqlMode| mode & sql_mode::LEXING;
        let [client, connection] = self.charsets;
        lexing(self.sql_mode) != lexing(context.sql_mode)
            || client != context.client_charset
            || connection != context.connection_charset
    }

    /// The state under which the text is to be read again: today's, but with the default schema
    /// of its PREPARE, in which both servers go on resolving its names.
    pub(crate) fn renewed(&self, context: &SessionContext) -> SessionContext {
        SessionContext {
            default_schema: self.schema.clone(),
            ..context.clone()
        }
    }

    /// Whether the SQL mode and the character sets are those in force, on which rows on their way
    /// hang.
    pub(crate) fn is_in_mode(&self, context: &SessionContext) -> bool {
        let [client, connection] = self.charsets;
        self.sql_mode == context.sql_mode
            && client == context.client_charset
            && connection == context.connection_charset
            && self.results == context.results_charset
    }

    /// Whether a reading under `self` still holds under `context` and `catalog`, the default
    /// schema of its PREPARE aside.
    pub(crate) fn holds(&self, context: &SessionContext, overlay: u64, catalog: &Catalog) -> bool {
        self.is_in_mode(context)
            && self.overlay == overlay
            && self.catalog_version == catalog.version
    }
}

/// A prepared statement.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// What it was read as.
    pub(crate) understood: Understood,
    /// Parameter types of the last EXECUTE that bound them.
    pub(crate) types: Option<Vec<ValueType>>,
    /// Whether the gateway holds it itself, because the target must not see it before EXECUTE.
    pub(crate) local: bool,
    /// What was sent ahead for its next EXECUTE.
    pub(crate) long_data: LongData,
    /// The cursor that its last EXECUTE left open.
    pub(crate) cursor: Option<Cursor>,
    /// Whether its first EXECUTE at the target opened a cursor; none before that.
    pub(crate) began_with_cursor: Option<bool>,
}

impl Prepared {
    /// A statement that was prepared now.
    pub(crate) fn new(understood: Understood, local: bool) -> Self {
        Self {
            understood,
            types: None,
            local,
            long_data: LongData::default(),
            cursor: None,
            began_with_cursor: None,
        }
    }
}

/// All prepared statements of a session, by the number that the client knows.
#[derive(Debug, Default)]
pub(crate) struct PreparedStatements {
    by_id: HashMap<u32, Prepared>,
    local_count: u32,
    last: Option<u32>,
    /// Those of which the target has parameters that no EXECUTE may find.
    stale: BTreeSet<u32>,
}

/// Numbers of statements that the gateway holds itself begin here; servers count from 1.
const LOCAL_IDS: u32 = 0x4000_0000;

impl PreparedStatements {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// How much of what was sent ahead for all of them is kept, and how much the target has.
    pub(crate) fn long_bytes(&self) -> (usize, usize) {
        let long_data = self.by_id.values().map(|prepared| &prepared.long_data);
        long_data.fold((0, 0), |(kept, passed), one| {
            (
                kept.saturating_add(one.kept_bytes()),
                passed.saturating_add(one.passed_bytes()),
            )
        })
    }

    /// How many cursors are open, that statement's own aside.
    pub(crate) fn cursors_besides(&self, id: u32) -> usize {
        let others = self.by_id.iter().filter(|(other, _)| **other != id);
        others
            .filter(|(_, prepared)| prepared.cursor.is_some())
            .count()
    }

    pub(crate) fn get(&self, id: u32) -> Option<&Prepared> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut Prepared> {
        self.by_id.get_mut(&id)
    }

    pub(crate) fn insert(&mut self, id: u32, prepared: Prepared) {
        self.stale.remove(&id);
        self.by_id.insert(id, prepared);
        self.last = Some(id);
    }

    /// A PREPARE failed: there is no last one.
    pub(crate) fn forget_last(&mut self) {
        self.last = None;
    }

    /// The number that a client means; MariaDB's clients say -1 for the last that was prepared.
    pub(crate) fn meant(&self, id: StatementId) -> u32 {
        match self.last {
            Some(last) if id == StatementId::LAST_PREPARED => last,
            Some(_) | None => id.value(),
        }
    }

    pub(crate) fn remove(&mut self, id: u32) -> Option<Prepared> {
        self.stale.remove(&id);
        self.by_id.remove(&id)
    }

    pub(crate) fn clear(&mut self) {
        self.stale.clear();
        self.by_id.clear();
    }

    /// Forgets what was sent ahead for a statement; what the target has of it is stale.
    pub(crate) fn forget_long_data(&mut self, id: u32) {
        if let Some(prepared) = self.by_id.get_mut(&id)
            && prepared.long_data.clear()
        {
            self.mark_stale(id);
        }
    }

    /// The target may have what was sent ahead for a statement, and must not use it.
    pub(crate) fn mark_stale(&mut self, id: u32) {
        self.stale.insert(id);
    }

    /// The target has nothing of it any more.
    pub(crate) fn is_used_up(&mut self, id: u32) {
        self.stale.remove(&id);
    }

    pub(crate) fn has_stale(&self) -> bool {
        !self.stale.is_empty()
    }

    /// The statements that are to be reset at the target, which closes their cursors.
    pub(crate) fn take_stale(&mut self) -> BTreeSet<u32> {
        let stale = std::mem::take(&mut self.stale);
        for id in &stale {
            if let Some(prepared) = self.by_id.get_mut(id) {
                prepared.cursor = None;
            }
        }
        stale
    }

    /// A number for a statement that the gateway holds itself.
    pub(crate) fn next_local_id(&mut self) -> u32 {
        self.local_count = self.local_count.wrapping_add(1) % LOCAL_IDS;
        LOCAL_IDS + self.local_count
    }
}
