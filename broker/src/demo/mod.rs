//! The demonstration: a partnership's year through a real broker, with real sockets, certificates and processes,
//! driven by the very commands that users type. Every figure that is told was read from a reply.
//!
//! - [`steps`]: the story, one file a step; [`story`] runs them in order and closes with counts and timings
//! - [`stage`]: what every step works on; [`person`] and [`operator`] type commands there,
//!   [`sending`] words one of them, [`unchecked`] goes round the client's checks
//! - [`process`]: the broker in a process of its own; [`ports`]: where it listens
//! - [`figures`]: the published figures; [`tree`]: copies of the broker's directory; [`to_try`]: what `--serve` prints
//! - [`claim`]: expected against found; [`telling`]: sentences and tables, or one document; [`json`]: reading replies

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::outcome::{Exit, Failure};
use crate::printer::Printer;
use crate::{private, shutdown};

pub mod claim;
pub mod figures;
pub mod json;
pub mod operator;
pub mod person;
pub mod ports;
pub mod process;
pub mod sending;
pub mod stage;
pub mod steps;
pub mod story;
pub mod telling;
pub mod to_try;
pub mod tree;
pub mod unchecked;

/// How long an interrupted story may take to notice.
const NOTICE: Duration = Duration::from_secs(3);

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Print one JSON document instead of the story.
    #[arg(long)]
    pub json: bool,
    /// Keep the broker serving afterwards, until ctrl-c, and say which commands to try. The folder stays.
    #[arg(long)]
    pub serve: bool,
    /// Work in this folder, which must be empty or not there yet, and leave it [default: a temporary one].
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// Runs the demonstration.
///
/// # Errors
/// [`Failure`] naming the step that does not hold, with what was expected and what was found; or that the
/// demonstration was interrupted or could not begin.
pub async fn run(args: DemoArgs, printer: Printer) -> Result<Exit, Failure> {
    let folder = Folder::make(&args)?;
    let program = std::env::current_exe().map_err(|e| Failure::of("finding the broker's program", &e))?;
    let process =
        process::Process::of(&program, &stage::broker_dir(folder.path()), &folder.path().join("broker.log"));
    let process = Arc::new(process);
    let mut ended = begin(&args, printer, folder.path(), &program, &process)?;
    let told = tokio::select! {
        told = &mut ended => told,
        signal = interrupted() => {
            process.close();
            // what the story still writes must not outlive the folder
            let _ = tokio::time::timeout(NOTICE, ended).await;
            return Err(Failure::new(format!("{}; the demonstration's broker was ended", signal?)));
        }
    };
    let told = told.unwrap_or_else(|_| Err("the demonstration ended unexpectedly".to_owned()));
    if let Err(why) = told {
        let hint = match folder {
            Folder::Temporary(_) => "run it again with `--dir DIR` to look at what it leaves".to_owned(),
            Folder::Kept(path) => format!("what it left is in `{}`", path.display()),
        };
        return Err(Failure::new(format!("{why}\n{hint}")));
    }
    if args.serve {
        serve_on(&process, &folder, &args, printer).await?;
    }
    Ok(Exit::Ok)
}

/// Waits for a signal that ends the demonstration; a terminal that is closed is one.
async fn interrupted() -> Result<String, Failure> {
    let failed = |e: std::io::Error| Failure::of("waiting for signals", &e);
    let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
    let heard = tokio::select! {
        heard = shutdown::signalled() => heard.map_err(failed)?,
        _ = hangup.recv() => "SIGHUP",
    };
    Ok(format!("stopped by {heard}"))
}

type Told = Result<(), String>;

/// Tells the story in a thread of its own: its commands bring their own runtime, as the client's program does.
fn begin(
    args: &DemoArgs,
    printer: Printer,
    root: &Path,
    program: &Path,
    process: &Arc<process::Process>,
) -> Result<oneshot::Receiver<Told>, Failure> {
    let (sender, receiver) = oneshot::channel();
    let (root, program, process) = (root.to_owned(), program.to_owned(), Arc::clone(process));
    let json = args.json;
    let serve = args.serve;
    let tell = move || {
        let demo_clock = Arc::default();
        let mut telling = telling::Telling::new(printer, json, &root.display().to_string(), &demo_clock);
        let told = stage::Stage::new(&root, &program, process, &demo_clock)
            .map_err(|why| why.to_string())
            .and_then(|mut stage| {
                story::tell(&mut stage, &mut telling)?;
                if serve { stage.process.start().map(drop).map_err(|why| why.to_string()) } else { Ok(()) }
            });
        // nobody listens any more when the demonstration was interrupted
        let _ = sender.send(told);
    };
    let thread = std::thread::Builder::new().name("demo".to_owned()).spawn(tell);
    thread.map_err(|e| Failure::of("beginning the demonstration", &e))?;
    Ok(receiver)
}

/// Keeps the broker up until a signal, and says what to try meanwhile.
async fn serve_on(
    process: &Arc<process::Process>,
    folder: &Folder,
    args: &DemoArgs,
    printer: Printer,
) -> Result<(), Failure> {
    let say = |line: &str| if args.json { printer.say(line) } else { printer.data(line) };
    say(&to_try::words(folder.path(), &program_of_the_client()));
    interrupted().await?;
    let stopping = Arc::clone(process);
    let stopped = tokio::task::spawn_blocking(move || stopping.stop()).await;
    stopped
        .map_err(|e| Failure::of("stopping the broker", &e))?
        .map_err(|why| Failure::new(why.to_string()))?;
    say(&format!("The broker stopped. What it left is in {}.", folder.path().display()));
    Ok(())
}

/// The client's program beside this one, or the way to have it built.
fn program_of_the_client() -> String {
    let beside = std::env::current_exe().ok().map(|program| program.with_file_name("concordat"));
    match beside.filter(|program| program.is_file()) {
        Some(program) => person::quoted(&program.display().to_string()),
        None => "cargo run -q --release -p concordat-cli --".to_owned(),
    }
}

/// The folder of the demonstration: temporary unless it is to stay.
enum Folder {
    Temporary(tempfile::TempDir),
    Kept(PathBuf),
}

impl Folder {
    fn make(args: &DemoArgs) -> Result<Self, Failure> {
        let making = |e: std::io::Error| Failure::of("making the demonstration's folder", &e);
        let Some(dir) = &args.dir else {
            let temporary = tempfile::Builder::new().prefix("concordat-demo-").tempdir().map_err(making)?;
            return Ok(if args.serve { Self::Kept(temporary.keep()) } else { Self::Temporary(temporary) });
        };
        private::make_dir(dir).map_err(|e| Failure::of("making the demonstration's folder", &e))?;
        let dir = dir.canonicalize().map_err(making)?;
        if dir.read_dir().map_err(making)?.next().is_some() {
            let text =
                format!("`{}` is not empty; name a folder that is, or that is not there yet", dir.display());
            return Err(Failure::new(text));
        }
        Ok(Self::Kept(dir))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Temporary(temporary) => temporary.path(),
            Self::Kept(path) => path,
        }
    }
}
