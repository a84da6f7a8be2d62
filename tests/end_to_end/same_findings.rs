//! What the client finds in a file before it is sent is what the broker finds in what was sent: for every fixture of
//! every rule of every type, and for every rule that the client does not leave to the broker.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use concordat_catalogue::{Catalogue, ReturnType, part_of};
use concordat_core::clock::{Clock, MachineClock, OffsetClock};
use concordat_core::table::Table;
use concordat_tests::{Person, Said, Scene};

use jiff::Timestamp;

use super::templates::fixtures::{self as cases, in_need, looked_after};

/// Findings that one of the two makes alone, and why.
const ALONE: &[(&str, &str)] = &[
    ("file-period", "the client looks whether a file is of another period than the command says"),
    ("tainted", "the broker alone knows which periods within twelve months never came, or came late"),
    ("X2", "only the broker holds other agencies' returns"),
    ("X3", "only the broker holds other agencies' returns"),
    ("X6", "only the broker holds other agencies' returns"),
    ("X7", "only the broker holds other agencies' returns"),
    ("MACE-R3", "only the broker holds other agencies' returns"),
    ("X1", "only the broker can count the notices that were sent"),
    ("X10-", "only the broker holds the other quarters of the year"),
    ("X11-", "only the broker holds what was published"),
];

/// Whether a rule is the one named, or of the family whose name ends in a dash.
fn is_of(named: &str, rule: &str) -> bool {
    if named.ends_with('-') { rule.starts_with(named) } else { rule == named }
}

/// Who sends a return, a person for each type, and in which role.
fn sender(of: &ReturnType, tables: &[Table]) -> (String, &'static str) {
    let kind = match part_of(of, tables) {
        Some(kind) => kind.as_str(),
        None => match of.id.as_str() {
            "cds-police-quarterly" | "marac-quarterly" | "missing-episode" | "mace-quarterly" => "police",
            "cds-health-quarterly" | "lac-health-assessments-quarterly" => "health",
            "cds-education-quarterly" => "education",
            "lado-quarterly" | "lado-outcome" => "lado",
            "published-figures" => "partnership",
            _ => "local_authority",
        },
    };
    let (agency, role) = match kind {
        "police" => ("metropolitan-police", "submitter"),
        "health" => ("homerton", "submitter"),
        "education" => ("hackney-education", "submitter"),
        "lado" => ("hackney-lado", "lado"),
        "partnership" => ("chscp", "partnership-analyst"),
        _ => ("hackney-council", "submitter"),
    };
    (format!("{agency}/{}", of.id), role)
}

/// A file as a user has it.
struct Fixture {
    of: Arc<ReturnType>,
    covers: String,
    about: String,
    sender: (String, &'static str),
    files: BTreeMap<String, String>,
}

fn csv_of(table: &Table) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&table.columns).unwrap();
    table.rows().for_each(|row| writer.write_record(row.iter()).unwrap());
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

fn shipped(id: &str) -> Arc<ReturnType> {
    let day = "2023-03-31".parse().unwrap();
    Catalogue::built_in().in_force(&id.parse().unwrap(), day).unwrap()
}

