//! Reads a table of the file key by key, and keeps every mistake with its place instead of stopping.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::Path;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::DeArray;
use toml::de::DeTable;
use toml::de::DeValue;

use crate::config::error::Mistake;
use crate::secret::Secret;
use crate::secret::SecretReference;

/// The text of a file, and what was found wrong in it so far.
#[derive(Debug)]
pub(super) struct Source<'a> {
    text: &'a str,
    directory: &'a Path,
    mistakes: RefCell<BTreeSet<Mistake>>,
}

impl<'a> Source<'a> {
    pub(super) const fn new(text: &'a str, directory: &'a Path) -> Self {
        Self {
            text,
            directory,
            mistakes: RefCell::new(BTreeSet::new()),
        }
    }

    /// Keeps a mistake at a byte offset of the text.
    pub(super) fn mistake(&self, at: usize, message: impl Display) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let in_line = before.get(line_start..).unwrap_or_default();
        self.mistakes.borrow_mut().insert(Mistake {
            line: before.matches('\n').count() + 1,
            column: in_line.chars().count() + 1,
            message: message.to_string(),
        });
    }

    /// A path of the file is relative to the folder that the file is in.
    fn path(&self, text: &str) -> PathBuf {
        self.directory.join(text)
    }

    pub(super) fn into_mistakes(self) -> Vec<Mistake> {
        self.mistakes.into_inner().into_iter().collect()
    }
}

/// A value and the byte offset at which it stands.
#[derive(Clone, Debug)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

/// One table, with the keys that were asked for.
#[derive(Debug)]
pub(super) struct Table<'a> {
    source: &'a Source<'a>,
    label: String,
    at: usize,
    entries: &'a DeTable<'a>,
    known: BTreeSet<&'static str>,
}

impl<'a> Table<'a> {
    pub(super) fn new(
        source: &'a Source<'a>,
        label: impl Into<String>,
        table: &'a Spanned<DeTable<'a>>,
    ) -> Self {
        Self {
            source,
            label: label.into(),
            at: table.span().start,
            entries: table.get_ref(),
            known: BTreeSet::new(),
        }
    }

    pub(super) fn mistake(&self, at: usize, message: impl Display) {
        self.source.mistake(at, message);
    }

