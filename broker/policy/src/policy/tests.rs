use concordat_core::agency::Kind;
use concordat_core::decision::{Act, Fact};

use super::*;
use crate::row::Row;
use crate::sample::{self, HACKNEY};

fn reason(policy: &Policy, request: &DecisionRequest) -> DenyReason {
    policy.decide(request, ()).unwrap_err().0.reason
}

#[test]
fn a_yes_owns_the_thing_judged_with_its_request_and_what_it_rests_on() {
    let policy = sample::policy();
    let permitted = policy.decide(&sample::request(), "secret").unwrap();
    let grant = permitted.grant();
    assert_eq!(grant.rules, ["READ-04".parse().unwrap()]);
    assert_eq!(grant.agreements, ["ISA-CDS".parse().unwrap()]);
    assert_eq!(grant.profiles, ["dfe".parse().unwrap()]);
    assert_eq!(grant.policy, policy.bundle().digest());
    assert_eq!(permitted.request(), &sample::request());
    assert!(!format!("{permitted:?}").contains("secret"));
    let mapped = permitted.try_map(|text| Ok::<_, ()>(text.len())).unwrap();
    assert_eq!((*mapped.get(), mapped.grant().rules.len()), (6, 1));
    assert_eq!(mapped.into_inner(), 6);
}

#[test]
fn a_no_gives_the_thing_back() {
    let request = DecisionRequest { act: Act::Submit, ..sample::request() };
    let (denial, subject) = sample::policy().decide(&request, "secret").unwrap_err();
    assert_eq!(subject, "secret");
    assert_eq!(denial.policy, sample::bundle().digest());
}

#[test]
fn what_the_bundle_does_not_know_is_denied_before_any_row_is_seen() {
    let policy = sample::policy();
    let with = |change: &dyn Fn(&mut DecisionRequest)| {
        let mut request = sample::request();
        change(&mut request);
        reason(&policy, &request)
    };
    assert_eq!(with(&|r| r.partnership = "elsewhere".parse().unwrap()), DenyReason::NoAgreement);
    assert_eq!(with(&|r| r.asker.agency = "atlantis".parse().unwrap()), DenyReason::NoRole);
    assert_eq!(with(&|r| r.asker.kind = Kind::Health), DenyReason::NoRole, "a council says it is health");
    assert_eq!(with(&|r| r.return_type = Some("other".parse().unwrap())), DenyReason::NoAgreement);
    assert_eq!(with(&|r| r.purpose = Some("P9".parse().unwrap())), DenyReason::WrongPurpose);
    assert_eq!(with(&|r| r.day = jiff::civil::date(-1, 1, 1)), DenyReason::PolicyError);
}

#[test]
fn an_assignment_reaches_no_further_than_its_agency() {
    let mut request = sample::request();
    request.areas = vec![sample::CITY.parse().unwrap()];
    request.asker.areas = vec![sample::CITY.parse().unwrap(), HACKNEY.parse().unwrap()];
    assert_eq!(reason(&sample::policy(), &request), DenyReason::WrongArea);
}

#[test]
fn that_the_asker_owns_the_data_is_seen_from_the_request_and_not_believed() {
    let policy = sample::policy();
    let mut request = sample::request();
    request.asker.roles = vec!["submitter".parse().unwrap()];
    request.facts = vec![Fact::Own];
    assert!(policy.decide(&request, ()).is_err());
    request.facts = vec![];
    request.owner = Some(request.asker.agency.clone());
    assert!(policy.decide(&request, ()).is_ok());
}

#[test]
fn a_return_type_about_persons_is_so_whatever_the_request_says() {
    let policy = sample::policy();
    let mut request = sample::request();
    request.asker.agency = "chscp".parse().unwrap();
    request.asker.kind = Kind::Partnership;
    request.asker.roles = vec!["partnership-manager".parse().unwrap()];
    assert!(policy.decide(&request, ()).is_ok());
    request.facts = vec![Fact::PersonLevel];
    assert_eq!(reason(&policy, &request), DenyReason::ExplicitDeny, "a return said to be about persons");
    request.facts = vec![];
    request.return_type = Some("lado-notification".parse().unwrap());
    assert_eq!(reason(&policy, &request), DenyReason::ExplicitDeny, "a type known to be about persons");
}

#[test]
fn where_no_row_could_match_the_answer_is_no_and_there_is_no_engine_to_ask() {
    let bundle = sample::bundle();
    let others = bundle.rows().iter().filter(|row| row.act != Some(Act::AuditRead)).cloned().collect();
    let policy = Policy::new(bundle.with_rows(others));
    let request = DecisionRequest { act: Act::AuditRead, ..sample::request() };
    let question = Question::of(policy.bundle(), &request).unwrap();
    assert!(policy.bundle().rows_for(&question).is_empty());
    assert_eq!(reason(&policy, &request), DenyReason::NoAgreement);
}

