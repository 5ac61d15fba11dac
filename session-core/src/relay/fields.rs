//! The reply to COM_FIELD_LIST: some of a table's columns, shown as a read of the table would.

use masking::detect::DetectorSet;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::response::column::DefaultValue;
use mysql_proto::response::ok::OkForm;
use mysql_proto::response::ok::OkPacket;
use policy_core::decision::Treatment;
use policy_core::name::ColumnName;
use policy_core::statement::Output;
use policy_core::statement::OutputColumn;

use crate::mask::Shown;
use crate::numbers::Numbers;
use crate::relay::Relay;
use crate::relay::RelayError;
use crate::relay::Taken;
use crate::relay::definitions::misread;
use crate::relay::unmaskable;
use crate::wide;
use crate::witness::Mismatch;

impl Relay {
    /// One more column: they come without a count.
    pub(super) fn field(&mut self, definition: &ColumnDefinition<'_>) -> Result<Taken, RelayError> {
        if self.definitions.len() >= self.columns_max {
            return Err(RelayError::Unexpected("more columns than a table can have"));
        }
        self.definitions.push(definition.clone().into_owned());
        Ok(Taken::Next)
    }

    /// The columns are all there: checks them, and sends what may be shown of them.
    pub(super) fn fields_done(&mut self, ok: &OkPacket<'_>, out: &mut Vec<u8>) -> Taken {
        if self.failure.is_none() {
            match self.shown_fields() {
                Ok(definitions) => self.encode_definitions(&definitions, out),
                Err(Taken::Refused(failure, event)) => {
                    // Nothing runs any more that could be stopped.
                    self.event = event;
                    self.stop(failure);
                }
                Err(taken) => return taken,
            }
        }
        self.finish(ok, OkForm::End)
    }

    fn shown_fields(&mut self) -> Result<Vec<ColumnDefinition<'static>>, Taken> {
        let definitions = std::mem::take(&mut self.definitions);
        let (columns, treatments) = self
            .fields_read(&definitions)
            .map_err(|error| misread(&error))?;
        let defaults: Vec<DefaultValue<'static>> = definitions
            .iter()
            .zip(&treatments)
            .map(|(definition, treatment)| match treatment {
                // A default is a value of the column; a detector might find something in it.
                Treatment::Clear if self.expected.allow.detectors.is_empty() => {
                    definition.default_value.clone()
                }
                Treatment::Clear | Treatment::Mask(_) | Treatment::Redact => DefaultValue::Null,
            })
            .collect();
        self.check_columns((&columns, &treatments), &definitions, false)
            .map_err(|error| misread(&error))?;
        let made = crate::mask::masker(
            (&treatments, DetectorSet::default(), &Numbers::default()),
            &definitions,
            &self.expected.policy.masks,
            &Shown::default(),
            false,
        );
        let mut shown = match made {
            Ok(None) => definitions,
            Ok(Some((_, definitions))) => definitions,
            Err(error) => {
                let (failure, event) = unmaskable(&error.to_string());
                return Err(Taken::Refused(failure, event));
            }
        };
        for (definition, default) in shown.iter_mut().zip(defaults) {
            definition.default_value = default;
        }
        Ok(shown)
    }

    /// What was read of each of these columns. A pattern leaves some out; the order stays.
    fn fields_read(
        &self,
        definitions: &[ColumnDefinition<'static>],
    ) -> Result<(Vec<OutputColumn>, Vec<Treatment>), Mismatch> {
        let all: &[OutputColumn] = match self.expected.statement.as_ref().map(|s| &s.output) {
            Some(Output::Columns(columns)) => columns,
            Some(Output::ServerShaped | Output::None) | None => &[],
        };
        let mut read = all.iter().zip(&self.expected.allow.columns);
        let (mut columns, mut treatments) = (Vec::new(), Vec::new());
        for definition in &wide::read_names(definitions, self.expected.results)[..] {
            let name = std::str::from_utf8(&definition.name)
                .ok()
                .and_then(ColumnName::parse);
            let found = read.find(|(column, _)| name.is_some() && column.name == name);
            let Some((column, treatment)) = found else {
                return Err(Mismatch::Count {
                    expected: all.len(),
                    found: definitions.len(),
                });
            };
            columns.push(column.clone());
            treatments.push(treatment.clone());
        }
        Ok((columns, treatments))
    }
}