/// Every fixture that there is, each file once.
fn fixtures() -> Vec<Fixture> {
    let mut all = Vec::new();
    let mut add = |of: &Arc<ReturnType>, covers: &str, about: &str, table: Table| {
        let files = BTreeMap::from([("return.csv".to_owned(), csv_of(&table))]);
        let sender = sender(of, std::slice::from_ref(&table));
        all.push(Fixture { of: Arc::clone(of), covers: covers.into(), about: about.into(), sender, files });
    };
    let annual = shipped("core-data-set-annual");
    for (id, kept, broken) in cases::ANNUAL {
        add(&annual, "2022-23", id, cases::long(&annual, &[kept]));
        add(&annual, "2022-23", id, cases::long(&annual, &[kept, broken]));
    }
    for (id, both) in cases::additive(&annual) {
        both.iter()
            .for_each(|cells| add(&annual, "2022-23", &id, cases::long(&annual, &[&cases::figures(cells)])));
    }
    for (id, covers, base, _, cases) in cases::FIXTURES {
        let of = shipped(id);
        for (rule, kept, broken) in *cases {
            add(&of, covers, rule, cases::row(&[base, kept]));
            add(&of, covers, rule, cases::row(&[base, kept, broken]));
        }
        for (rule, both) in cases::additive(&of) {
            both.iter().for_each(|cells| add(&of, covers, &rule, cases::row(&[base, &cases::of_row(cells)])));
        }
    }
    let mut add = |of: &Arc<ReturnType>, covers: &str, about: &str, files| {
        let sender = sender(of, &[]);
        all.push(Fixture { of: Arc::clone(of), covers: covers.into(), about: about.into(), sender, files });
    };
    let (children, census) = (shipped("ssda903-extract"), shipped("cin-census"));
    for fixture in looked_after::FIXTURES {
        for folder in [fixture.broken(), fixture.kept()] {
            add(&children, "2023-24", fixture.rule, folder);
        }
    }
    for fixture in in_need::FIXTURES {
        for edits in [fixture.breaks, fixture.passes] {
            let files = BTreeMap::from([("census.xml".to_owned(), in_need::message(edits))]);
            add(&census, "2023-24", fixture.rule, files);
        }
    }
    let mut seen = BTreeSet::new();
    all.retain(|fixture| seen.insert((fixture.of.id.to_string(), fixture.files.clone())));
    all
}

/// Writes a fixture: a folder where it has several files.
fn written(folder: PathBuf, fixture: &Fixture) -> String {
    for (name, text) in &fixture.files {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let path = match fixture.files.keys().collect::<Vec<_>>().as_slice() {
        [name] => folder.join(name),
        _ => folder,
    };
    path.to_string_lossy().into_owned()
}

/// Findings as sets: rule, severity, table, row, column, text, figures. Apart, the rules left to the broker.
fn found(said: &Said, what: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let data = said.data();
    let findings = data["findings"].as_array().unwrap_or_else(|| panic!("{what}: no findings in {said:?}"));
    let rule = |finding: &serde_json::Value| finding["rule"].as_str().unwrap().to_owned();
    let left =
        |finding: &&serde_json::Value| finding["text"].as_str().unwrap().starts_with("not checked offline");
    let left = findings.iter().filter(left).map(rule).collect();
    let own = findings.iter().filter(|finding| !ALONE.iter().any(|(alone, _)| is_of(alone, &rule(finding))));
    (own.map(|finding| format!("{}: {finding}", rule(finding))).collect(), left)
}

struct Sending<'s> {
    scene: &'s Scene,
    clock: Arc<dyn Clock>,
    runtime: tokio::runtime::Runtime,
    person: &'s Person,
}

impl Sending<'_> {
    fn run(&self, args: &[&str]) -> Said {
        self.runtime.block_on(self.person.run_by(Arc::clone(&self.clock), args))
    }

    /// How many findings both made of a fixture.
    fn both(&self, at: usize, fixture: &Fixture) -> usize {
        let Fixture { of, covers, about, .. } = fixture;
        let what = format!("{} {about} ({at})", of.id);
        let file = written(self.scene.folder(&format!("fixture-{at}")), fixture);
        let mut args = vec!["--type", of.id.as_str(), &file, "-o", "json"];
        if of.event_id.is_none() {
            args.extend(["--period", covers]);
        }
        let offline = self.run(&[&["validate"], args.as_slice()].concat());
        let sent = self.run(&[&["submit", "--no-check"], args.as_slice()].concat());
        assert!([0, 3].contains(&sent.code), "{what}: {sent:#?}");
        if let Some(id) = sent.data()["submission"].as_str() {
            // recorded, if only in part: out of the way of the next
            let _ = self.run(&["withdraw", id, "--reason", "wrong_period"]).ended(0);
        }
        let ((client, left), (broker, _)) = (found(&offline, &what), found(&sent, &what));
        assert!(!left.is_empty() || offline.code == sent.code, "{what}: {offline:#?} {sent:#?}");
        let decided = |findings: BTreeSet<String>| -> BTreeSet<String> {
            let of_left =
                |finding: &String| left.iter().any(|rule| finding.starts_with(&format!("{rule}: ")));
            findings.into_iter().filter(|finding| !of_left(finding)).collect()
        };
        let (client, broker) = (decided(client), decided(broker));
        assert_eq!(client, broker, "{what}");
        client.len()
    }
}

