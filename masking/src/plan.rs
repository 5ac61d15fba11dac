//! Which mask lies on which output column, and what that does to the definitions.

use std::collections::BTreeMap;
use std::sync::Arc;

use mysql_proto::flags::ColumnFlags;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::response::column::DefaultValue;
use mysql_proto::row::value::Value;
use mysql_proto::types::BinaryLayout;

use crate::column::Class;
use crate::column::Column;
use crate::constant::fixed;
use crate::constant::redaction;
use crate::detect::DetectorSet;
use crate::detect::cell::SearchedColumn;
use crate::digest::Digest;
use crate::error::MaskError;
use crate::hash::PlainHash;
use crate::hash::hash;
use crate::hash::show_digest;
use crate::key::MaskKey;
use crate::known::Known;
use crate::mask::Kind;
use crate::mask::Mask;
use crate::number::bucket;
use crate::number::renumber;
use crate::recent::Recent;
use crate::render::Shown;
use crate::render::put_cell;
use crate::same_length::SameLength;
use crate::set::MaskSet;
use crate::stream::Protocol;
use crate::takes::takes;
use crate::text;
use crate::text::Kept;

/// How one output column is treated.
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever decides must name a treatment for every column"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Treatment {
    /// Its cells pass as they are.
    Clear,
    /// Its cells pass through the mask of this name.
    Mask(String),
    /// Its cells are replaced by a constant: for what is computed from protected columns.
    Redact,
    /// Integers that are listed are replaced by others; every other cell passes as it is. This hides
    /// nothing: it is for numbers that mean something else on the other side.
    Renumber(Arc<BTreeMap<u64, u64>>),
    /// What these detectors find in its cells is hidden, if it holds text.
    Search(DetectorSet),
}

/// The treatment of every column of one result set.
#[derive(Clone, Debug)]
pub struct MaskPlan {
    /// In the order of the columns.
    masked: Vec<MaskedColumn>,
    /// In the order of the columns.
    searched: Vec<SearchedColumn>,
    /// The layouts of all columns.
    layouts: Vec<BinaryLayout>,
}

/// A column with a mask on it.
#[derive(Clone, Debug)]
pub(crate) struct MaskedColumn {
    pub(crate) index: usize,
    pub(crate) column: Column,
    mask: Mask,
    /// Whether the mask takes the type of the column.
    is_taken: bool,
}

