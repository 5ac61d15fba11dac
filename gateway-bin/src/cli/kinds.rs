//! `postern policy kinds`: every kind of statement, its class, and what becomes of it.

use std::io::Write;

use policy_core::explain;
use policy_core::statement::kind::Class;
use policy_core::statement::kind::StatementKind;

use crate::cli::status::ExitStatus;

/// Options of `postern policy kinds`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  postern policy kinds --json | jq -r '.[] | select(.class == \"admin\") | .kind'\n\nA rule names classes or kinds in `statements`; a kind that is denied unless a rule names it is not\nlet through by its class."
)]
#[non_exhaustive]
pub struct Kinds {
    /// As a JSON list
    #[arg(long)]
    pub json: bool,
}

impl Kinds {
    /// Prints the table, by class.
    ///
    /// # Errors
    /// Nobody reads the output.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        if self.json {
            let kinds = by_class().map(|kind| {
                serde_json::json!({
                    "kind": kind.name(),
                    "class": kind.class().name(),
                    "default": explain::default_words(kind.default_effect()),
                })
            });
            let kinds: Vec<serde_json::Value> = kinds.collect();
            writeln!(out, "{}", serde_json::to_string(&kinds)?)?;
            return Ok(ExitStatus::Good);
        }
        writeln!(
            out,
            "| kind | class | where no rule names it |\n|---|---|---|"
        )?;
        for kind in by_class() {
            let default = explain::default_words(kind.default_effect());
            writeln!(out, "| `{kind}` | {} | {default} |", kind.class().name())?;
        }
        Ok(ExitStatus::Good)
    }
}

fn by_class() -> impl Iterator<Item = StatementKind> {
    Class::ALL.into_iter().flat_map(|class| {
        let kinds = StatementKind::ALL.iter().copied();
        kinds.filter(move |kind| kind.class() == class)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUIDE: &str = include_str!("../../../docs/kinds.md");

    /// `UPDATE_EXPECT=1` writes the table anew.
    #[test]
    fn the_guide_has_the_same_table() {
        let mut out = Vec::new();
        Kinds { json: false }.run(&mut out).unwrap();
        let table = String::from_utf8(out).unwrap();
        let (head, _) = GUIDE.split_once("| kind |").unwrap();
        expect_test::expect_file!["../../../docs/kinds.md"].assert_eq(&format!("{head}{table}"));
    }

    #[test]
    fn json_lists_every_kind() {
        let mut out = Vec::new();
        Kinds { json: true }.run(&mut out).unwrap();
        let list: Vec<serde_json::Value> = serde_json::from_slice(&out).unwrap();
        assert_eq!(list.len(), StatementKind::ALL.len());
    }
}
