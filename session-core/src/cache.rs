//! Texts that were read before: the reading is kept, never a decision.

use std::collections::HashMap;

use bytes::Bytes;
use policy_core::catalog::Catalog;
use policy_core::session::SessionContext;

use crate::prepared::Reading;
use crate::prepared::Understood;

/// Readings kept by one session.
const READINGS_MAX: usize = 256;

/// Texts longer than this are read anew each time.
const TEXT_BYTES_MAX: usize = 4096;

/// The last readings of a session by their exact text, all under the same state.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    under: Option<Reading>,
    by_text: HashMap<Bytes, Understood>,
}

impl Readings {
    /// The reading of exactly this text under exactly this state.
    pub(crate) fn find(
        &mut self,
        text: &[u8],
        context: &SessionContext,
        catalog: &Catalog,
    ) -> Option<Understood> {
        let now = Reading::now(context, catalog);
        if self.under.as_ref() != Some(&now) {
            self.by_text.clear();
            self.under = Some(now);
            return None;
        }
        self.by_text.get(text).cloned()
    }

    /// Keeps a reading that was made under the state of the last [`Self::find`].
    pub(crate) fn keep(&mut self, understood: &Understood) {
        if understood.text.len() > TEXT_BYTES_MAX || self.under.as_ref() != Some(&understood.under)
        {
            return;
        }
        if self.by_text.len() >= READINGS_MAX {
            self.by_text.clear();
        }
        self.by_text
            .insert(understood.text.clone(), understood.clone());
    }
}
