//! Joins a decision, which names masks, with the masks themselves.

use masking::error::BuildError;
use masking::error::MaskError;
use masking::key::MaskKey;
use masking::mask;
use masking::mask::Mask;
use masking::plan;
use masking::plan::MaskPlan;
use masking::set::MaskSet;
use masking::stream::Protocol;
use masking::stream::ResultMasker;
use mysql_proto::response::column::ColumnDefinition;
use policy_core::decision::Treatment;
use policy_core::policy::mask::Alphabet;
use policy_core::policy::mask::DateUnit;
use policy_core::policy::mask::MaskKind;
use policy_core::policy::mask::MaskSpec;
use policy_core::policy::mask::Shape;
use zeroize::Zeroizing;

/// A masker for a result set and the definitions that it shows; `None` when nothing is masked.
pub(crate) fn masker(
    treatments: &[Treatment],
    definitions: &[ColumnDefinition<'static>],
    masks: &MaskSet,
    binary: bool,
) -> Result<Option<(ResultMasker, Vec<ColumnDefinition<'static>>)>, MaskError> {
    if treatments
        .iter()
        .all(|treatment| *treatment == Treatment::Clear)
    {
        return Ok(None);
    }
    let treatments: Vec<plan::Treatment> = treatments.iter().map(named).collect();
    let plan = MaskPlan::new(masks, &treatments, definitions)?;
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

fn named(treatment: &Treatment) -> plan::Treatment {
    match treatment {
        Treatment::Clear => plan::Treatment::Clear,
        Treatment::Mask(name) => plan::Treatment::Mask(name.clone()),
        Treatment::Redact => plan::Treatment::Redact,
    }
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
