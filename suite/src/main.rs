//! Reads many statements for the measures of tests/suite: one question a line, one answer a line.

mod answer;
mod objects;
mod question;
mod respell;

use std::io::BufRead;
use std::io::Write;

use anyhow::Context;

use crate::answer::Reader;

fn main() -> anyhow::Result<()> {
    let version = std::env::args().nth(1);
    let version = version.context("say the server's version: suite-reader 9.7.4")?;
    let mut reader = Reader::new(&version)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line.context("cannot read the next question")?;
        let question = serde_json::from_str(&line)
            .with_context(|| format!("the question is not understood: {line:.200}"))?;
        let answer = reader.answer(question)?;
        serde_json::to_writer(&mut out, &answer).context("cannot write the answer")?;
        out.write_all(b"\n").context("cannot write the answer")?;
        // Who asks one by one waits for the answer.
        out.flush().context("cannot write the answer")?;
    }
    Ok(())
}