#[test]
fn an_engine_that_says_yes_where_no_row_allows_is_overruled() {
    let bundle = sample::bundle();
    let request = DecisionRequest { day: "2030-01-01".parse().unwrap(), ..sample::request() };
    let forever: Vec<Row> = bundle
        .rows()
        .iter()
        .cloned()
        .map(|mut row| {
            row.cells[10] = "9999-12-31".to_owned();
            row
        })
        .collect();
    let question = Question::of(&bundle, &request).unwrap();
    let rows: Vec<&Row> = forever.iter().collect();
    assert!(engine::judge(&rows, Words::of(&question)).unwrap(), "the engine alone says yes");
    let policy = Policy::new(bundle.with_rows(forever));
    assert_eq!(reason(&policy, &request), DenyReason::PolicyError);
    assert_eq!(policy.kept(), 0, "a failure is not kept");
}

#[test]
fn several_rows_that_allow_are_all_named_with_every_profile() {
    let bundle = sample::bundle();
    let mut rows = bundle.rows().to_vec();
    let own = rows.iter_mut().find(|row| row.id.as_str() == "READ-11").unwrap();
    own.profile = Some("dfe".parse().unwrap());
    let policy = Policy::new(bundle.with_rows(rows));
    let mut request = sample::request();
    request.owner = Some(request.asker.agency.clone());
    request.asker.roles = vec!["reader".parse().unwrap(), "submitter".parse().unwrap()];
    let permitted = policy.decide(&request, ()).unwrap();
    let grant = permitted.grant();
    assert_eq!(grant.rules, ["READ-11".parse().unwrap(), "READ-12".parse().unwrap()]);
    assert_eq!(grant.profiles, ["dfe".parse().unwrap(), "full".parse().unwrap()]);
    assert_eq!(grant.agreements, ["TERMS-BROKER".parse().unwrap()]);
}

#[test]
fn an_answer_is_kept_for_the_very_request_and_for_its_day() {
    let policy = sample::policy();
    let first = policy.decide(&sample::request(), ()).unwrap();
    let again = policy.decide(&sample::request(), ()).unwrap();
    assert_eq!(policy.kept(), 1);
    assert!(std::ptr::eq(first.grant(), again.grant()), "the same grant, not another one alike");
    let no_purpose = DecisionRequest { purpose: None, ..sample::request() };
    assert_eq!(reason(&policy, &no_purpose), DenyReason::WrongPurpose);
    assert_eq!(policy.kept(), 2);
    let after = DecisionRequest { day: "2027-04-01".parse().unwrap(), ..sample::request() };
    assert_eq!(reason(&policy, &after), DenyReason::Expired);
    assert_eq!(reason(&policy, &after), DenyReason::Expired, "and from the cache");
    let other = DecisionRequest { act: Act::Read, day: after.day, ..sample::request() };
    assert_eq!(reason(&policy, &other), DenyReason::Expired);
    assert_eq!(policy.kept(), 3, "the other day has taken nothing away");
}

#[test]
fn the_cache_holds_no_more_than_its_bound() {
    let cache = Cache::new();
    let denial = Denial { reason: DenyReason::NoRole, nearest: None, policy: Digest([0; 32]) };
    for number in 0..5000 {
        let mut request = sample::request();
        request.asker.roles = vec![format!("role-{number}").parse().unwrap()];
        cache.keep(&Arc::new(request), Answer::No(denial.clone()));
        assert!(cache.len() <= 4096);
    }
    assert!(cache.len() > 0);
}

#[test]
fn answers_of_another_day_make_room_first() {
    let cache = Cache::new();
    let denial = Denial { reason: DenyReason::NoRole, nearest: None, policy: Digest([0; 32]) };
    let keep = |role: String, day: &str| {
        let mut request = DecisionRequest { day: day.parse().unwrap(), ..sample::request() };
        request.asker.roles = vec![role.parse().unwrap()];
        cache.keep(&Arc::new(request), Answer::No(denial.clone()));
    };
    keep("today".to_owned(), "2023-06-02");
    (0..4095).for_each(|number| keep(format!("role-{number}"), "2023-06-01"));
    assert_eq!(cache.len(), 4096);
    keep("another".to_owned(), "2023-06-02");
    assert_eq!(cache.len(), 2, "those of today");
}

#[test]
fn an_explanation_names_the_nearest_row_and_what_of_it_failed() {
    let policy = sample::policy();
    let mut request = sample::request();
    request.areas = vec![sample::CITY.parse().unwrap()];
    request.day = "2027-04-01".parse().unwrap();
    assert_eq!(
        policy.explain(&request),
        Explanation {
            allowed: false,
            reason: Some(DenyReason::WrongArea),
            rules: vec![],
            nearest: Some("READ-04".parse().unwrap()),
            failed: vec![Clause::Area, Clause::Until],
        }
    );
    let explained = policy.explain(&sample::request());
    assert!(explained.allowed && explained.rules == ["READ-04".parse().unwrap()]);
    let denied = policy.explain(&DecisionRequest { purpose: None, ..sample::request() });
    assert_eq!(denied.rules, ["DENY-01".parse().unwrap()]);
}
