//! Against brute force: every request that there could be in a small world, asked of both bundles one by one.

use concordat_core::agency::{Agency, Kind};
use concordat_core::decision::{Asker, DecisionRequest};
use concordat_core::ids::AreaCode;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;
use crate::access::areas::subsets;
use crate::access::view::View;
use crate::question::Question;
use crate::reference;
use crate::vocabulary::Known;

const A: &str = "E00000001";
const B: &str = "E00000002";
const SUBJECTS: &[&str] =
    &["role:reader", "role:lado", "kind:police", "agency:council", "role:reader+kind:police"];
const DAYS: [&str; 3] = ["2022-04-01", "2023-06-01", "2024-06-01"];

fn known(of_council: &[&str]) -> Known {
    let agency = |id: &str, kind, areas: &[&str]| Agency {
        id: id.parse().unwrap(),
        name: id.to_owned(),
        kind,
        areas: areas.iter().map(|area| area.parse().unwrap()).collect(),
        codes: Default::default(),
    };
    Known {
        partnership: "small".parse().unwrap(),
        agencies: vec![
            agency("council", Kind::LocalAuthority, of_council),
            agency("met", Kind::Police, &[A, B]),
        ],
        types: vec![("figures".parse().unwrap(), false), ("notice".parse().unwrap(), true)],
    }
}

fn words(all: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop_oneof![Just(all[0]), select(all)]
}

fn row() -> impl Strategy<Value = String> {
    let rest = (
        words(&["*", "own", "other", "kind:police", "agency:council"]),
        words(&["*", "own", "shared", A, B]),
        words(&["fam:all", "*", "none", "rt:figures", "rt:notice", "fam:aggregate", "fam:person"]),
        words(&["*", "none", "P1"]),
        words(&["*", "person_level", "own_staff", "own"]),
        prop_oneof![Just((0, 2)), (0_usize..3, 0_usize..3)],
        words(&["full", "dfe", "bare"]),
    );
    (prop::bool::weighted(0.7), select(SUBJECTS), words(&["read", "*"]), rest).prop_map(
        |(allow, sub, act, (owner, area, rtype, purpose, fact, (a, b), profile))| {
            let act = if allow { "read" } else { act };
            let area = if !allow && area == "own" { "shared" } else { area };
            let (profile, eft) = if allow { (profile, "allow") } else { ("none", "deny") };
            let (from, until) = (DAYS[a.min(b)], DAYS[a.max(b)]);
            format!(
                "{sub},small,{owner},{area},{rtype},{act},{purpose},{fact},{from},{until},{profile},{eft}"
            )
        },
    )
}

fn bundle(rows: &[String], known: &Known) -> Bundle {
    let mut rows = rows.to_vec();
    rows.sort();
    rows.dedup();
    let numbered: Vec<String> = rows.iter().enumerate().map(|(at, row)| format!("R{at},{row}\n")).collect();
    let rules = format!("{}\n{}", crate::row::COLUMNS.join(","), numbered.concat());
    let allowing: Vec<String> = numbered
        .iter()
        .filter(|row| row.ends_with("allow\n"))
        .filter_map(|row| row.split(',').next().map(str::to_owned))
        .collect();
    let agreements = sample::agreement_by_hand("A", &["council", "met"], &["P1"], "2024-06-01", &allowing);
    let profile = |contact: &str, suppress: &str| {
        format!(
            "title = \"t\"\n{suppress}[classes]\nidentifier = \"drop\"\ncontact = \"{contact}\"\n\
             demographic = \"keep\"\nspecial_category = \"keep\"\ncriminal = \"keep\"\noperational = \"keep\"\n\
             aggregate = \"keep\"\nfree_text = \"keep\"\n"
        )
    };
    let purpose = "[[purpose]]\nid = \"P1\"\ntext = \"t\"\narticle6 = \"6(1)(e)\"\ngateway = [\"g\"]\n";
    let files = [
        ("rules.csv", rules.clone()),
        ("by-hand.csv", rules),
        ("agreements.toml", agreements),
        ("roles.csv", "role,kinds,about\nreader,*,reads\nlado,police,decides\n".to_owned()),
        ("purposes.toml", purpose.to_owned()),
        ("profiles/full.toml", profile("keep", "")),
        ("profiles/bare.toml", profile("drop", "")),
        ("profiles/dfe.toml", profile("keep", "suppress = \"s\"\n")),
        ("suppression/s.toml", "title = \"t\"\nfrom = 1\nto = 5\nsymbol = \"c\"\n".to_owned()),
    ];
    let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes()));
    Bundle::from_files(files, known).unwrap_or_else(|complaints| panic!("{complaints:?}"))
}

