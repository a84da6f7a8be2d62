use super::*;
use crate::sample;

mod brute;

const DAY: &str = "2026-11-22";

fn against_sample(file: &str, change: impl FnOnce(&str) -> String) -> Diff {
    against(sample::with(file, change))
}

/// The sample beside other files, with the rows that these give.
fn against(files: Vec<(String, Vec<u8>)>) -> Diff {
    let new = Bundle::from_files(sample::regenerated(files), &sample::known());
    let new = new.unwrap_or_else(|complaints| panic!("{complaints:?}"));
    diff(&sample::bundle(), &new, DAY.parse().unwrap())
}

fn texts(lines: &[Access]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

#[test]
fn a_bundle_beside_itself_shows_no_change() {
    let diff = diff(&sample::bundle(), &sample::bundle(), DAY.parse().unwrap());
    assert!(diff.is_empty() && !diff.widens());
    assert_eq!(diff.to_string(), "no change\n");
}

/// What follows each of the heads, the last first.
fn reversed(head: &str, text: &str, each: &dyn Fn(&str) -> String) -> String {
    let mut parts = text.split(head);
    let before = parts.next().unwrap();
    let turned = parts.fold(String::new(), |after, part| format!("{head}{}{after}", each(part)));
    format!("{before}{turned}")
}

#[test]
fn rows_in_another_order_are_no_change() {
    let mut files = sample::files();
    for (file, bytes) in &mut files {
        let text = std::str::from_utf8(bytes).unwrap();
        match file.as_str() {
            "by-hand.csv" => {
                let mut lines: Vec<&str> = text.lines().collect();
                lines[1..].reverse();
                *bytes = (lines.join("\n") + "\n").into_bytes();
            }
            "agreements.toml" => {
                let reversed = reversed("[[agreement]]\n", text, &|agreement| {
                    reversed("[[agreement.clause]]\n", agreement, &str::to_owned)
                });
                *bytes = reversed.into_bytes();
            }
            _ => {}
        }
    }
    let new = Bundle::from_files(sample::regenerated(files.clone()), &sample::known()).unwrap();
    assert_ne!(new.rules().next(), sample::bundle().rules().next());
    let diff = against(files);
    assert!(diff.is_empty(), "{diff}");
}

#[test]
fn a_wider_area_is_told_as_what_it_opens() {
    let diff = against_sample("agreements.toml", |text| {
        sample::in_clause(text, "READ-30", "areas = \"shared\"", "areas = \"*\"")
    });
    assert_eq!(
        texts(&diff.gains),
        ["reader of any local_authority agency: gains read of missing-episode sent by others, for \
             P1-safeguard-child, outside its areas, or in none, through `full`, unless withheld, until 2027-03-31"]
    );
    assert!(diff.losses.is_empty());
    assert_eq!(diff.edits.len(), 1);
    assert_eq!(diff.edits[0].text, "area shared -> *");
}

#[test]
fn a_deny_that_is_taken_away_is_a_gain_for_those_whom_it_alone_kept_out() {
    let without = |id: &'static str| {
        move |text: &str| {
            text.lines()
                .filter(|line| !line.starts_with(id))
                .map(|line| format!("{line}\n"))
                .collect::<String>()
        }
    };
    let all = against_sample("by-hand.csv", without("DENY-01,"));
    assert!(all.widens() && all.losses.is_empty());
    assert!(all.gains.iter().all(|gain| gain.purposes == [None]), "{all}");
    let manager = against_sample("by-hand.csv", without("DENY-02,"));
    for gain in &manager.gains {
        assert!(
            gain.roles.iter().all(|set| set.contains(&"partnership-manager".parse().unwrap())),
            "{}",
            gain.text
        );
    }
    assert!(
        manager.widens(),
        "whoever is analyst too, and the manager's own aggregate returns said to be about persons"
    );
}

