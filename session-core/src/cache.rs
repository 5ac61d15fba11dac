//! Texts that were read before: the reading is kept, never a decision.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use policy_core::catalog::Catalog;
use policy_core::lex::ReadLimits;
use policy_core::shape::Shape;

use crate::prepared::Reading;
use crate::prepared::Understood;
use crate::state::State;

/// Readings kept by one session.
const READINGS_MAX: usize = 256;

/// Texts longer than this are read anew each time.
const TEXT_BYTES_MAX: usize = 4096;

/// The last readings of a session, all under the same state: of those over rows by their shape, of other
/// statements by their exact text.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    under: Option<Reading>,
    by_text: HashMap<Bytes, Understood>,
    by_shape: HashMap<Vec<u8>, Understood>,
}

/// What was found for a text.
#[derive(Debug)]
pub(crate) enum Found {
    /// It was read before, or one of the same shape was.
    Reading(Understood),
    /// It must be read, and is kept under its shape if it has one.
    Nothing(Option<Shape>),
}

impl Readings {
    /// The reading of this text under exactly this state.
    pub(crate) fn find(&mut self, text: &Bytes, state: &State, catalog: &Catalog) -> Found {
        let context = &state.context;
        if !self
            .under
            .as_ref()
            .is_some_and(|under| under.is_now(context, state.overlay, catalog))
        {
            self.by_text.clear();
            self.by_shape.clear();
            self.under = Some(Reading::now(context, state.overlay, catalog));
        }
        if text.len() > TEXT_BYTES_MAX {
            return Found::Nothing(None);
        }
        let Some(shape) = Shape::of(text, context, &ReadLimits::default()) else {
            return self
                .by_text
                .get(text)
                .cloned()
                .map_or(Found::Nothing(None), Found::Reading);
        };
        match self.by_shape.get(shape.key()) {
            Some(known) if known.text == text => Found::Reading(known.clone()),
            Some(known) => Found::Reading(Understood {
                text: text.clone(),
                statement: Arc::clone(&known.statement),
                moved: Some(Arc::from(shape.literals())),
                under: known.under.clone(),
                settlement: known.settlement.clone(),
            }),
            None => Found::Nothing(Some(shape)),
        }
    }

    /// Keeps a reading that was made under the state of the last [`Self::find`].
    pub(crate) fn keep(&mut self, understood: &Understood, shape: Option<Shape>) {
        let stale = self.under.as_ref() != Some(&understood.under);
        if stale || understood.text.len() > TEXT_BYTES_MAX {
            return;
        }
        if self.by_text.len() + self.by_shape.len() >= READINGS_MAX {
            self.by_text.clear();
            self.by_shape.clear();
        }
        match shape {
            // Facts whose literals are not where the shape says would be put in the wrong place.
            Some(shape) if shape.agrees_with(&understood.statement) => {
                self.by_shape
                    .insert(shape.key().to_vec(), understood.clone());
            }
            Some(_) | None => {
                self.by_text
                    .insert(understood.text.clone(), understood.clone());
            }
        }
    }
}
