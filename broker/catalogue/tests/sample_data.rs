//! The sample files beside the repository, where they are: counts per rule, held against a second, naive
//! implementation of some of them that shares nothing with the first but the files.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say loudly what they skip"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use common::shipped;
use concordat_catalogue::bulk::{self, File, RuleCount};
use concordat_catalogue::{check, content};
use concordat_core::finding::Severity;

/// The folder of sample data, which is no part of the repository.
fn sample(folder: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found =
        root.ancestors().map(|above| above.join("shared/data").join(folder)).find(|path| path.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: ../shared/data/{folder} is not there, so nothing was held against it");
    }
    found
}

fn files_of(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .filter(|path| path.is_file())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

/// How many rows break each rule.
fn broken(counts: &[RuleCount]) -> BTreeMap<&str, u64> {
    let mut broken = BTreeMap::new();
    for count in counts.iter().filter(|count| count.severity != Severity::NotChecked) {
        *broken.entry(count.rule.as_str()).or_default() += count.rows;
    }
    broken
}

/// A CSV file as rows of cells by column: no quoting, which the sample does not use.
fn naive(folder: &Path, file: &str) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    assert!(!text.contains('"'), "{file} would need a real reader");
    let mut lines = text.lines();
    let heading: Vec<&str> = lines.next().unwrap().split(',').collect();
    let row = |line: &str| {
        let cells = line.split(',').map(|cell| cell.trim().to_owned());
        heading.iter().map(|name| (*name).to_owned()).zip(cells).collect()
    };
    lines.filter(|line| !line.is_empty()).map(row).collect()
}

fn day(cell: &str) -> Option<jiff::civil::Date> {
    jiff::civil::Date::strptime("%d/%m/%Y", cell).ok()
}

#[test]
fn the_looked_after_sample_breaks_each_rule_as_often_as_a_naive_count_says() {
    let Some(folder) = sample("csc-903") else { return };
    let files = files_of(&folder);
    let files: Vec<File<'_>> = files.iter().map(|(name, bytes)| File { name, bytes }).collect();
    let of = shipped("ssda903-extract");
    let examined = bulk::examine(&of, &files, "2018-19".parse().unwrap(), &common::online(None));
    let found = broken(&examined.outcome.per_rule);
    eprintln!("{found:#?}");
    let count = |rule: &str| found.get(rule).copied().unwrap_or(0);

    let episodes = naive(&folder, "episodes.csv");
    assert_eq!(episodes.len(), 5_050);
    let both = episodes.iter().filter(|row| row["DEC"].is_empty() != row["REC"].is_empty()).count() as u64;
    assert_eq!((both, count("148")), (1_413, both));

    let away = ["T0", "T1", "T2", "T3", "T4", "Z1"];
    let lacking = |row: &&BTreeMap<String, String>| {
        row["PLACE_PROVIDER"].is_empty() && !away.contains(&row["PLACE"].as_str())
    };
    let lacking = episodes.iter().filter(lacking).count() as u64;
    assert_eq!(count("526"), lacking);

    // every episode against the one of the same child that began last before it, by looking at all of them
    let spans: Vec<_> =
        episodes.iter().map(|row| (&row["CHILD"], day(&row["DECOM"]), day(&row["DEC"]))).collect();
    let mut early = 0;
    for (at, (child, start, _)) in spans.iter().enumerate() {
        let Some(start) = start else { continue };
        let before = spans.iter().enumerate().filter(|(other, (of, began, _))| {
            of == child && began.is_some_and(|began| (began, *other) < (*start, at))
        });
        let prior = before.max_by_key(|(other, (_, began, _))| (*began, *other));
        early += u64::from(prior.is_some_and(|(_, (_, _, end))| end.is_some_and(|end| *start < end)));
    }
    assert_eq!(count("501"), early);

    let missing = naive(&folder, "missing.csv");
    let mut overlapping = 0;
    for (at, row) in missing.iter().enumerate() {
        let Some(start) = day(&row["MIS_START"]) else { continue };
        let overlaps = missing.iter().enumerate().any(|(other, earlier)| {
            let Some(began) = day(&earlier["MIS_START"]) else { return false };
            let sooner = earlier["CHILD"] == row["CHILD"] && (began, other) < (start, at);
            sooner && day(&earlier["MIS_END"]).is_none_or(|end| end > start)
        });
        overlapping += u64::from(overlaps);
    }
    assert_eq!(count("574"), overlapping);
    let header: Vec<String> = naive(&folder, "header.csv").iter().map(|row| row["CHILD"].clone()).collect();
    of_the_year_and_of_a_known_child(&folder, 2018, &header, &found);
    assert!(examined.outcome.findings.len() <= 1_000);
}

