//! Reads TOML tables key by key, and keeps every mistake with its place instead of stopping.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::DeTable;
use toml::de::DeValue;

use crate::policy::error::Mistake;

/// The text of a file, and what was found wrong in it so far.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    text: &'a str,
    mistakes: RefCell<BTreeSet<Mistake>>,
}

impl<'a> Source<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self {
            text,
            mistakes: RefCell::new(BTreeSet::new()),
        }
    }

    /// Keeps a mistake at a byte offset of the text.
    pub(crate) fn mistake(&self, at: usize, message: impl Display) {
        let (line, column) = self.place(at);
        self.keep(Mistake {
            line,
            column,
            message: message.to_string(),
        });
    }

    /// Keeps a mistake whose place is known.
    pub(crate) fn keep(&self, mistake: Mistake) {
        self.mistakes.borrow_mut().insert(mistake);
    }

    /// Line and column of a byte offset, both counted from one.
    pub(crate) fn place(&self, at: usize) -> (u32, u32) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let in_line = before.get(line_start..).unwrap_or_default();
        (self.line(at), small(in_line.chars().count() + 1))
    }

    /// The line of a byte offset, counted from one.
    pub(crate) fn line(&self, at: usize) -> u32 {
        let before = self.text.get(..at).unwrap_or(self.text);
        small(before.matches('\n').count() + 1)
    }

    pub(crate) fn into_mistakes(self) -> Vec<Mistake> {
        self.mistakes.into_inner().into_iter().collect()
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A value and the byte offset at which it stands.
#[derive(Clone, Debug)]
pub(crate) struct Placed<T> {
    pub(crate) value: T,
    pub(crate) at: usize,
}

/// One table, with the keys that were asked for.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    source: &'a Source<'a>,
    label: String,
    at: usize,
    entries: &'a DeTable<'a>,
    known: BTreeSet<&'static str>,
}

impl<'a> Table<'a> {
    pub(crate) fn root(source: &'a Source<'a>, table: &'a Spanned<DeTable<'a>>) -> Self {
        Self {
            source,
            label: "the file".to_owned(),
            at: table.span().start,
            entries: table.get_ref(),
            known: BTreeSet::new(),
        }
    }