#[test]
fn a_profile_that_keeps_more_is_a_gain_of_those_fields_and_weaker_suppression_too() {
    let diff = against_sample("profiles/child-in-care.toml", |text| {
        text.replace("placement_postcode = \"drop\"", "placement_postcode = \"keep\"")
    });
    assert!(
        diff.gains.iter().all(|gain| gain.fields == ["`placement_postcode` (address_confidential is yes)"]),
        "{diff}"
    );
    assert!(
        diff.gains
            .iter()
            .any(|gain| gain.text.starts_with("designated-nurse of any health agency: sees more")),
        "{diff}"
    );
    assert!(diff.losses.is_empty());
    // the first part of a postcode shows less than the whole of it, and other than an age
    let base = "placement_postcode = \"outward_postcode\"";
    let diff = against_sample("profiles/child-in-care.toml", |text| {
        text.replace(base, "placement_postcode = \"keep\"")
    });
    assert!(diff.widens() && !diff.narrows(), "{diff}");
    let diff = against_sample("profiles/child-in-care.toml", |text| {
        text.replace(base, "placement_postcode = \"age_band\"")
    });
    assert!(diff.widens() && diff.narrows(), "{diff}");
    let diff = against_sample("suppression/dfe.toml", |text| text.replace("to = 5", "to = 4"));
    assert!(diff.widens() && diff.losses.is_empty(), "{diff}");
    assert!(
        diff.gains.iter().all(|gain| gain.fields.iter().all(|field| field.starts_with("small counts"))),
        "{diff}"
    );
    let diff = against_sample("suppression/dfe.toml", |text| text.replace("to = 5", "to = 6"));
    assert!(!diff.widens() && diff.narrows(), "{diff}");
}

#[test]
fn a_later_end_is_a_gain_from_the_day_after() {
    let diff = against_sample("agreements.toml", |text| {
        sample::in_clause(text, "READ-10", "profile =", "until = \"2027-02-28\"\nprofile =")
    });
    assert_eq!(
        texts(&diff.losses),
        [
            "lado of any lado agency: loses read of lado-notification sent by others, for P2-manage-allegation, \
             touching its areas, through `full`, from 2027-03-01 until 2027-03-31"
        ]
    );
    assert!(diff.gains.is_empty());
}

#[test]
fn agencies_kinds_areas_and_types_count_too() {
    let (old, day) = (sample::bundle(), DAY.parse().unwrap());
    let under = |files: Vec<(String, Vec<u8>)>, change: &dyn Fn(&mut crate::vocabulary::Known)| {
        let mut known = sample::known();
        change(&mut known);
        Bundle::from_files(sample::regenerated_for(files, &known), &known).unwrap()
    };
    let with =
        |change: &dyn Fn(&mut crate::vocabulary::Known)| diff(&old, &under(sample::files(), change), day);
    let area = with(&|known| known.agencies[2].areas.push(sample::CITY.parse().unwrap()));
    assert!(area.widens(), "{area}");
    assert!(
        area.gains.iter().all(|gain| gain.agencies == ["metropolitan-police".parse().unwrap()]),
        "{area}"
    );
    assert!(area.gains.iter().any(|gain| gain.areas.contains(sample::CITY)), "{area}");
    let another = |known: &mut crate::vocabulary::Known| {
        let mut force = known.agencies[2].clone();
        force.id = "transport-police".parse().unwrap();
        known.agencies.push(force);
    };
    let signed = sample::with("agreements.toml", |text| {
        let text = text.replacen("parties = [\n", "parties = [\n    \"transport-police\",\n", 1);
        let by = "{ party = \"transport-police\", office = \"Chief Constable\", on = \"2022-03-14\" }";
        text.replacen("signed = [\n", &format!("signed = [\n    {by},\n"), 1)
    });
    let more = diff(&old, &under(signed, &another), day);
    assert!(more.gains.iter().any(|gain| gain.text.contains("transport-police (police): gains")), "{more}");
    let no_party = with(&another);
    assert!(!no_party.widens(), "whoever is party to nothing gains nothing: {no_party}");
    let figures = under(sample::files(), &|known| known.types[16].1 = false);
    let person = diff(&figures, &old, day);
    assert!(person.narrows(), "{person}");
}

#[test]
fn roles_that_another_kind_may_hold_and_purposes_that_are_new_count_too() {
    let diff = against_sample("roles.csv", |text| text.replace("lado,lado,", "lado,lado police,"));
    assert!(diff.widens() && diff.losses.is_empty());
    assert!(diff.gains.iter().all(|gain| gain.text.starts_with("lado of any police agency")), "{diff}");
    let diff = against_sample("purposes.toml", |text| {
        format!(
            "{text}\n[[purpose]]\nid = \"P9-other\"\ntext = \"t\"\narticle6 = \"6(1)(e)\"\ngateway = [\"g\"]\n"
        )
    });
    assert!(diff.gains.iter().all(|gain| gain.purposes == [Some("P9-other".parse().unwrap())]), "{diff}");
    assert!(diff.widens(), "rows for any purpose allow the new one");
}