/// Days in the year of the return, and children that are in every table that they must be in.
fn of_the_year_and_of_a_known_child(
    folder: &Path,
    year: i16,
    header: &[String],
    found: &BTreeMap<&str, u64>,
) {
    let count = |rule: &str| found.get(rule).copied().unwrap_or(0);
    let (first, last) = (jiff::civil::date(year, 4, 1), jiff::civil::date(year + 1, 3, 31));
    let days = |file: &str, column: &str, wrong: &dyn Fn(jiff::civil::Date) -> bool| {
        naive(folder, file).iter().filter(|row| day(&row[column]).is_some_and(wrong)).count() as u64
    };
    let outside = |day| day < first || day > last;
    assert_eq!(count("354"), days("episodes.csv", "DECOM", &|day| day > last));
    assert_eq!(count("385"), days("episodes.csv", "DEC", &|day| day > last));
    assert_eq!(count("ended-before-year"), days("episodes.csv", "DEC", &|day| day < first));
    assert_eq!(count("review-outside-year"), days("reviews.csv", "REVIEW", &outside));
    assert_eq!(count("570"), days("missing.csv", "MIS_START", &|day| day > last));
    assert_eq!(count("571"), days("missing.csv", "MIS_END", &outside));

    let children = |file: &str| -> Vec<String> {
        naive(folder, &format!("{file}.csv")).iter().map(|row| row["CHILD"].clone()).collect()
    };
    for (rule, file) in [
        ("INT01", "ad1"),
        ("INT02", "placed_for_adoption"),
        ("INT03", "episodes"),
        ("INT04", "missing"),
        ("INT05", "oc2"),
        ("INT06", "oc3"),
        ("INT07", "previous_permanence"),
        ("INT08", "reviews"),
        ("INT09", "uasc"),
    ] {
        let strangers = children(file).iter().filter(|child| !header.contains(child)).count() as u64;
        assert_eq!(count(rule), strangers, "{file}");
    }
    let (episodes, leavers) = (children("episodes"), children("oc3"));
    let alone = header.iter().filter(|child| !episodes.contains(child) && !leavers.contains(child));
    assert_eq!(count("no-episode"), alone.count() as u64);
}

#[test]
fn under_an_early_year_and_without_some_children_the_sample_breaks_what_a_naive_count_says() {
    let Some(folder) = sample("csc-903") else { return };
    let mut header = Vec::new();
    let fewer = |(name, bytes): (String, Vec<u8>)| {
        let text = String::from_utf8(bytes).unwrap();
        // a child of twenty is left out of the header
        let keep = |at: usize| name != "header.csv" || at % 20 != 7;
        let lines: Vec<&str> =
            text.lines().enumerate().filter(|(at, _)| keep(*at)).map(|(_, line)| line).collect();
        if name == "header.csv" {
            header = lines.iter().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect();
        }
        (name, lines.join("\n").into_bytes())
    };
    let files: Vec<_> =
        files_of(&folder).into_iter().filter(|(name, _)| name.ends_with(".csv")).map(fewer).collect();
    let files: Vec<File<'_>> = files.iter().map(|(name, bytes)| File { name, bytes }).collect();
    let of = shipped("ssda903-extract");
    let examined = bulk::examine(&of, &files, "2015-16".parse().unwrap(), &common::online(None));
    let found = broken(&examined.outcome.per_rule);
    eprintln!("{found:#?}");
    of_the_year_and_of_a_known_child(&folder, 2015, &header, &found);
    for rule in ["354", "385", "INT03", "INT05", "INT07", "INT08"] {
        assert!(found.contains_key(rule), "{rule}: {found:?}");
    }
}

