//! The one byte form of a binding: what is hashed, kept and shown again.

use crate::approval::Binding;
use crate::approval::Parameter;
use crate::approval::ParameterValue;
use crate::approval::RuleBinding;
use crate::approval::StatementBinding;

/// Begins each form, so that none can be taken for another.
const STATEMENT: &str = "postern approval of a statement, version 1";
const RULE: &str = "postern approval of a rule, version 1";

pub(super) fn encode(binding: &Binding) -> Vec<u8> {
    let mut writer = Writer::new(match binding {
        Binding::Statement(_) => STATEMENT,
        Binding::Rule(_) => RULE,
    });
    let RuleBinding {
        rule,
        role,
        target,
        principal,
    } = binding.rule();
    for part in [rule, role, target, principal] {
        writer.part(part.as_bytes());
    }
    if let Binding::Statement(statement) = binding {
        writer.statement(statement);
    }
    writer.finish()
}

pub(super) fn decode(bytes: &[u8]) -> Option<Binding> {
    let mut reader = Reader(bytes);
    let form = reader.text()?;
    let rule = RuleBinding {
        rule: reader.text()?,
        role: reader.text()?,
        target: reader.text()?,
        principal: reader.text()?,
    };
    let binding = match form.as_str() {
        RULE => Binding::Rule(rule),
        STATEMENT => Binding::Statement(Box::new(reader.statement(rule)?)),
        _ => return None,
    };
    reader.0.is_empty().then_some(binding)
}

/// Writes parts, each preceded by its length, so that none can run into the next.
#[derive(Debug)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new(form: &str) -> Self {
        let mut writer = Self(Vec::new());
        writer.part(form.as_bytes());
        writer
    }

    pub(super) fn count(&mut self, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.0.extend(count.to_be_bytes());
    }

    pub(super) fn part(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend(bytes);
    }

    pub(super) fn option(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            None => self.0.push(0),
            Some(bytes) => {
                self.0.push(1);
                self.part(bytes);
            }
        }
    }

    fn statement(&mut self, binding: &StatementBinding) {
        self.part(&binding.text);
        self.count(binding.parameters.len());
        for parameter in &binding.parameters {
            self.part(&parameter.kind);
            match &parameter.value {
                ParameterValue::Null => self.option(None),
                ParameterValue::Bytes(bytes) => self.option(Some(bytes)),
                ParameterValue::Long { bytes, sha256 } => {
                    self.0.push(2);
                    self.0.extend(bytes.to_be_bytes());
                    self.0.extend(sha256);
                }
            }
        }
        self.option(binding.default_schema.as_deref().map(str::as_bytes));
        self.part(&binding.sql_mode.to_be_bytes());
        for charset in &binding.charsets {
            self.part(charset.as_bytes());
        }
        self.count(binding.objects.len());
        for (name, shape) in &binding.objects {
            self.part(name.as_bytes());
            self.option(shape.as_ref().map(<[u8; 32]>::as_slice));
        }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn count(&mut self) -> Option<usize> {
        let bytes = self.take(8)?.try_into().ok()?;
        usize::try_from(u64::from_be_bytes(bytes)).ok()
    }

    fn part(&mut self) -> Option<&'a [u8]> {
        let count = self.count()?;
        self.take(count)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.part()?.to_vec()).ok()
    }

    fn option(&mut self) -> Option<Option<&'a [u8]>> {
        match self.take(1)? {
            [0] => Some(None),
            [1] => Some(Some(self.part()?)),
            _ => None,
        }
    }

    fn value(&mut self) -> Option<ParameterValue> {
        if let Some((2, rest)) = self.0.split_first() {
            self.0 = rest;
            return Some(ParameterValue::Long {
                bytes: u64::from_be_bytes(self.take(8)?.try_into().ok()?),
                sha256: self.take(32)?.try_into().ok()?,
            });
        }
        Some(match self.option()? {
            None => ParameterValue::Null,
            Some(bytes) => ParameterValue::Bytes(bytes.to_vec()),
        })
    }

    fn statement(&mut self, rule: RuleBinding) -> Option<StatementBinding> {
        let text = self.part()?.to_vec();
        let mut parameters = Vec::new();
        for _ in 0..self.count()? {
            parameters.push(Parameter {
                kind: self.part()?.try_into().ok()?,
                value: self.value()?,
            });
        }
        let default_schema = match self.option()? {
            None => None,
            Some(bytes) => Some(String::from_utf8(bytes.to_vec()).ok()?),
        };
        let sql_mode = u64::from_be_bytes(self.part()?.try_into().ok()?);
        let charsets = [self.text()?, self.text()?, self.text()?];
        let mut objects = Vec::new();
        for _ in 0..self.count()? {
            let name = self.text()?;
            let shape = match self.option()? {
                None => None,
                Some(bytes) => Some(bytes.try_into().ok()?),
            };
            objects.push((name, shape));
        }
        Some(StatementBinding {
            rule,
            text,
            parameters,
            default_schema,
            sql_mode,
            charsets,
            objects,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement() -> Binding {
        Binding::Statement(Box::new(StatementBinding {
            rule: rule(),
            text: b"SELECT \xff".to_vec(),
            parameters: vec![
                Parameter {
                    kind: [3, 128],
                    value: ParameterValue::Bytes(vec![]),
                },
                Parameter {
                    kind: [6, 0],
                    value: ParameterValue::Null,
                },
                Parameter {
                    kind: [252, 0],
                    value: ParameterValue::Long {
                        bytes: 200 << 20,
                        sha256: [9; 32],
                    },
                },
            ],
            default_schema: None,
            sql_mode: 7,
            charsets: ["a", "b", "c"].map(str::to_owned),
            objects: vec![("s.t".to_owned(), Some([7; 32])), ("s.u".to_owned(), None)],
        }))
    }

    fn rule() -> RuleBinding {
        RuleBinding {
            rule: "r".to_owned(),
            role: "a".to_owned(),
            target: "shop".to_owned(),
            principal: "4:corp,3:bot,".to_owned(),
        }
    }

    #[test]
    fn reads_what_it_wrote_and_nothing_else() {
        for binding in [statement(), Binding::Rule(rule())] {
            let bytes = encode(&binding);
            assert_eq!(decode(&bytes), Some(binding));
            for end in 0..bytes.len() {
                assert_eq!(decode(&bytes[..end]), None, "cut at {end}");
            }
            let mut longer = bytes;
            longer.push(0);
            assert_eq!(decode(&longer), None);
        }
    }

    #[test]
    fn survives_a_count_that_promises_too_much() {
        let mut bytes = encode(&statement());
        let at = bytes.len() - 8;
        bytes[at..].fill(0xff);
        assert_eq!(decode(&bytes), None);
    }
}
