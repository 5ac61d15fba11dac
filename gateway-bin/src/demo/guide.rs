//! Shows one step of the tour after another, and keeps whether each came out as it should.

use std::io::Write;

use crate::demo::process::Invocation;

/// The one who shows.
#[derive(Debug)]
pub struct Guide<W> {
    out: W,
    steps: usize,
    failures: usize,
}

/// What must come back for a step to be as it should.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "written out in the tour")]
pub struct Expected<'a> {
    /// Whether the command must succeed.
    pub good: bool,
    /// Each must stand in what came back.
    pub contains: &'a [&'a str],
    /// None may stand in what came back.
    pub lacks: &'a [&'a str],
}

impl<W: Write> Guide<W> {
    /// Shows on this stream.
    pub const fn new(out: W) -> Self {
        Self {
            out,
            steps: 0,
            failures: 0,
        }
    }

    /// A line of its own.
    ///
    /// # Errors
    /// The stream is gone.
    pub fn say(&mut self, text: &str) -> anyhow::Result<()> {
        writeln!(self.out, "{text}")?;
        self.out.flush()?;
        Ok(())
    }

    /// The heading of the next step.
    ///
    /// # Errors
    /// The stream is gone.
    pub fn step(&mut self, title: &str) -> anyhow::Result<()> {
        self.steps += 1;
        let number = self.steps;
        self.say(&format!("\n── {number}. {title}"))
    }

    /// Runs a command, shows it and what came back, and judges.
    ///
    /// # Errors
    /// The stream is gone, or the command cannot be run.
    pub async fn run(
        &mut self,
        invocation: &Invocation,
        expected: Expected<'_>,
    ) -> anyhow::Result<String> {
        let outcome = invocation.run().await?;
        self.show(
            &invocation.shown(),
            (outcome.good, outcome.output),
            expected,
        )
    }

    /// Shows a command and what came back, and judges.
    ///
    /// # Errors
    /// The stream is gone.
    pub fn show(
        &mut self,
        command: &str,
        (good, output): (bool, String),
        expected: Expected<'_>,
    ) -> anyhow::Result<String> {
        self.say(&format!("$ {command}"))?;
        for line in output.lines() {
            self.say(&format!("  {line}"))?;
        }
        for wrong in judge(good, &output, expected) {
            self.failures += 1;
            self.say(&format!("  ✗ not as it should be: {wrong}"))?;
        }
        Ok(output)
    }

    /// Whether every step was as it should be.
    pub const fn is_good(&self) -> bool {
        self.failures == 0
    }
}

fn judge(good: bool, output: &str, expected: Expected<'_>) -> Vec<String> {
    let mut wrong = Vec::new();
    match (good, expected.good) {
        (true, false) => wrong.push("it went through".to_owned()),
        (false, true) => wrong.push("it failed".to_owned()),
        (true, true) | (false, false) => {}
    }
    for part in expected.contains {
        if !output.contains(part) {
            wrong.push(format!("`{part}` is missing"));
        }
    }
    for part in expected.lacks {
        if output.contains(part) {
            wrong.push(format!("`{part}` is there"));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECTED: Expected<'static> = Expected {
        good: true,
        contains: &["name"],
        lacks: &["secret"],
    };

    fn is_good(good: bool, output: &str) -> bool {
        let mut guide = Guide::new(Vec::new());
        guide
            .show("command", (good, output.to_owned()), EXPECTED)
            .unwrap();
        guide.is_good()
    }

    #[test]
    fn judges_exit_code_and_output() {
        assert!(is_good(true, "name: ***"));
        assert!(!is_good(false, "name: ***"));
        assert!(!is_good(true, "***"));
        assert!(!is_good(true, "name: secret"));
    }
}