#[test]
fn the_broker_finds_in_every_fixture_what_the_client_found_offline() {
    let mut scene = super::scene();
    let fixtures = fixtures();
    let mut by_sender = BTreeMap::new();
    for (at, fixture) in fixtures.iter().enumerate() {
        let (who, role) = &fixture.sender;
        let of = by_sender.entry(who.as_str()).or_insert_with(|| (scene.person(who, &[role]), Vec::new()));
        of.1.push((at, fixture));
    }
    // both judge by one clock: a little past the time for which the fixtures are made
    let to: Timestamp = "2023-04-20T09:02:30Z".parse().unwrap();
    let clock = OffsetClock::new(Arc::new(MachineClock));
    clock.set_offset_us(to.as_microsecond() - MachineClock.machine_now().as_microsecond());
    super::move_clock(&scene, &to.to_string());
    // every sender in a thread of its own: mostly they wait for the disk
    let told: usize = std::thread::scope(|threads| {
        let each = by_sender.values().map(|(person, fixtures)| {
            let (scene, clock) = (&scene, Arc::new(clock.clone()));
            threads.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let sending = Sending { scene, clock, runtime, person };
                fixtures.iter().map(|(at, fixture)| sending.both(*at, fixture)).sum::<usize>()
            })
        });
        each.collect::<Vec<_>>().into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    println!("{} fixtures, {told} findings made by both", fixtures.len());
    assert!(
        fixtures.len() > 400 && told > fixtures.len() / 2,
        "{} fixtures, {told} findings",
        fixtures.len()
    );
    let types: BTreeSet<_> = fixtures.iter().map(|fixture| fixture.of.id.as_str()).collect();
    let catalogue = Catalogue::built_in();
    let shipped: BTreeSet<_> = catalogue.types().iter().map(|of| of.id.as_str()).collect();
    assert_eq!(types, shipped);
}

/// Sends a folder about a year and gives the rules that were found broken, and the submission.
fn year(
    scene: &Scene,
    person: &Person,
    period: &str,
    files: &BTreeMap<String, String>,
) -> (BTreeSet<String>, String) {
    let folder = scene.folder(&format!("year-{period}"));
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let folder = folder.to_string_lossy().into_owned();
    let args = ["submit", "--type", "ssda903-extract", "--period", period, &folder, "-o", "json"];
    let data = person.run(&args).ended(0).data();
    let findings = data["findings"].as_array().unwrap().iter();
    let broken = findings.filter(|finding| finding["severity"] != "not_checked");
    (
        broken.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect(),
        super::submission_of(&data),
    )
}

#[test]
fn every_rule_that_looks_back_is_broken_and_kept_after_a_year_that_the_broker_holds() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let withdraw = |id: &str| council.run(&["withdraw", id, "--reason", "wrong_period"]).ended(0);
    let mut seen = 0;
    for fixture in looked_after::FIXTURES {
        let Some(before) = fixture.earlier() else { continue };
        let (_, last) = year(&scene, &council, "2022-23", &before);
        let breaks: Vec<&str> = fixture.also.iter().copied().chain([fixture.rule]).collect();
        for (folder, wanted) in [(fixture.broken(), breaks), (fixture.kept(), Vec::new())] {
            let (broken, this) = year(&scene, &council, "2023-24", &folder);
            assert_eq!(broken, wanted.into_iter().map(str::to_owned).collect(), "{}", fixture.rule);
            let _ = withdraw(&this);
        }
        let _ = withdraw(&last);
        seen += 1;
    }
    assert!(seen >= 20, "{seen}");
}
