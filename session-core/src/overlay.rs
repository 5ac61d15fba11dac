//! What a session has at its target by name: temporary tables and prepared statements.
//!
//! Names are followed only as long as everything that could change them was read. After anything
//! else no name is trusted until the session is reset.

use std::sync::Arc;

use policy_core::catalog::Table;
use policy_core::name::TableId;
use policy_core::policy::set::PolicySet;
use policy_core::session::PreparedText;
use policy_core::session::PreparedTexts;
use policy_core::session::SessionContext;
use policy_core::session::TemporaryTables;
use policy_core::unread::Unread;

use crate::state::State;

impl State {
    /// The session was reset: it has neither.
    pub(crate) fn forget_names(&mut self) {
        self.context.temporary = TemporaryTables::default();
        self.context.prepared = PreparedTexts::default();
        self.has_left_values = false;
        self.overlay = self.overlay.wrapping_add(1);
    }

    /// Something ran that may have left values, but no name of its own. It may have dropped a temporary table that
    /// was there; and where anything is protected, what it left may be a protected value, in a variable by
    /// which the server finds rows, or how many.
    pub(crate) fn leave_values(&mut self) {
        match &self.context.temporary {
            TemporaryTables::Known(tables) if tables.is_empty() => self.has_left_values = true,
            TemporaryTables::Known(_) | TemporaryTables::Unknown => self.lose_names(),
        }
    }

    /// No name is trusted where stored code may have left values and anything is protected.
    pub(crate) fn hold_to(&mut self, policy: &PolicySet) {
        if self.has_left_values && !policy.protects().is_empty() {
            self.lose_names();
        }
    }

    /// Refuses a statement that was read with names in trust, where the policy that decides says otherwise: it
    /// came while the statement waited.
    pub(crate) fn is_held_to(&self, policy: &PolicySet) -> Result<(), Unread> {
        if self.has_left_values && !policy.protects().is_empty() {
            return Err(Unread::Unsupported {
                construct: "a statement that waited while the policy changed".to_owned(),
                hint: Some("repeat it"),
            });
        }
        Ok(())
    }

    /// Something ran that may have made or dropped any of them.
    pub(crate) fn lose_names(&mut self) {
        self.lose_tables();
        self.context.prepared = PreparedTexts::Unknown;
        // Nothing is trusted any more that they could be behind.
        self.has_left_values = false;
    }

    /// No name of a table can be trusted any more.
    pub(crate) fn lose_tables(&mut self) {
        self.context.temporary = TemporaryTables::Unknown;
        self.overlay = self.overlay.wrapping_add(1);
    }

    /// The target was asked for the shape of a temporary table after a statement that makes it. What it shows
    /// is what there is, also where making another failed.
    pub(crate) fn shaped(&mut self, id: &TableId, table: Option<Table>, made: bool) {
        match table {
            Some(table) => self.keep_table(id.clone(), Arc::new(table)),
            // It is there, and nobody can tell what it is like.
            None if made => self.lose_tables(),
            None => self.drop_table(id),
        }
    }

    fn keep_table(&mut self, id: TableId, table: Arc<Table>) {
        if let TemporaryTables::Known(tables) = &mut self.context.temporary {
            tables.insert(id, table);
            self.overlay = self.overlay.wrapping_add(1);
        }
    }

    /// A temporary table was dropped, or may have been.
    pub(crate) fn drop_table(&mut self, id: &TableId) {
        if let TemporaryTables::Known(tables) = &mut self.context.temporary {
            tables.remove(id);
            self.overlay = self.overlay.wrapping_add(1);
        }
    }

    /// A name stands for this text from now on.
    pub(crate) fn keep_text(&mut self, name: String, prepared: PreparedText) {
        if let PreparedTexts::Known(texts) = &mut self.context.prepared {
            texts.insert(name, prepared);
            self.overlay = self.overlay.wrapping_add(1);
        }
    }

    /// A name stands for nothing from now on.
    pub(crate) fn drop_text(&mut self, name: &str) {
        if let PreparedTexts::Known(texts) = &mut self.context.prepared {
            texts.remove(name);
            self.overlay = self.overlay.wrapping_add(1);
        }
    }

    /// How many names stand for texts, that one aside.
    pub(crate) fn texts_besides(&self, name: &str) -> usize {
        match &self.context.prepared {
            PreparedTexts::Known(texts) => texts.len() - usize::from(texts.contains_key(name)),
            PreparedTexts::Unknown => 0,
        }
    }
}

/// The shape of a temporary table, from the row of SHOW CREATE TABLE; `None` if it cannot be read.
/// MySQL shows by SHOW COLUMNS only those on which the account has a right.
pub(crate) fn shape(rows: &[Vec<Option<Vec<u8>>>], context: &SessionContext) -> Option<Table> {
    let [row] = rows else {
        return None;
    };
    let [_, Some(shown)] = row.as_slice() else {
        return None;
    };
    policy_core::catalog::shape::temporary(shown, context)
}
