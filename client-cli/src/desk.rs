//! The desk a command works at: its folder, its streams, its clock. Commands know the process through it
//! alone, so that a demonstration and the tests run the very commands a user types.

use std::io::{self, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use concordat_core::clock::{Clock, MachineClock};

/// Everything a command may touch outside its arguments.
pub struct Desk {
    /// The folder with the contexts: private to the user.
    pub home: PathBuf,
    /// Where `-` reads from.
    pub stdin: Box<dyn Read + Send>,
    /// Where data goes.
    pub stdout: Box<dyn Write + Send>,
    /// Where talk goes.
    pub stderr: Box<dyn Write + Send>,
    /// Whether a person reads the data.
    pub stdout_is_terminal: bool,
    /// Whether a person reads the talk.
    pub stderr_is_terminal: bool,
    /// Whether colour is unwanted even on a terminal.
    pub no_colour: bool,
    /// How many characters fit on a line, where that is known.
    pub width: Option<u16>,
    /// The context to use when no `--context` is given and before the current one.
    pub context: Option<String>,
    /// The clock by which certificates expire.
    pub clock: Arc<dyn Clock>,
}

/// The variable that names the folder with the contexts.
pub const HOME_VARIABLE: &str = "CONCORDAT_HOME";
/// The variable that names the context to use.
pub const CONTEXT_VARIABLE: &str = "CONCORDAT_CONTEXT";

impl Desk {
    /// The desk of this process: `CONCORDAT_HOME`, else `XDG_CONFIG_HOME/concordat`, else `~/.config/concordat`;
    /// `NO_COLOR`, `COLUMNS` and `CONCORDAT_CONTEXT` are heeded. `None` when no folder can be found.
    #[must_use]
    pub fn of_process() -> Option<Self> {
        let var = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let home = var(HOME_VARIABLE)
            .map(PathBuf::from)
            .or_else(|| var("XDG_CONFIG_HOME").map(|dir| PathBuf::from(dir).join("concordat")))
            .or_else(|| std::env::home_dir().map(|dir| dir.join(".config").join("concordat")))?;
        Some(Self {
            home,
            stdin: Box::new(io::stdin()),
            stdout_is_terminal: io::stdout().is_terminal(),
            stderr_is_terminal: io::stderr().is_terminal(),
            stdout: Box::new(io::BufWriter::new(io::stdout())),
            stderr: Box::new(io::stderr()),
            no_colour: var("NO_COLOR").is_some(),
            width: var("COLUMNS").and_then(|columns| columns.to_str()?.parse().ok()),
            context: var(CONTEXT_VARIABLE).and_then(|name| name.into_string().ok()),
            clock: Arc::new(MachineClock),
        })
    }

    /// A desk without a terminal, and the two buffers it writes to: for demonstrations and tests.
    #[must_use]
    pub fn captured(home: PathBuf, clock: Arc<dyn Clock>) -> (Self, Captured) {
        let captured = Captured::default();
        let desk = Self {
            home,
            stdin: Box::new(io::empty()),
            stdout: Box::new(captured.stdout.clone()),
            stderr: Box::new(captured.stderr.clone()),
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            no_colour: true,
            width: None,
            context: None,
            clock,
        };
        (desk, captured)
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("home", &self.home).finish_non_exhaustive()
    }
}

/// What a captured desk wrote.
#[derive(Clone, Default)]
pub struct Captured {
    stdout: Shared,
    stderr: Shared,
}

impl Captured {
    /// The data written since last asked.
    #[must_use]
    pub fn take_stdout(&self) -> String {
        self.stdout.take()
    }

    /// The talk written since last asked.
    #[must_use]
    pub fn take_stderr(&self) -> String {
        self.stderr.take()
    }
}

impl std::fmt::Debug for Captured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Captured(..)")
    }
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
