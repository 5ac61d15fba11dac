//! What is wrong with a configuration file: every mistake, each with its place.

use std::fmt;
use std::path::PathBuf;

/// Every mistake of one configuration file, in the order of the file.
#[derive(Debug)]
#[non_exhaustive]
pub struct ConfigErrors {
    /// The file, as it was named on the command line.
    pub file: PathBuf,
    /// At least one.
    pub mistakes: Vec<Mistake>,
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes.iter().enumerate() {
            if index > 0 {
                writeln!(formatter)?;
            }
            let file = self.file.display();
            write!(
                formatter,
                "{file}:{}:{}: {}",
                mistake.line, mistake.column, mistake.message
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Mistake {
    /// Counted from one.
    pub line: usize,
    /// Counted from one, in characters.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}
