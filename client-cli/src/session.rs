//! One run of one command: the printer, the input, the contexts, the clock.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use concordat_core::clock::Clock;
use jiff::Timestamp;
use tonic::Status;

use crate::context::{Context, Expiry};
use crate::contexts::Contexts;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::status;

/// The longest file that is read, in bytes.
pub const MAX_INPUT: u64 = 64 * 1024 * 1024;

/// What a command works with.
pub struct Session<'d> {
    /// Writes data and talk.
    pub printer: Printer<'d>,
    /// What `-` reads.
    pub stdin: &'d mut (dyn Read + Send),
    /// The user's contexts.
    pub contexts: Contexts,
    /// The clock by which certificates expire.
    pub clock: Arc<dyn Clock>,
    /// The context asked for.
    pub asked: Option<String>,
    /// Whether a person reads the data, so that it must be text.
    pub stdout_is_terminal: bool,
}

impl std::fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl Session<'_> {
    /// The machine's time, by which certificates and records of this client are judged.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.machine_now()
    }

    /// The context to work in, if the user has any.
    ///
    /// # Errors
    /// A [`Failure`] when the one meant does not exist, is damaged, or it is not clear which is meant.
    pub fn context_if_any(&self) -> Result<Option<Context>, Failure> {
        self.contexts.find(self.asked.as_deref())
    }

    /// The context to work in, its certificate in force; warns when the end is near.
    ///
    /// # Errors
    /// A [`Failure`]: [`Exit::NotEnrolled`] when there is none or it has ended.
    pub fn context(&mut self) -> Result<Context, Failure> {
        let context = self.context_if_any()?.ok_or_else(not_enrolled)?;
        context.must_hold(self.now())?;
        self.warn_of_expiry(&context);
        Ok(context)
    }

    /// Warns when a context's certificate ends soon.
    pub fn warn_of_expiry(&mut self, context: &Context) {
        if let Expiry::Near(days) = context.expiry(self.now()) {
            let name = &context.name;
            self.printer.warn(&format!(
                "the certificate of context `{name}` ends in {days} days; ask the operator for a new token and enrol again"
            ));
        }
    }

    /// Says so when a broker's business clock was moved, as it is in a demonstration.
    pub fn tell_demo_clock(&mut self, demo_clock: bool) {
        if demo_clock {
            self.printer
                .warn("DEMO CLOCK: this broker's business clock was moved; its dates are not today's");
        }
    }

    /// Reads a file that a command names, or the standard input for `-`.
    ///
    /// # Errors
    /// A usage [`Failure`] when it cannot be read or is longer than [`MAX_INPUT`].
    pub fn read(&mut self, path: &Path) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let read = if path == Path::new("-") {
            (&mut *self.stdin).take(MAX_INPUT + 1).read_to_end(&mut bytes)
        } else {
            File::open(path).and_then(|file| file.take(MAX_INPUT + 1).read_to_end(&mut bytes))
        };
        read.map_err(|why| Failure::unreadable(path, &why))?;
        if bytes.len() as u64 > MAX_INPUT {
            let shown = path.display();
            return Err(Failure::usage(format!("`{shown}` is longer than 64 MiB")).hint("send it in parts"));
        }
        Ok(bytes)
    }
}

/// There is no enrolment.
#[must_use]
pub fn not_enrolled() -> Failure {
    Failure::new(Exit::NotEnrolled, "this command needs a broker, and there is no context").hint(
        "`concordat enrol --broker HOST:PORT --fingerprint SHA256 --token-file FILE`, with what the operator handed over",
    )
}

/// How a call to a context's broker failed.
pub fn failed(context: &Context) -> impl Fn(Status) -> Failure + '_ {
    move |why| status::failure(&why, &context.facts.broker)
}
