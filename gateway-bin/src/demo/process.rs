//! Programs that the demo runs: found on the path, shown as one would type them, never left behind.

use std::ffi::OsStr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncRead;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::process::Child;
use tokio::process::ChildStdin;
use tokio::process::Command;
use tokio::sync::mpsc;

/// A command that ends by itself, and its words for the reader.
#[derive(Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "built field by field by the tour"
)]
pub struct Invocation {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Where it runs; the present folder if none.
    pub folder: Option<PathBuf>,
    /// A variable set for it, and what is shown in place of its value.
    pub secret: Option<SecretVariable>,
    /// What is typed into it.
    pub input: String,
}

/// A secret that is handed over in a variable.
#[expect(
    clippy::exhaustive_structs,
    reason = "built field by field by the tour"
)]
pub struct SecretVariable {
    /// The variable.
    pub name: &'static str,
    /// Its value; not shown.
    pub value: String,
    /// What one would type instead.
    pub shown: &'static str,
}

impl std::fmt::Debug for SecretVariable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

/// How a command ended.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a plain result")]
pub struct Outcome {
    /// Whether its exit code was zero.
    pub good: bool,
    /// What it wrote, both streams, one after the other.
    pub output: String,
}

impl Invocation {
    /// A program with arguments.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>, arguments: &[&str]) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.iter().map(|&text| text.to_owned()).collect(),
            folder: None,
            secret: None,
            input: String::new(),
        }
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// It cannot be started, or does not end in time.
    pub async fn run(&self) -> anyhow::Result<Outcome> {
        let shown = self.program.display();
        let mut command = Command::new(&self.program);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        if let Some(secret) = &self.secret {
            command.env(secret.name, &secret.value);
        }
        let mut child = command
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start `{shown}`"))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that ends without reading its input is judged by its exit code.
            drop(stdin.write_all(self.input.as_bytes()).await);
        }
        let ended = tokio::time::timeout(COMMAND_TIME_MAX, child.wait_with_output());
        let ended = ended
            .await
            .with_context(|| format!("`{shown}` did not end within {COMMAND_TIME_MAX:?}"))?
            .with_context(|| format!("cannot run `{shown}`"))?;
        let mut output = String::from_utf8_lossy(&ended.stdout).into_owned();
        output.push_str(&String::from_utf8_lossy(&ended.stderr));
        Ok(Outcome {
            good: ended.status.success(),
            output,
        })
    }

    /// The command as one would type it.
    #[must_use]
    pub fn shown(&self) -> String {
        let name = self.program.file_name().unwrap_or_default();
        let mut text = String::new();
        if let Some(secret) = &self.secret {
            text.push_str(&format!("{}={} ", secret.name, secret.shown));
        }
        text.push_str(&name.to_string_lossy());
        for argument in &self.arguments {
            let plain = argument
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_=./:,+@".contains(&byte));
            if plain && !argument.is_empty() {
                text.push(' ');
                text.push_str(argument);
            } else if argument.contains('\'') {
                text.push_str(" \"");
                for letter in argument.chars() {
                    if matches!(letter, '\\' | '"' | '$' | '`') {
                        text.push('\\');
                    }
                    text.push(letter);
                }
                text.push('"');
            } else {
                text.push_str(" '");
                text.push_str(argument);
                text.push('\'');
            }
        }
        text
    }
}

/// A program that runs until it is stopped.
#[derive(Debug)]
pub struct Service {
    child: Child,
    /// Held here, because waiting for a child closes an input that it still has.
    input: Option<ChildStdin>,
    name: &'static str,
}

