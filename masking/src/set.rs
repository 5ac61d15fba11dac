//! The configured masks by name.

use std::collections::BTreeMap;

use crate::error::BuildError;
use crate::mask::Mask;

/// Masks by name, as decisions name them.
#[derive(Clone, Debug, Default)]
pub struct MaskSet {
    masks: BTreeMap<String, Mask>,
}

impl MaskSet {
    /// A set without masks.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            masks: BTreeMap::new(),
        }
    }

    /// Adds a mask.
    ///
    /// # Errors
    ///
    /// [`BuildError::Duplicate`] when there is one of that name; the set is as it was then.
    pub fn insert(&mut self, name: impl Into<String>, mask: Mask) -> Result<(), BuildError> {
        let name = name.into();
        if self.masks.contains_key(&name) {
            return Err(BuildError::Duplicate { name });
        }
        self.masks.insert(name, mask);
        Ok(())
    }

    /// The mask of this name.
    #[must_use]
    pub fn mask(&self, name: &str) -> Option<&Mask> {
        self.masks.get(name)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.masks.keys().map(String::as_str)
    }
}