fn view<'a>(bundle: &'a Bundle, request: &DecisionRequest) -> Option<View<'a>> {
    let question = Question::of(bundle, request).ok()?;
    let verdict = reference::judge(bundle.rows_about(request), &question);
    verdict.allowed().then(|| View::of(bundle, &verdict.allows)).flatten()
}

/// Whether any request at all is answered with more, and whether any with less.
fn by_force(old: &Bundle, new: &Bundle, on: Date) -> (bool, bool) {
    let all: Vec<AreaCode> = [A, B, "E00000003"].iter().map(|area| area.parse().unwrap()).collect();
    let roles: Vec<RoleId> = ["lado", "reader"].iter().map(|role| role.parse().unwrap()).collect();
    let types = [None, Some("figures"), Some("notice")];
    let owners = [None, Some("council"), Some("met"), Some("atlantis")];
    let (mut more, mut less) = (false, false);
    for agency in &known(&[A]).agencies {
        for roles in subsets(&roles, 2) {
            for rtype in types {
                for owner in owners {
                    for purpose in [None, Some("P1")] {
                        for areas in subsets(&all, 3) {
                            for own in subsets(&areas, 3) {
                                for facts in subsets(&[Fact::PersonLevel, Fact::OwnStaff], 2) {
                                    for day in ["2022-06-01", "2023-06-01", "2024-01-01", "2024-06-01"] {
                                        let day: Date = day.parse().unwrap();
                                        if day < on {
                                            continue;
                                        }
                                        let request = DecisionRequest {
                                            asker: Asker {
                                                principal: None,
                                                agency: agency.id.clone(),
                                                kind: agency.kind,
                                                roles: roles.clone(),
                                                areas: own.clone(),
                                            },
                                            partnership: "small".parse().unwrap(),
                                            owner: owner.map(|id| id.parse().unwrap()),
                                            return_type: rtype.map(|id| id.parse().unwrap()),
                                            areas: areas.clone(),
                                            act: Act::Read,
                                            purpose: purpose.map(|id| id.parse().unwrap()),
                                            facts: facts.clone(),
                                            day,
                                        };
                                        match (view(old, &request), view(new, &request)) {
                                            (None, None) => {}
                                            (None, Some(_)) => more = true,
                                            (Some(_), None) => less = true,
                                            (Some(was), Some(is)) => {
                                                let compared = was.compare(&is);
                                                more |= !compared.more.is_empty();
                                                less |= !compared.less.is_empty();
                                            }
                                        }
                                        if more && less {
                                            return (more, less);
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    (more, less)
}

#[test]
fn the_diff_finds_a_gain_or_a_loss_exactly_where_brute_force_does() {
    let cases = if std::env::var("CONCORDAT_FULL").is_ok_and(|full| full == "1") { 400 } else { 24 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    // most rows are common to both, as in a change that somebody makes
    let strategy =
        (vec(row(), 2..6), vec(row(), 0..2), vec(row(), 0..2), prop::bool::weighted(0.2), prop::bool::ANY);
    let mut seen = [0_u32; 4];
    let counted = std::cell::RefCell::new(&mut seen);
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
        .run(&strategy, |(common, only_old, only_new, moved, late)| {
            let on: Date = if late { "2023-12-01" } else { "2022-06-01" }.parse().unwrap();
            let areas: &[&str] = if moved { &[A, B] } else { &[A] };
            let old = bundle(&[common.clone(), only_old].concat(), &known(&[A]));
            let new = bundle(&[common, only_new].concat(), &known(areas));
            let diff = diff(&old, &new, on);
            let (more, less) = by_force(&old, &new, on);
            prop_assert_eq!((diff.widens(), diff.narrows()), (more, less), "{}", diff);
            counted.borrow_mut()[usize::from(more) + 2 * usize::from(less)] += 1;
            Ok(())
        })
        .unwrap();
    assert!(seen.iter().all(|count| *count > 0), "every answer was met: {seen:?}");
}

#[test]
fn what_is_asked_about_no_return_is_about_no_person_whatever_it_says() {
    let deny = "role:reader,small,*,*,fam:all,read,*,*,2022-04-01,2024-06-01,none,deny".to_owned();
    let allow = "role:reader,small,*,*,*,read,*,person_level,2022-04-01,2024-06-01,full,allow".to_owned();
    let on: Date = "2022-06-01".parse().unwrap();
    let (old, new) = (bundle(&[deny.clone(), allow], &known(&[A])), bundle(&[deny], &known(&[A])));
    assert_eq!(by_force(&old, &new, on), (false, false));
    let diff = diff(&old, &new, on);
    assert!(!diff.widens() && !diff.narrows(), "{diff}");
}