impl MaskPlan {
    /// A plan for a result set with these columns, one treatment for each.
    ///
    /// # Errors
    ///
    /// [`MaskError`] when a mask does not exist, the counts differ, or the character set of a
    /// masked column is not known.
    pub fn new(
        masks: &MaskSet,
        treatments: &[Treatment],
        columns: &[ColumnDefinition<'_>],
    ) -> Result<Self, MaskError> {
        Self::knowing(masks, treatments, columns, Known::default())
    }

    /// Like [`MaskPlan::new`], with what is known beyond the definitions.
    ///
    /// # Errors
    ///
    /// As [`MaskPlan::new`].
    pub fn knowing(
        masks: &MaskSet,
        treatments: &[Treatment],
        columns: &[ColumnDefinition<'_>],
        known: Known<'_>,
    ) -> Result<Self, MaskError> {
        if treatments.len() != columns.len() {
            return Err(MaskError::WrongCount {
                columns: columns.len(),
                treatments: treatments.len(),
            });
        }
        let (mut masked, mut searched) = (Vec::new(), Vec::new());
        for (index, (treatment, definition)) in treatments.iter().zip(columns).enumerate() {
            let mask = match treatment {
                Treatment::Clear => continue,
                Treatment::Search(set) if set.is_empty() => continue,
                Treatment::Search(set) => Err(*set),
                Treatment::Redact => Ok(Mask::redact()),
                Treatment::Renumber(numbers) => Ok(Mask::renumber(Arc::clone(numbers))),
                Treatment::Mask(name) => match masks.mask(name) {
                    Some(mask) => Ok(mask.clone()),
                    None => return Err(MaskError::UnknownMask { name: name.clone() }),
                },
            };
            let is_document = known.documents.get(index).is_some_and(|is| *is);
            let Some(column) = Column::new(definition, known.charsets, is_document) else {
                return Err(MaskError::UnknownCharset {
                    column: index,
                    collation: definition.collation,
                });
            };
            match mask {
                Ok(mask)
                    if matches!(mask.kind(), Kind::Renumber(_)) && !takes(mask.kind(), &column) => {
                }
                Ok(mask) => masked.push(MaskedColumn {
                    index,
                    column,
                    is_taken: takes(mask.kind(), &column),
                    mask,
                }),
                Err(set) => {
                    let is_open = known.charsets.are_binary();
                    searched.extend(SearchedColumn::new(index, column, set, is_open));
                }
            }
        }
        let layouts = columns.iter();
        Ok(Self {
            layouts: layouts
                .map(|column| column.column_type.binary_layout())
                .collect(),
            masked,
            searched,
        })
    }

    /// Whether no column is masked or searched, so that rows may pass as they are.
    #[must_use]
    pub const fn is_clear(&self) -> bool {
        self.masked.is_empty() && self.searched.is_empty()
    }

    /// How many columns the result set has.
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.layouts.len()
    }

    /// The definition of the column with this index, as it must be shown.
    ///
    /// NOT NULL is taken away where NULL may be shown, the length holds the constant, and a
    /// default, which may be a protected value, is not shown.
    #[must_use]
    pub fn rewrite_column<'a>(
        &self,
        index: usize,
        definition: &ColumnDefinition<'a>,
    ) -> ColumnDefinition<'a> {
        let mut definition = definition.clone();
        let Some(masked) = self.masked.iter().find(|masked| masked.index == index) else {
            return definition;
        };
        if masked.may_show_null() {
            // A column that takes NULL has a default, NULL at least.
            let never_null = ColumnFlags::NOT_NULL | ColumnFlags::NO_DEFAULT_VALUE;
            definition.flags.remove(never_null);
        }
        // The length of a BIT column counts bits.
        if masked.column.class != Class::Bit {
            let length = masked.constant_bytes();
            definition.column_length = definition.column_length.max(length);
        }
        if definition.default_value != DefaultValue::Absent {
            definition.default_value = DefaultValue::Null;
        }
        definition
    }

    pub(crate) fn masked(&self) -> &[MaskedColumn] {
        &self.masked
    }

    pub(crate) fn searched(&self) -> &[SearchedColumn] {
        &self.searched
    }

    pub(crate) fn layouts(&self) -> &[BinaryLayout] {
        &self.layouts
    }
}

impl MaskedColumn {
    /// Where what the mask gave of late is kept, if that pays.
    pub(crate) fn recent(&self) -> Option<Recent> {
        self.mask.recent().map(Recent::new)
    }

    /// What masks a cell where it lies, if the mask may leave it as long as it was.
    pub(crate) fn same_length(&self) -> Option<SameLength> {
        let kind = self.is_taken.then(|| self.mask.kind())?;
        SameLength::new(kind, &self.column)
    }

    /// What digests a cell at once, if the mask is a digest of the plain form.
    pub(crate) fn plain_hash(&self) -> Option<PlainHash> {
        let (_, length) = self.hash().filter(|_| self.is_taken)?;
        PlainHash::new(length, &self.column)
    }

    /// The key of a digest.
    #[inline]
    pub(crate) fn hash_key(&self) -> Option<&MaskKey> {
        self.hash().map(|(key, _)| key)
    }

    /// Key and length of a digest; `None` where the mask is none.
    #[inline]
    fn hash(&self) -> Option<(&MaskKey, usize)> {
        match self.mask.kind() {
            Kind::Hash { key, length } => Some((key, *length)),
            Kind::Redact
            | Kind::Null
            | Kind::Fixed { .. }
            | Kind::Partial { .. }
            | Kind::Shape { .. }
            | Kind::Tokenize(_)
            | Kind::Date(_)
            | Kind::Bucket { .. }
            | Kind::Renumber(_) => None,
        }
    }