impl Service {
    /// Starts a program and reads what it writes until a line tells that it is ready; gives that
    /// line. What it writes later is read and forgotten.
    ///
    /// # Errors
    /// It cannot be started, or ends or dallies before that line; with its last words.
    pub async fn start(
        name: &'static str,
        mut command: Command,
        ready: &'static str,
    ) -> anyhow::Result<(Self, String)> {
        // A group of its own: Ctrl-C is for us, and we end it in our order.
        let mut child = command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let (said, hear) = mpsc::channel(LAST_WORDS);
        if let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) {
            tokio::spawn(forward(out, said.clone()));
            tokio::spawn(forward(err, said));
        }
        let input = child.stdin.take();
        let mut service = Self { child, input, name };
        let waiting = tokio::time::timeout(START_TIME_MAX, wait_for(hear, ready));
        match waiting.await {
            Ok(Ok(line)) => Ok((service, line)),
            Ok(Err(words)) => {
                service.stop().await;
                anyhow::bail!("{name} did not start; its last words:\n{words}")
            }
            Err(_) => {
                service.stop().await;
                anyhow::bail!("{name} was not ready within {START_TIME_MAX:?}")
            }
        }
    }

    /// Stops it: its input ends, which a gateway of the demo takes as a request to drain, and after
    /// the grace period it is killed.
    pub async fn stop_gracefully(&mut self, grace: Duration) {
        drop(self.input.take());
        if tokio::time::timeout(grace, self.child.wait())
            .await
            .is_err()
        {
            self.stop().await;
        }
    }

    /// Kills it and waits for its end.
    pub async fn stop(&mut self) {
        if let Err(error) = self.child.kill().await {
            tracing::debug!(name = self.name, %error, "already ended");
        }
    }

    /// Waits for its end, which should not come.
    pub async fn ended(&mut self) -> String {
        let status = self.child.wait().await;
        let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        format!("{} ended by itself: {status}", self.name)
    }
}

/// Gives the line, or what was said instead.
async fn wait_for(mut hear: mpsc::Receiver<String>, ready: &str) -> Result<String, String> {
    let mut words: Vec<String> = Vec::new();
    while let Some(line) = hear.recv().await {
        if line.contains(ready) {
            return Ok(line);
        }
        if words.len() == LAST_WORDS {
            words.remove(0);
        }
        words.push(line);
    }
    Err(words.join("\n"))
}

/// Reads to the end, also when nobody listens any more, so that the program never blocks.
async fn forward(stream: impl AsyncRead + Unpin, said: mpsc::Sender<String>) {
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        drop(said.send(line).await);
    }
}

/// Finds a program on the path, or where Debian keeps servers.
#[must_use]
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    places.extend(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from));
    places
        .iter()
        .map(|place| place.join(OsStr::new(name)))
        .find(|candidate| is_program(candidate))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

const COMMAND_TIME_MAX: Duration = Duration::from_secs(60);
const START_TIME_MAX: Duration = Duration::from_secs(60);
const LAST_WORDS: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_a_command_as_one_would_type_it() {
        let arguments = ["-e", "SELECT 1", "-uroot", "WHERE `a` = 'x'"];
        let invocation = Invocation::new("/usr/bin/mariadb", &arguments);
        assert_eq!(
            invocation.shown(),
            r#"mariadb -e 'SELECT 1' -uroot "WHERE \`a\` = 'x'""#
        );
    }

    #[tokio::test]
    async fn tells_a_good_end_from_a_bad_one() {
        let good = Invocation::new("/bin/sh", &["-c", "cat; echo err >&2"]);
        let good = Invocation {
            input: "in\n".to_owned(),
            ..good
        };
        let outcome = good.run().await.unwrap();
        assert!(outcome.good);
        assert_eq!(outcome.output, "in\nerr\n");
        let bad = Invocation::new("/bin/sh", &["-c", "exit 3"]).run().await;
        assert!(!bad.unwrap().good);
        assert!(Invocation::new("/nonexistent", &[]).run().await.is_err());
    }

    #[tokio::test]
    async fn waits_for_the_line_or_gives_the_last_words() {
        let command = |script: &str| {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", script]);
            command
        };
        let script = "echo now ready >&2; cat";
        let (mut service, line) = Service::start("a", command(script), "ready").await.unwrap();
        assert_eq!(line, "now ready");
        // Waiting for a child closes its input, so the child must not hold it any more.
        assert!(service.child.stdin.is_none() && service.input.is_some());
        service.stop_gracefully(Duration::from_secs(60)).await;
        let failed = Service::start("b", command("echo oh no >&2"), "ready").await;
        assert!(failed.unwrap_err().to_string().contains("oh no"));
    }
}
