//! `postern policy lists`: what may be read, set, called and shown around a policy.

use std::io::Write;

use anyhow::Context;
use policy_core::allow::listing;
use policy_core::server::Server;

use crate::cli::status::ExitStatus;

/// Options of `postern policy lists`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  postern policy lists --server 9.7.4\n  postern policy lists --server 10.11.19-MariaDB --json\n\nWhat is in no list is refused, and the refusal names it."
)]
#[non_exhaustive]
pub struct Lists {
    /// The version of the server, as `SELECT VERSION()` tells it
    #[arg(long, value_name = "VERSION")]
    pub server: String,
    /// As a JSON array of objects
    #[arg(long)]
    pub json: bool,
}

impl Lists {
    /// Prints every entry of every list.
    ///
    /// # Errors
    /// The version is none, or the output is closed.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        let server = Server::parse(&self.server)
            .with_context(|| format!("`{}` is not the version of a server", self.server))?;
        let entries = listing::entries(server);
        if self.json {
            let rows: Vec<_> = entries
                .iter()
                .map(|entry| {
                    serde_json::json!({
                        "list": entry.list,
                        "name": entry.name,
                        "standing": entry.standing,
                        "reason": entry.reason,
                    })
                })
                .collect();
            serde_json::to_writer(&mut *out, &rows)?;
            writeln!(out)?;
            return Ok(ExitStatus::Good);
        }
        for entry in entries {
            writeln!(
                out,
                "{:18} {:40} {:14} {}",
                entry.list, entry.name, entry.standing, entry.reason
            )?;
        }
        Ok(ExitStatus::Good)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(server: &str, json: bool) -> anyhow::Result<String> {
        let options = Lists {
            server: server.to_owned(),
            json,
        };
        let mut out = Vec::new();
        options.run(&mut out)?;
        Ok(String::from_utf8(out)?)
    }

    #[test]
    fn names_what_may_be_read_and_why() {
        let text = lists("9.7.4", false).unwrap();
        assert!(text.contains("sql_mode"));
        let rows: serde_json::Value =
            serde_json::from_str(&lists("10.11.19-MariaDB", true).unwrap()).unwrap();
        assert!(rows.as_array().unwrap().len() > 500);
        assert!(lists("new", false).is_err());
    }
}