    /// Where the table begins.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn mistake(&self, at: usize, message: impl Display) {
        self.source.mistake(at, message);
    }

    pub(crate) fn string(&mut self, key: &'static str) -> Option<Placed<String>> {
        let value = self.value(key)?;
        match value.get_ref().as_str() {
            Some("") => {
                self.mistake(value.span().start, format!("`{key}` is empty"));
                None
            }
            Some(text) => Some(Placed {
                value: text.to_owned(),
                at: value.span().start,
            }),
            None => self.wrong(key, "a string", value),
        }
    }

    pub(crate) fn required_string(&mut self, key: &'static str) -> Option<Placed<String>> {
        self.require(key).then(|| self.string(key)).flatten()
    }

    /// A list of strings, none empty, none twice; `None` where the key is missing or wrong.
    pub(crate) fn strings(&mut self, key: &'static str) -> Option<Vec<Placed<String>>> {
        let list = self.strings_with_repeats(key)?;
        let mut seen = BTreeSet::new();
        for text in &list {
            if !seen.insert(&text.value) {
                self.mistake(text.at, format!("`{}` stands twice in `{key}`", text.value));
            }
        }
        Some(list)
    }

    /// A list of strings, none empty; `None` where the key is missing or wrong.
    pub(crate) fn strings_with_repeats(
        &mut self,
        key: &'static str,
    ) -> Option<Vec<Placed<String>>> {
        let value = self.value(key)?;
        let DeValue::Array(array) = value.get_ref() else {
            return self.wrong(key, "a list of strings", value);
        };
        if array.is_empty() {
            self.mistake(
                value.span().start,
                format!("`{key}` is empty: leave it out or name something"),
            );
            return None;
        }
        let mut list: Vec<Placed<String>> = Vec::new();
        for item in array.iter() {
            let at = item.span().start;
            match item.get_ref().as_str().filter(|text| !text.is_empty()) {
                None => self.mistake(at, format!("`{key}` is a list of strings, none empty")),
                Some(text) => list.push(Placed {
                    value: text.to_owned(),
                    at,
                }),
            }
        }
        Some(list)
    }

    pub(crate) fn required_strings(&mut self, key: &'static str) -> Option<Vec<Placed<String>>> {
        self.require(key).then(|| self.strings(key)).flatten()
    }

    pub(crate) fn boolean(&mut self, key: &'static str) -> Option<Placed<bool>> {
        let value = self.value(key)?;
        match value.get_ref().as_bool() {
            Some(flag) => Some(Placed {
                value: flag,
                at: value.span().start,
            }),
            None => self.wrong(key, "`true` or `false`", value),
        }
    }

    /// A whole number in the range; `None` where the key is missing or wrong.
    pub(crate) fn integer(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u64>,
    ) -> Option<Placed<u64>> {
        let value = self.value(key)?;
        let at = value.span().start;
        let DeValue::Integer(digits) = value.get_ref() else {
            return self.wrong(key, "a whole number", value);
        };
        let number = u64::from_str_radix(digits.as_str(), digits.radix()).ok();
        let Some(number) = number.filter(|number| range.contains(number)) else {
            let (low, high) = range.into_inner();
            let message = if low == high {
                format!("`{key}` must be {low}")
            } else {
                format!("`{key}` must be between {low} and {high}")
            };
            self.mistake(at, message);
            return None;
        };
        Some(Placed { value: number, at })
    }

    /// A list of strings, numbers and booleans, each as text; empty where there is none.
    pub(crate) fn values(&mut self, key: &'static str) -> Vec<String> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let DeValue::Array(array) = value.get_ref() else {
            return self
                .wrong(key, "a list of values", value)
                .unwrap_or_default();
        };
        let mut list = Vec::new();
        for item in array.iter() {
            match item.get_ref() {
                DeValue::String(text) => list.push(text.to_string()),
                DeValue::Integer(number) => list.push(number.to_string()),
                DeValue::Float(number) => list.push(number.to_string()),
                DeValue::Boolean(flag) => list.push(u8::from(*flag).to_string()),
                DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => self.mistake(
                    item.span().start,
                    format!("`{key}` is a list of strings, numbers and booleans"),
                ),
            }
        }
        list
    }

    /// A string that must be there and may be empty.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<Placed<String>> {
        if !self.require(key) {
            return None;
        }
        let value = self.value(key)?;
        match value.get_ref().as_str() {
            Some(text) => Some(Placed {
                value: text.to_owned(),
                at: value.span().start,
            }),
            None => self.wrong(key, "a string", value),
        }
    }

    /// Whether anything stands under the key.
    pub(crate) fn has(&mut self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    /// Whether a string stands under the key.
    pub(crate) fn is_string(&mut self, key: &'static str) -> bool {
        self.value(key)
            .is_some_and(|value| value.get_ref().as_str().is_some())
    }

    /// A table whose keys are the author's own, all values strings.
    pub(crate) fn words(&mut self, key: &'static str) -> Option<BTreeMap<String, String>> {
        let value = self.value(key)?;
        let Some(table) = value.get_ref().as_table() else {
            return self.wrong(key, "a table of strings", value);
        };
        let mut words = BTreeMap::new();
        for (name, value) in table {
            match value.get_ref().as_str() {
                Some(text) => {
                    words.insert(name.get_ref().to_string(), text.to_owned());
                }
                None => self.mistake(
                    value.span().start,
                    format!("`{key}.{}` must be a string", name.get_ref()),
                ),
            }
        }
        Some(words)
    }

    /// A table below this one.
    pub(crate) fn table(&mut self, key: &'static str) -> Option<Self> {
        let value = self.value(key)?;
        match value.get_ref().as_table() {
            Some(table) => Some(self.below(format!("`{key}`"), value, table)),
            None => self.wrong(key, "a table", value),
        }
    }

    /// The tables of a `[[key]]`.
    pub(crate) fn tables(&mut self, key: &'static str) -> Vec<Self> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let DeValue::Array(array) = value.get_ref() else {
            self.mistake(
                value.span().start,
                format!("write `[[…{key}]]`, with two brackets, for each of them"),
            );
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in array.iter() {
            match item.get_ref().as_table() {
                Some(table) => tables.push(self.below(format!("`[[{key}]]`"), item, table)),
                None => self.mistake(item.span().start, format!("`{key}` is a list of tables")),
            }
        }
        tables
    }

    /// The tables of `[key.NAME]`, each with its name.
    pub(crate) fn named_tables(&mut self, key: &'static str) -> Vec<(Placed<String>, Self)> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(outer) = value.get_ref().as_table() else {
            return self
                .wrong(key, "a table of tables", value)
                .unwrap_or_default();
        };
        let mut tables = Vec::new();
        for (name, value) in outer {
            let label = format!("[{key}.{}]", name.get_ref());
            let placed = Placed {
                value: name.get_ref().to_string(),
                at: name.span().start,
            };
            match value.get_ref().as_table() {
                Some(table) => {
                    tables.push((placed, self.below(format!("`{label}`"), value, table)))
                }
                None => self.mistake(placed.at, format!("write {label} as a table")),
            }
        }
        tables
    }

    /// Ends the reading: every key that was never asked for is a mistake.
    pub(crate) fn finish(self) {
        for name in self.entries.keys() {
            let key = name.get_ref().as_ref();
            if self.known.contains(key) {
                continue;
            }
            let advice = match nearest(key, self.known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    let known: Vec<_> = self.known.iter().map(|key| format!("`{key}`")).collect();
                    format!("{} takes {}", self.label, known.join(", "))
                }
            };
            self.mistake(name.span().start, format!("unknown key `{key}`; {advice}"));
        }
    }

    /// Whether the key is there; a mistake if not.
    pub(crate) fn require(&mut self, key: &'static str) -> bool {
        let there = self.value(key).is_some();
        if !there {
            self.mistake(self.at, format!("{} needs `{key}`", self.label));
        }
        there
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

    fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.known.insert(key);
        self.entries
            .iter()
            .find(|(name, _)| name.get_ref().as_ref() == key)
            .map(|(_, value)| value)
    }

    fn wrong<T>(&self, key: &str, wanted: &str, value: &Spanned<DeValue<'_>>) -> Option<T> {
        let found = value.get_ref().type_str();
        self.mistake(
            value.span().start,
            format!("`{key}` must be {wanted}, not a value of type {found}"),
        );
        None
    }
}

/// The known word that is likely meant: at most two letters differ, in words of more than three.
pub(crate) fn nearest<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    known
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 2 && *distance * 2 < candidate.len())
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, but letters that only changed places are one mistake.
fn distance(left: &str, right: &str) -> usize {
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    if left != right && sorted(left) == sorted(right) {
        return 1;
    }
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (index, a) in left.chars().enumerate() {
        let mut next = vec![index + 1];
        for ((b, diagonal), above) in right.chars().zip(&row).zip(row.iter().skip(1)) {
            let beside = next.last().copied().unwrap_or_default();
            let change = diagonal + usize::from(a != b);
            next.push(change.min(above + 1).min(beside + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