    /// Where the table begins.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Whether the key is there, whatever its value.
    pub(super) fn has(&mut self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    /// A mistake unless the key is there; its value is read by another method.
    pub(super) fn require(&mut self, key: &'static str) {
        if !self.has(key) {
            self.mistake(self.at, format!("{} needs `{key}`", self.label));
        }
    }

    pub(super) fn string(&mut self, key: &'static str) -> Option<Placed<String>> {
        let value = self.value(key)?;
        let at = value.span().start;
        let Some(text) = value.get_ref().as_str() else {
            return self.wrong(key, "a string", value.get_ref(), value);
        };
        if text.is_empty() {
            self.mistake(at, format!("`{key}` is empty"));
            return None;
        }
        Some(Placed {
            value: text.to_owned(),
            at,
        })
    }

    pub(super) fn required_string(&mut self, key: &'static str) -> Option<Placed<String>> {
        self.require(key);
        self.string(key)
    }

    /// A list of strings, none twice; `None` where the key is missing or wrong.
    pub(super) fn strings(&mut self, key: &'static str) -> Option<Vec<Placed<String>>> {
        let value = self.value(key)?;
        let DeValue::Array(array) = value.get_ref() else {
            return self.wrong(key, "a list of strings", value.get_ref(), value);
        };
        self.list(key, array)
    }

    fn list(&self, key: &str, array: &DeArray<'a>) -> Option<Vec<Placed<String>>> {
        let mut list: Vec<Placed<String>> = Vec::new();
        let mut good = true;
        for item in array.iter() {
            let at = item.span().start;
            let Some(text) = item.get_ref().as_str().filter(|text| !text.is_empty()) else {
                self.mistake(
                    at,
                    format!("`{key}` is a list of strings that are not empty"),
                );
                good = false;
                continue;
            };
            if list.iter().any(|other| other.value == text) {
                self.mistake(at, format!("`{text}` stands twice in `{key}`"));
                good = false;
            }
            list.push(Placed {
                value: text.to_owned(),
                at,
            });
        }
        good.then_some(list)
    }

    /// As [`strings`](Self::strings), but the key must be there and the list not empty.
    pub(super) fn required_strings(&mut self, key: &'static str) -> Option<Vec<Placed<String>>> {
        self.require(key);
        let list = self.strings(key)?;
        if list.is_empty() {
            let at = self.value(key).map_or(self.at, |value| value.span().start);
            self.mistake(at, format!("`{key}` needs at least one entry"));
            return None;
        }
        Some(list)
    }

    pub(super) fn boolean(&mut self, key: &'static str) -> Option<Placed<bool>> {
        let value = self.value(key)?;
        let Some(flag) = value.get_ref().as_bool() else {
            return self.wrong(key, "`true` or `false`", value.get_ref(), value);
        };
        Some(Placed {
            value: flag,
            at: value.span().start,
        })
    }

    /// A whole number in the range; `None` where the key is missing or wrong.
    pub(super) fn integer(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u64>,
    ) -> Option<Placed<u64>> {
        let value = self.value(key)?;
        let at = value.span().start;
        let DeValue::Integer(digits) = value.get_ref() else {
            return self.wrong(key, "a whole number", value.get_ref(), value);
        };
        let number = u64::from_str_radix(digits.as_str(), digits.radix()).ok();
        let Some(number) = number.filter(|number| range.contains(number)) else {
            let (low, high) = range.into_inner();
            self.mistake(at, format!("`{key}` must be between {low} and {high}"));
            return None;
        };
        Some(Placed { value: number, at })
    }

    pub(super) fn path(&mut self, key: &'static str) -> Option<Placed<PathBuf>> {
        self.string(key).map(|text| Placed {
            value: self.source.path(&text.value),
            at: text.at,
        })
    }

    pub(super) fn required_path(&mut self, key: &'static str) -> Option<Placed<PathBuf>> {
        self.require(key);
        self.path(key)
    }

    /// Fetches the secret that the value names.
    pub(super) fn secret(&mut self, key: &'static str) -> Option<Placed<Secret>> {
        let text = self.string(key)?;
        let found = SecretReference::parse(&text.value, self.source.directory)
            .and_then(|reference| reference.resolve());
        match found {
            Ok(value) => Some(Placed { value, at: text.at }),
            Err(error) => {
                self.mistake(text.at, format!("`{key}`: {error}"));
                None
            }
        }
    }

    pub(super) fn required_secret(&mut self, key: &'static str) -> Option<Placed<Secret>> {
        self.require(key);
        self.secret(key)
    }

    /// A table below this one.
    pub(super) fn table(&mut self, key: &'static str) -> Option<Self> {
        let value = self.value(key)?;
        let label = format!("`[{}]`", self.path_of(key));
        let Some(table) = value.get_ref().as_table() else {
            return self.wrong(key, "a table", value.get_ref(), value);
        };
        Some(self.below(label, value, table))
    }

    /// The tables of a `[[key]]`.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<Self> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let label = format!("`[[{}]]`", self.path_of(key));
        let DeValue::Array(array) = value.get_ref() else {
            let message = format!("write {label}, with two brackets, for each of them");
            self.mistake(value.span().start, message);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in array.iter() {
            if let Some(table) = item.get_ref().as_table() {
                tables.push(self.below(label.clone(), item, table));
            } else {
                let message = format!("`{key}` is a list of tables");
                self.mistake(item.span().start, message);
            }
        }
        tables
    }

    /// Ends the reading: every key that was never asked for is a mistake.
    pub(super) fn finish(self) {
        for name in self.entries.keys() {
            let key = name.get_ref().as_ref();
            if !self.known.contains(key) {
                let known: Vec<_> = self.known.iter().map(|key| format!("`{key}`")).collect();
                self.mistake(
                    name.span().start,
                    format!(
                        "unknown key `{key}`; {} takes {}",
                        self.label,
                        known.join(", ")
                    ),
                );
            }
        }
    }

    fn below(&self, label: String, value: &Spanned<DeValue<'a>>, table: &'a DeTable<'a>) -> Self {
        Self {
            source: self.source,
            label,
            at: value.span().start,
            entries: table,
            known: BTreeSet::new(),
        }
    }

    /// The dotted name of a table below this one.
    fn path_of(&self, key: &str) -> String {
        let own = self.label.trim_matches(['`', '[', ']']);
        if own == ROOT {
            key.to_owned()
        } else {
            format!("{own}.{key}")
        }
    }

    fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.known.insert(key);
        self.entries
            .iter()
            .find(|(name, _)| name.get_ref().as_ref() == key)
            .map(|(_, value)| value)
    }

    fn wrong<T>(
        &self,
        key: &str,
        wanted: &str,
        found: &DeValue<'_>,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<T> {
        let found = found.type_str();
        let message = format!("`{key}` must be {wanted}, not a value of type {found}");
        self.mistake(value.span().start, message);
        None
    }
}

/// What the outermost table is called.
pub(super) const ROOT: &str = "the file";
