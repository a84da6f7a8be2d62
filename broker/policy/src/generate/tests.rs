mod signing;

use concordat_core::agency::Kind;
use concordat_core::decision::{Act, DecisionRequest};

use super::*;
use crate::bundle::Bundle;
use crate::policy::Policy;
use crate::sample::{self, HACKNEY};

/// The rows of the sample whose ids start so, after an edit of `agreements.toml`.
fn rows(start: &str, edit: impl FnOnce(&str) -> String) -> Vec<String> {
    let text = generate(sample::with("agreements.toml", edit), &sample::known()).unwrap();
    text.lines().filter(|line| line.starts_with(start)).map(str::to_owned).collect()
}

fn ids(rows: &[String]) -> Vec<&str> {
    rows.iter().map(|row| row.split(',').next().unwrap()).collect()
}

/// The agreements after an agency took its signature back from one of them.
fn unsigned(id: &str, party: &str) -> impl FnOnce(&str) -> String {
    let (id, line) = (format!("id = \"{id}\""), format!("    {{ party = \"{party}\""));
    move |text| {
        let at = text.find(&id).unwrap();
        let from = at + text[at..].find(&line).unwrap();
        let until = from + text[from..].find('\n').unwrap() + 1;
        format!("{}{}", &text[..from], &text[until..])
    }
}

#[test]
fn the_committed_rows_are_those_that_the_agreements_give() {
    let files = sample::files();
    let (_, committed) = files.iter().find(|(path, _)| path == "rules.csv").unwrap();
    let text = generate(files.clone(), &sample::known()).unwrap();
    assert_eq!(text.as_bytes(), committed);
    let without = files.iter().filter(|(path, _)| path != "rules.csv").cloned();
    assert_eq!(generate(without, &sample::known()).unwrap(), text, "what is committed does not count");
}

#[test]
fn rows_that_are_not_what_the_agreements_give_are_refused_with_the_first_that_differs() {
    let said = |change: &dyn Fn(&str) -> String| {
        let complaints = sample::complaints(sample::with("rules.csv", change));
        assert_eq!(complaints.len(), 1, "{complaints:#?}");
        complaints.concat()
    };
    let widened = said(&|text| text.replacen("own,own,rt:cds-csc", "own,*,rt:cds-csc", 1));
    assert!(
        widened.starts_with("rules.csv:4: should read `SUB-03,role:submitter+kind:local_authority,"),
        "{widened}"
    );
    assert!(widened.ends_with("then run `concordat policy generate DIR` with this folder"), "{widened}");
    let line = "DENY-01,*,city-and-hackney,*,*,*,read,none,*,0000-01-01,9999-12-31,none,deny\n";
    let dropped = said(&|text| text.replacen(line, "", 1));
    assert!(dropped.contains("should read `DENY-01,*"), "a deny cannot be lost: {dropped}");
    let cut = said(&|text| text[..text.trim_end().rfind('\n').unwrap() + 1].to_owned());
    assert!(cut.contains("ends too early: here should stand `DENY-14,"), "{cut}");
    let added = said(&|text| format!("{text}{}", line.replace("DENY-01", "DENY-99").replace("read", "list")));
    assert!(added.contains("stands in no agreement and not in by-hand.csv"), "{added}");
}

#[test]
fn a_clause_of_one_row_gives_it_its_id_and_any_other_what_tells_its_rows_apart() {
    assert_eq!(ids(&rows("SUB-02", str::to_owned)), ["SUB-02"]);
    assert_eq!(
        ids(&rows("SUB-EXTRACTS", str::to_owned)),
        ["SUB-EXTRACTS.ssda903-extract", "SUB-EXTRACTS.cin-census"]
    );
    assert_eq!(ids(&rows("COMP-ALL", str::to_owned)).len(), 2);
    assert!(ids(&rows("SUB-ATTEST", str::to_owned)).contains(&"SUB-ATTEST.health.declare-nil"));
    // what stands before a row does not change what it is called
    let turned = rows("SUB-MACE", |text| {
        let who = "\"role:submitter+kind:police\", \"role:submitter+kind:local_authority\"";
        assert!(text.contains(who));
        text.replace(who, "\"role:submitter+kind:local_authority\", \"role:submitter+kind:police\"")
    });
    assert_eq!(ids(&turned), ["SUB-MACE.local_authority", "SUB-MACE.police", "SUB-MACE.education"]);
}