    /// Whether NULL is passed on as NULL.
    pub(crate) const fn keeps_null(&self) -> bool {
        self.mask.keeps_null()
    }

    /// Whether the cell depends on nothing but, where it is kept, on NULL.
    pub(crate) fn is_constant(&self) -> bool {
        match self.mask.kind() {
            _ if !self.is_taken => true,
            Kind::Redact | Kind::Null | Kind::Fixed { .. } => true,
            Kind::Partial { .. }
            | Kind::Shape { .. }
            | Kind::Hash { .. }
            | Kind::Tokenize(_)
            | Kind::Date(_)
            | Kind::Bucket { .. }
            | Kind::Renumber(_) => false,
        }
    }

    /// The cell that stands where the mask gives none, as it stands in a row; `None` is NULL.
    pub(crate) fn constant_cell(&self, protocol: Protocol) -> Option<Vec<u8>> {
        let mut buffer = Vec::new();
        let shown = self.constant(&mut buffer)?;
        let mut cell = Vec::new();
        put_cell(shown.value(&buffer), &self.column, protocol, &mut cell).then_some(cell)
    }

    /// A digest for a cell that comes in parts; `None` where the mask is none.
    pub(crate) fn digest(&self) -> Option<Digest> {
        let is_taken = self.is_taken && self.column.takes_bytes();
        let (key, _) = self.hash().filter(|_| is_taken)?;
        Some(Digest::new(key, &self.column))
    }

    /// The masked form of a cell that was digested; `None` where the constant must stand.
    pub(crate) fn show_digest(&self, digest: Digest, buffer: &mut Vec<u8>) -> Option<Shown> {
        let (_, length) = self.hash()?;
        show_digest(&digest.finish()?, length, &self.column, buffer)
    }

    /// The masked form of a cell; `None` where the constant must stand.
    pub(crate) fn show(&self, clear: Value<'_>, buffer: &mut Vec<u8>) -> Option<Shown> {
        let column = &self.column;
        if !self.is_taken {
            return None;
        }
        match self.mask.kind() {
            Kind::Redact | Kind::Null | Kind::Fixed { .. } => None,
            Kind::Partial {
                keep_first,
                keep_last,
                fill,
            } => {
                let kept = Kept {
                    first: *keep_first,
                    last: *keep_last,
                    fill: *fill,
                };
                text::partial(kept, clear, column, buffer)
            }
            Kind::Shape { shape, fill } => text::shape((*shape, *fill), clear, column, buffer),
            Kind::Hash { key, length } => hash((key, *length), clear, column, buffer),
            Kind::Tokenize(tokenizer) => tokenizer.show(clear, column, buffer),
            Kind::Date(part) => text::date(*part, clear, column),
            Kind::Bucket { width } => bucket(*width, clear, column, buffer),
            Kind::Renumber(numbers) => renumber(numbers, clear),
        }
    }

    fn constant(&self, buffer: &mut Vec<u8>) -> Option<Shown> {
        match self.mask.kind() {
            Kind::Null => None,
            Kind::Fixed { value } => {
                fixed(value, &self.column, buffer).or_else(|| redaction(&self.column, buffer))
            }
            Kind::Redact
            | Kind::Partial { .. }
            | Kind::Shape { .. }
            | Kind::Hash { .. }
            | Kind::Tokenize(_)
            | Kind::Date(_)
            | Kind::Bucket { .. }
            | Kind::Renumber(_) => redaction(&self.column, buffer),
        }
    }

    fn may_show_null(&self) -> bool {
        self.constant_cell(Protocol::Text).is_none()
    }

    fn constant_bytes(&self) -> u32 {
        let mut buffer = Vec::new();
        let length = match self.constant(&mut buffer) {
            Some(Shown::Buffer) => buffer.len(),
            Some(_) | None => 0,
        };
        u32::try_from(length).unwrap_or(u32::MAX)
    }
}
