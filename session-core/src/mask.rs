//! Joins a decision, which names masks, with the masks themselves.

use std::sync::Arc;

use masking::detect::DetectorSet;
use masking::error::BuildError;
use masking::error::MaskError;
use masking::key::MaskKey;
use masking::known::Known;
use masking::known::ResultCharsets;
use masking::mask;
use masking::mask::Mask;
use masking::plan;
use masking::plan::MaskPlan;
use masking::set::MaskSet;
use masking::stream::Protocol;
use masking::stream::ResultMasker;
use mysql_proto::charset::Charset;
use mysql_proto::response::column::ColumnDefinition;
use policy_core::catalog::Catalog;
use policy_core::charset::ClientCharset;
use policy_core::charset::ResultsCharset;
use policy_core::decision::Allow;
use policy_core::decision::Treatment;
use policy_core::name::ColumnId;
use policy_core::policy::mask::Alphabet;
use policy_core::policy::mask::DateUnit;
use policy_core::policy::mask::MaskKind;
use policy_core::policy::mask::MaskSpec;
use policy_core::policy::mask::Shape;
use policy_core::server::ServerKind;
use policy_core::statement::Output;
use policy_core::statement::Statement;
use policy_core::statement::kind::StatementKind;
use zeroize::Zeroizing;

use crate::numbers::Numbers;
use crate::state::State;

/// What is known of a result beyond its column definitions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    charsets: ResultCharsets,
    /// For each column whether it is a JSON document that its definition calls text.
    documents: Vec<bool>,
}

impl Shown {
    /// What follows from the catalog and from the session's character set for results; nothing where
    /// nothing is masked or searched.
    pub(crate) fn of(
        statement: Option<&Statement>,
        allow: &Allow,
        (catalog, state): (Option<&Arc<Catalog>>, &Option<State>),
    ) -> Self {
        let is_clear = |treatment: &Treatment| *treatment == Treatment::Clear;
        match (statement, catalog, state) {
            (Some(statement), Some(catalog), Some(state))
                if statement.kind == StatementKind::Call
                    || !allow.columns.iter().all(is_clear)
                    || !allow.detectors.is_empty() =>
            {
                Self::new(&statement.output, catalog, state.context.results_charset)
            }
            (_, _, _) => Self::default(),
        }
    }

    fn new(output: &Output, catalog: &Catalog, results: ResultsCharset) -> Self {
        let results = charset(results);
        match catalog.server.kind {
            ServerKind::MySql => Self {
                charsets: ResultCharsets {
                    json: results,
                    ..ResultCharsets::default()
                },
                documents: Vec::new(),
            },
            ServerKind::MariaDb => Self {
                charsets: ResultCharsets {
                    numbers: results,
                    ..ResultCharsets::default()
                },
                documents: documents(output, catalog),
            },
        }
    }
}

/// The set in which results come, as definitions number it.
pub(crate) const fn charset(results: ResultsCharset) -> Charset {
    match results {
        ResultsCharset::Client(ClientCharset::Utf8mb4) => Charset::Utf8mb4,
        ResultsCharset::Client(ClientCharset::Utf8mb3) => Charset::Utf8mb3,
        ResultsCharset::Client(ClientCharset::Ascii) => Charset::Ascii,
        ResultsCharset::Client(ClientCharset::Latin1) => Charset::Latin1,
        ResultsCharset::Client(ClientCharset::Binary) => Charset::Binary,
        ResultsCharset::Utf16 => Charset::Utf16,
        ResultsCharset::Utf16le => Charset::Utf16le,
        ResultsCharset::Utf32 => Charset::Utf32,
        ResultsCharset::Ucs2 => Charset::Ucs2,
        ResultsCharset::Gbk => Charset::Gbk,
        ResultsCharset::Gb18030 => Charset::Gb18030,
        ResultsCharset::Gb2312 => Charset::Gb2312,
        ResultsCharset::Big5 => Charset::Big5,
        ResultsCharset::Sjis => Charset::Sjis,
        ResultsCharset::Cp932 => Charset::Cp932,
        ResultsCharset::Ujis => Charset::Ujis,
        ResultsCharset::Euckr => Charset::Euckr,
        ResultsCharset::Latin2 => Charset::Latin2,
        ResultsCharset::Cp1250 => Charset::Cp1250,
        ResultsCharset::Cp1251 => Charset::Cp1251,
        ResultsCharset::Koi8r => Charset::Koi8r,
    }
}

fn documents(output: &Output, catalog: &Catalog) -> Vec<bool> {
    let Output::Columns(columns) = output else {
        return Vec::new();
    };
    let is_document = |id: &ColumnId| {
        let table = catalog.tables.get(&id.table);
        let mut columns = table.into_iter().flat_map(|table| &table.columns);
        columns.any(|column| column.name == id.column && column.data_type == "json")
    };
    let bare = columns.iter().map(|column| column.bare.as_ref());
    bare.map(|bare| bare.is_some_and(is_document)).collect()
}