#[test]
fn rows_that_could_not_be_called_apart_or_say_the_same_are_refused() {
    let said = |from: &str, to: &str| {
        let files = sample::with("agreements.toml", |text| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
        let complaints = generate(files, &sample::known()).unwrap_err();
        complaints.iter().map(|c| format!("{c}\n")).collect::<String>()
    };
    let kind = "\"kind:police\", \"kind:local_authority\", \"kind:health\", \"kind:education\"";
    let same = said("acts = [\"declare-nil\"]", "acts = [\"submit\"]");
    assert!(same.contains("ISA-CDS.SUB-04.who: `SUB-04` would say the same as `SUB-01`"), "{same}");
    let overlap = said(kind, "\"kind:police\", \"kind:police\"");
    assert!(overlap.contains("DEL-MACE.who: names something twice"), "{overlap}");
    let taken = said("id = \"SUB-23\"", "id = \"DENY-01\"");
    assert!(taken.contains("`DENY-01` stands in line"), "{taken}");
}

#[test]
fn a_word_that_reaches_one_who_has_not_signed_becomes_a_row_for_each_who_has() {
    let narrowed = rows("READ-05", unsigned("ISA-CDS", "elft"));
    assert_eq!(ids(&narrowed), ["READ-05.nhs-nel-icb", "READ-05.homerton"]);
    assert!(
        narrowed[1].contains(",role:reader+agency:homerton,city-and-hackney,other,shared,"),
        "{narrowed:?}"
    );
    let role = rows("SUB-01", unsigned("ISA-CDS", "elft"));
    assert_eq!(role.len(), 13, "a role alone is narrowed too: {role:?}");
    assert!(role.iter().all(|row| !row.contains("elft") && row.contains("role:submitter+agency:")));
    assert_eq!(ids(&rows("READ-04", unsigned("ISA-CDS", "elft"))), ["READ-04"], "others stay as they are");
    let one = rows("DEL-ENTRY", unsigned("ISA-CHILD-IN-CARE", "homerton"));
    assert_eq!(ids(&one), ["DEL-ENTRY"], "of two one is left");
    assert!(one[0].contains(",agency:nhs-nel-icb,"));
}

#[test]
fn data_of_one_who_has_not_signed_is_reached_by_no_row() {
    // the trust may still send the national return, under another agreement
    let delivered = rows("DEL-01", unsigned("ISA-CDS", "homerton"));
    assert!(
        delivered.iter().all(|row| row.contains(",agency:")),
        "owners are named one by one: {delivered:?}"
    );
    assert!(delivered.iter().any(|row| row.contains(",agency:elft,")));
    assert!(!delivered.iter().any(|row| row.contains("homerton")));
    let long = rows("READ-OWN-PERSON", unsigned("TERMS-BROKER", "homerton"));
    assert_eq!((long.len(), ids(&long).iter().filter(|id| id.len() == 64).count() > 0), (14 * 5, true));
    let listed = rows("LIST-01", unsigned("TERMS-BROKER", "homerton"));
    assert!(listed.iter().any(|row| row.starts_with("LIST-01.elft.of-nhs-nel-icb,")), "{listed:?}");
    assert!(
        !listed.iter().any(|row| row.contains("agency:elft,city-and-hackney,agency:elft,")),
        "other is not own"
    );
}

#[test]
fn who_signs_later_is_reached_from_that_day() {
    let later = |text: &str| {
        let signature = "{ party = \"elft\", office = \"Chief Nurse\", on = \"2022-03-14\" }";
        text.replacen(signature, &signature.replace("2022-03-14", "2024-05-01"), 1)
    };
    let narrowed = rows("READ-05", later);
    assert_eq!(narrowed.len(), 3);
    for row in &narrowed {
        let from =
            if row.contains("agency:elft") { ",2024-05-01,2027-03-31," } else { ",2022-04-01,2027-03-31," };
        assert!(row.contains(from), "{row}");
    }
    let files = sample::regenerated(sample::with("agreements.toml", later));
    assert!(Bundle::from_files(files, &sample::known()).is_ok());
}

#[test]
fn an_agency_that_takes_its_signature_back_loses_what_the_agreement_gave_and_nobody_gains() {
    let read = |agency: &str, kind, owner: &str| DecisionRequest {
        asker: concordat_core::decision::Asker {
            principal: Some(format!("{agency}/desk").parse().unwrap()),
            agency: agency.parse().unwrap(),
            kind,
            roles: vec!["reader".parse().unwrap()],
            areas: vec![HACKNEY.parse().unwrap()],
        },
        owner: Some(owner.parse().unwrap()),
        return_type: Some("mace-quarterly".parse().unwrap()),
        act: Act::Read,
        ..sample::request()
    };
    let files =
        sample::regenerated(sample::with("agreements.toml", unsigned("ISA-CDS", "metropolitan-police")));
    let bundle = Bundle::from_files(files, &sample::known()).unwrap();
    let warned = bundle.warnings("2026-11-22".parse().unwrap());
    assert_eq!(
        warned.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "agreements.toml: ISA-CDS.signed: `metropolitan-police` has not signed; no row reaches it, nor its data"
        ]
    );
    let (before, after) = (sample::policy(), Policy::new(bundle));
    let police = read("metropolitan-police", Kind::Police, "hackney-council");
    let of_police = read("hackney-council", Kind::LocalAuthority, "metropolitan-police");
    let untouched = read("hackney-council", Kind::LocalAuthority, "hackney-education");
    assert!(before.decide(&police, ()).is_ok() && after.decide(&police, ()).is_err());
    assert!(after.decide(&untouched, ()).is_ok());
    assert!(
        before.decide(&of_police, ()).is_ok() && after.decide(&of_police, ()).is_err(),
        "sent before or not"
    );
    let send = DecisionRequest {
        act: Act::Submit,
        ..read("metropolitan-police", Kind::Police, "metropolitan-police")
    };
    assert!(after.decide(&send, ()).is_err());
}

#[test]
fn an_agreement_that_nobody_signed_gives_no_row() {
    let files = sample::with("agreements.toml", |text| {
        let at = text.find("id = \"ISA-MISSING\"").unwrap();
        let from = at + text[at..].find("signed = [").unwrap() + "signed = [".len();
        let until = from + text[from..].find(']').unwrap();
        format!("{}{}", &text[..from], &text[until..])
    });
    let bundle = Bundle::from_files(sample::regenerated(files), &sample::known()).unwrap();
    assert!(!bundle.rules().any(|rule| rule.as_str() == "READ-30"));
    let warned = bundle.warnings("2026-11-22".parse().unwrap());
    assert!(warned.iter().any(|warning| warning.to_string() == "agreements.toml: ISA-MISSING.rules: no row carries it out"));
}