#[test]
fn of_some_hundred_children_of_the_sample_those_with_errors_are_refused_and_the_others_are_left() {
    let Some(folder) = sample("csc-903") else { return };
    let header = naive(&folder, "header.csv");
    let some: BTreeSet<&str> = header.iter().take(300).map(|row| row["CHILD"].as_str()).collect();
    let few = |(name, bytes): (String, Vec<u8>)| {
        let text = String::from_utf8(bytes).unwrap();
        let keep = |line: &&str| line.starts_with("CHILD,") || some.contains(line.split(',').next().unwrap());
        (name, text.lines().filter(keep).map(|line| format!("{line}\n")).collect::<String>().into_bytes())
    };
    let files: Vec<_> =
        files_of(&folder).into_iter().filter(|(name, _)| name.ends_with(".csv")).map(few).collect();
    let files: Vec<File<'_>> = files.iter().map(|(name, bytes)| File { name, bytes }).collect();
    let of = shipped("ssda903-extract");
    let tables = bulk::read(&of, &files).unwrap().tables;
    let checked = check(&of, common::draft(&of, "2018-19", tables), &common::offline());
    let part = checked.in_part.unwrap();
    assert_eq!(part.accepted as usize + part.refused.len(), some.len());

    let by = |rule: &str| -> BTreeSet<&str> {
        let breaks = part.refused.iter().filter(|one| one.rules.iter().any(|known| known.as_str() == rule));
        breaks.map(|one| one.record.as_str()).collect()
    };
    let episodes = naive(&folder, "episodes.csv");
    let half = |row: &&BTreeMap<String, String>| {
        some.contains(row["CHILD"].as_str()) && row["DEC"].is_empty() != row["REC"].is_empty()
    };
    assert_eq!(by("148"), episodes.iter().filter(half).map(|row| row["CHILD"].as_str()).collect());

    // what is left, counted by looking at the sample's rows
    let refused: BTreeSet<&str> = part.refused.iter().map(|one| one.record.as_str()).collect();
    let (_, _, left) = content::decode(checked.valid.unwrap().content().unwrap()).unwrap();
    for file in ["header", "episodes", "reviews"] {
        let stays = |row: &&BTreeMap<String, String>| {
            some.contains(row["CHILD"].as_str()) && !refused.contains(row["CHILD"].as_str())
        };
        let wanted = naive(&folder, &format!("{file}.csv")).iter().filter(stays).count();
        let table = left.iter().find(|table| table.name == file).unwrap();
        assert_eq!(table.height(), wanted, "{file}");
        assert!(table.rows().all(|row| !refused.contains(row.get(0).unwrap())), "{file}");
    }
    assert!(!refused.is_empty() && part.accepted > 0);
}

/// The texts of an element in a message, in order, found without a parser: the sample has no attributes,
/// comments or namespaces.
fn texts<'x>(text: &'x str, element: &str) -> Vec<&'x str> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let after = text.split(&open).skip(1);
    after.map(|rest| rest.split(&close).next().unwrap()).collect()
}

#[test]
fn the_census_sample_breaks_rules_as_often_as_a_naive_count_says() {
    let Some(folder) = sample("csc-cin") else { return };
    let bytes = std::fs::read(folder.join("fake_CIN_data.xml")).unwrap();
    let text = std::str::from_utf8(&bytes).unwrap();
    let of = shipped("cin-census");
    let file = File { name: "fake_CIN_data.xml", bytes: &bytes };
    let examined = bulk::examine(&of, &[file], "2021-22".parse().unwrap(), &common::online(None));
    let found = broken(&examined.outcome.per_rule);
    eprintln!("{:#?}\n{found:#?}", examined.rows);
    let count = |rule: &str| found.get(rule).copied().unwrap_or(0);

    let rows: BTreeMap<_, _> =
        examined.rows.iter().map(|(name, rows)| (name.as_str(), rows.unwrap())).collect();
    assert_eq!(rows["children"], text.matches("<Child>").count());
    assert_eq!(rows["plan_reviews"], text.matches("<CPPreviewDate>").count());

    // the letter of a UPN by its sum, the letters written out as the guide numbers them
    let letters = "ABCDEFGHJKLMNPQRTUVWXYZ";
    let wrong = |upn: &&&str| {
        let sum: u32 =
            upn[1..].chars().zip(2..).map(|(digit, weight)| digit.to_digit(10).unwrap() * weight).sum();
        letters.chars().nth(sum as usize % 23) != upn.chars().next()
    };
    // twelve characters are no UPN and have no letter to check
    let whole: Vec<&str> = texts(text, "UPN").into_iter().filter(|upn| upn.len() == 13).collect();
    assert_eq!(count("1510"), whole.iter().filter(wrong).count() as u64);

    let children = texts(text, "Child");
    let births =
        |child: &&&str| child.contains("<PersonBirthDate>") == child.contains("<ExpectedPersonBirthDate>");
    assert_eq!(count("8525"), children.iter().filter(births).count() as u64);
    let sexless = |child: &&&str| texts(child, "GenderCurrent").is_empty() && texts(child, "Sex").is_empty();
    assert_eq!(count("4180"), children.iter().filter(sexless).count() as u64);
    let early: usize = texts(text, "CINdetails")
        .iter()
        .map(|details| {
            let referral = texts(details, "CINreferralDate")[0];
            texts(details, "AssessmentActualStartDate").iter().filter(|start| **start < referral).count()
        })
        .sum();
    assert_eq!(count("1103"), early as u64);
    assert_eq!(count("100"), 1, "the reference date of the sample is in July");
}
