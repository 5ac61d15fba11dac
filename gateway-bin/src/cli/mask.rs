//! `postern mask reveal`: what the tokens of a `tokenize` mask stand for, for whoever holds its key.

use std::io::BufRead;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use masking::Mask;
use policy_core::policy::compile::Known;

use crate::cli::status::ExitStatus;
use crate::config::Config;
use crate::config::load::Development;
use crate::policy_file;
use crate::policy_parts;

/// Options of `postern mask reveal`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  postern mask reveal --policy policy.toml --mask card-token 4929-5841-0021-7765\n  postern mask reveal --config postern.toml --mask card-token < tokens.txt\n  postern mask reveal --policy policy.toml --mask account-number --number -- 20240517\n\nOne value a line, in the order of the tokens. The policy names the key of the mask (`env:NAME`, or\n`file:PATH` beside the policy); whoever cannot read it cannot reveal anything. No database is asked.\nThe tokens of an integer or DECIMAL column need --number: they are made otherwise than those of texts.\nWhat has the form of a token always stands for something: a wrong key, or a token of another mask, is\nnot noticed.\n\nExit codes: 0 all are revealed, 1 a line is no token of the mask, 2 broken input."
)]
#[group(id = "source", required = true, multiple = false, args = ["policy", "config"])]
#[non_exhaustive]
pub struct Reveal {
    /// The policy that defines the mask
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// The configuration that names the policy
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The mask, as in `[mask.NAME]`
    #[arg(long, value_name = "NAME")]
    pub mask: String,
    /// The tokens are of an integer or DECIMAL column
    #[arg(long)]
    pub number: bool,
    /// The tokens; from standard input, one a line, where none is given
    #[arg(value_name = "TOKEN")]
    pub tokens: Vec<String>,
}

impl Reveal {
    /// Prints what each token stands for.
    ///
    /// # Errors
    /// The policy is broken, has no such mask or one that makes no tokens, or its key is not there.
    pub fn run(&self, input: impl BufRead, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        let mask = self.load()?;
        let mut failed = false;
        let mut reveal = |token: &str| -> anyhow::Result<()> {
            match mask.reveal(token, self.number) {
                Ok(clear) => writeln!(out, "{clear}")?,
                Err(error) => {
                    failed = true;
                    writeln!(out, "# {error}")?;
                }
            }
            Ok(())
        };
        if self.tokens.is_empty() {
            for line in input.lines() {
                reveal(&line.context("cannot read the tokens")?)?;
            }
        }
        for token in &self.tokens {
            reveal(token)?;
        }
        Ok(if failed {
            ExitStatus::Negative
        } else {
            ExitStatus::Good
        })
    }

    fn load(&self) -> anyhow::Result<Mask> {
        let path = match (&self.policy, &self.config) {
            (Some(policy), _) => policy.clone(),
            (None, Some(config)) => Config::load_with(config, Development::Allow)?.policy,
            (None, None) => anyhow::bail!("give `--policy` or `--config`"),
        };
        let policy = policy_file::load_alone(&path, Known::default())?;
        let Some(spec) = policy.masks().get(&self.mask) else {
            anyhow::bail!("there is no `[mask.{}]` in {}", self.mask, path.display());
        };
        anyhow::ensure!(
            spec.kind.is_reversible(),
            "mask `{}` is of kind `{}`: what it shows cannot be taken back, only `tokenize` can",
            self.mask,
            spec.kind
        );
        policy_parts::mask(&self.mask, spec, &path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"
version = 1
[mask.card-token]
kind = "tokenize"
key = "file:token.key"
alphabet = "digits"
luhn = true
[mask.number]
kind = "tokenize"
key = "file:token.key"
alphabet = "digits"
[mask.pseudonym]
kind = "hash"
key = "file:token.key"
"#;

    fn reveal(
        (mask, number): (&str, bool),
        tokens: &[&str],
        input: &str,
    ) -> anyhow::Result<(ExitStatus, String)> {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policy.toml");
        std::fs::write(&policy, POLICY).unwrap();
        let key = folder.path().join("token.key");
        std::fs::write(&key, "0123456789abcdef0123456789abcdef").unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&key, private).unwrap();
        let options = Reveal {
            policy: Some(policy),
            config: None,
            mask: mask.to_owned(),
            number,
            tokens: tokens.iter().map(|token| (*token).to_owned()).collect(),
        };
        let mut out = Vec::new();
        let status = options.run(input.as_bytes(), &mut out)?;
        Ok((status, String::from_utf8(out).unwrap()))
    }

    fn token(luhn: bool, clear: &str) -> String {
        use masking::alphabet::Alphabet;
        use masking::key::MaskKey;
        use masking::stream::Protocol;
        use mysql_proto::response::column::ColumnDefinition;
        use mysql_proto::types::ColumnType;

        let key = MaskKey::new(b"0123456789abcdef0123456789abcdef").unwrap();
        let mask = Mask::tokenize(&key, Alphabet::digits(), luhn).unwrap();
        let mut masks = masking::MaskSet::new();
        masks.insert("m", mask).unwrap();
        let mut column = ColumnDefinition::computed(&b"c"[..], ColumnType::VarString);
        column.column_length = 200;
        let treatment = masking::Treatment::Mask("m".to_owned());
        let plan = masking::MaskPlan::new(&masks, &[treatment], &[column]).unwrap();
        let mut row = Vec::new();
        mysql_proto::row::text::TextRowBuilder::new(&mut row).push(Some(clear.as_bytes()));
        let mut out = Vec::new();
        let mut masker = masking::ResultMasker::new(plan, Protocol::Text);
        masker.mask_row(&row, &mut out).unwrap();
        String::from_utf8(out.split_off(1)).unwrap()
    }

    #[test]
    fn tokens_of_arguments_and_of_the_input_are_revealed_in_order() {
        let one = token(true, "4111 1111 1111 1111");
        let other = token(true, "5500-0055-5555-5559");
        let expected = "4111 1111 1111 1111\n5500-0055-5555-5559\n";
        let (status, shown) = reveal(("card-token", false), &[&one, &other], "").unwrap();
        assert_eq!((status, shown.as_str()), (ExitStatus::Good, expected));
        let input = format!("{one}\n{other}\n");
        let (status, shown) = reveal(("card-token", false), &[], &input).unwrap();
        assert_eq!((status, shown.as_str()), (ExitStatus::Good, expected));
    }

    #[test]
    fn what_is_no_token_keeps_its_line_and_is_told_by_the_status() {
        let good = token(false, "4111 1111");
        let (status, shown) = reveal(("number", false), &["12", &good, ""], "").unwrap();
        assert_eq!(status, ExitStatus::Negative);
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[0].starts_with("# ") && lines[2].starts_with("# "));
        assert_eq!(lines[1], "4111 1111");
    }

    #[test]
    fn numbers_are_not_revealed_as_texts() {
        let (_, number) = reveal(("number", true), &["20240517"], "").unwrap();
        let (_, text) = reveal(("number", false), &["20240517"], "").unwrap();
        assert_eq!((number.len(), text.len()), (9, 9));
        assert!(!number.starts_with('0'));
    }

    #[test]
    fn only_masks_that_make_tokens_reveal() {
        let error = reveal(("pseudonym", false), &["x"], "").unwrap_err();
        assert!(error.to_string().contains("kind `hash`"), "{error}");
        let error = reveal(("nosuch", false), &["x"], "").unwrap_err();
        assert!(error.to_string().contains("[mask.nosuch]"), "{error}");
    }
}