/// A masker for a result set and the definitions that it shows; `None` when nothing is masked.
///
/// Numbers of connections become those of the greetings. What else is shown in clear, in results of unknown shape too, is searched by the role's detectors.
pub(crate) fn masker(
    (treatments, detectors, numbers): (&[Treatment], DetectorSet, &Numbers),
    definitions: &[ColumnDefinition<'static>],
    masks: &MaskSet,
    shown: &Shown,
    binary: bool,
) -> Result<Option<(ResultMasker, Vec<ColumnDefinition<'static>>)>, MaskError> {
    let is_clear = |treatment: &Treatment| *treatment == Treatment::Clear;
    let is_renumbered = !numbers.columns.is_empty();
    if detectors.is_empty() && !is_renumbered && treatments.iter().all(is_clear) {
        return Ok(None);
    }
    let named = |treatment: &Treatment| match treatment {
        Treatment::Clear => plan::Treatment::Search(detectors),
        Treatment::Mask(name) => plan::Treatment::Mask(name.clone()),
        Treatment::Redact => plan::Treatment::Redact,
    };
    let mut treatments: Vec<plan::Treatment> = if treatments.is_empty() {
        definitions
            .iter()
            .map(|_| named(&Treatment::Clear))
            .collect()
    } else {
        treatments.iter().map(named).collect()
    };
    for position in &numbers.columns {
        if let Some(treatment) = treatments.get_mut(*position)
            && matches!(treatment, plan::Treatment::Search(_))
        {
            *treatment = plan::Treatment::Renumber(Arc::clone(&numbers.greeted));
        }
    }
    let known = Known {
        charsets: shown.charsets,
        documents: &shown.documents,
    };
    let plan = MaskPlan::knowing(masks, &treatments, definitions, known)?;
    if plan.is_clear() {
        return Ok(None);
    }
    let shown = definitions
        .iter()
        .enumerate()
        .map(|(index, definition)| plan.rewrite_column(index, definition))
        .collect();
    let protocol = if binary {
        Protocol::Binary
    } else {
        Protocol::Text
    };
    Ok(Some((ResultMasker::new(plan, protocol), shown)))
}

/// Makes the mask that a policy describes. `key` is asked for the secret of a keyed mask.
///
/// # Errors
///
/// [`BuildError`] when the description cannot be a mask.
pub fn build(
    spec: &MaskSpec,
    key: impl FnOnce(&str) -> Option<Vec<u8>>,
) -> Result<Mask, BuildError> {
    let mask = match &spec.kind {
        MaskKind::Redact => return Ok(Mask::redact()),
        MaskKind::Null => Ok(Mask::null()),
        MaskKind::Partial {
            shape,
            keep_first,
            keep_last,
            fill,
        } => match shape {
            Shape::Plain => Mask::partial(usize::from(*keep_first), usize::from(*keep_last), *fill),
            Shape::Email => Mask::shape_filled(mask::Shape::Email, *fill),
            Shape::Card => Mask::shape_filled(mask::Shape::Card, *fill),
            Shape::Phone => Mask::shape_filled(mask::Shape::Phone, *fill),
            Shape::Iban => Mask::shape_filled(mask::Shape::Iban, *fill),
        },
        MaskKind::Hash {
            key: reference,
            length,
        } => {
            let secret = Zeroizing::new(key(reference.as_str()).unwrap_or_default());
            Mask::hash(MaskKey::new(&secret)?, usize::from(*length))
        }
        MaskKind::Tokenize {
            key: reference,
            alphabet,
            luhn,
        } => {
            let secret = Zeroizing::new(key(reference.as_str()).unwrap_or_default());
            let alphabet = match alphabet {
                Alphabet::Digits => masking::alphabet::Alphabet::digits(),
                Alphabet::Alphanumeric => masking::alphabet::Alphabet::alphanumeric(),
                Alphabet::Custom(characters) => masking::alphabet::Alphabet::of(characters)?,
            };
            Mask::tokenize(&MaskKey::new(&secret)?, alphabet, *luhn)
        }
        MaskKind::Date { unit } => Ok(Mask::date(match unit {
            DateUnit::Month => mask::DatePart::Month,
            DateUnit::Year => mask::DatePart::Year,
        })),
        MaskKind::Bucket { size } => Mask::bucket(*size),
        MaskKind::Fixed { value } => Mask::fixed(value),
    }?;
    if spec.keep_null {
        mask.keeping_null()
    } else {
        Ok(mask)
    }
}
