//! The ways in which casbin as shipped was measured to fail open, one by one, and what stands in front of
//! each here. A trap that stops springing is a reason to look again, not to take the guard away.

use casbin::{DefaultModel, Enforcer, MemoryAdapter, StringAdapter};

use super::*;
use crate::sample;

const PLAIN: &str = "[request_definition]\nr = sub, act\n[policy_definition]\np = sub, act, eft\n\
    [policy_effect]\ne = some(where (p.eft == allow)) && !some(where (p.eft == deny))\n\
    [matchers]\nm = r.sub == p.sub && r.act == p.act\n";

fn enforcer(model: &str, rows: &str) -> Enforcer {
    let model = at_once(DefaultModel::from_str(model)).unwrap().unwrap();
    at_once(Enforcer::new(model, StringAdapter::new(rows))).unwrap().unwrap()
}

/// The complaints about `rules.csv` with the first `from` replaced.
fn refused(from: &str, to: &str) -> String {
    let complaints = sample::complaints(sample::with("rules.csv", |text| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    }));
    assert!(!complaints.is_empty(), "`{to}` was let in");
    complaints.join("\n")
}

const ALLOW_THEN_DENY: &str = "p, ann, read, allow\np, ann, read, deny";

#[test]
fn a_plain_deny_denies() {
    assert!(!enforcer(PLAIN, ALLOW_THEN_DENY).enforce(("ann", "read")).unwrap());
}

#[test]
fn trap_1_a_deny_with_a_mistyped_kind_of_row_is_skipped_by_casbin_and_refused_here() {
    let rows = ALLOW_THEN_DENY.replace("p, ann, read, deny", "P, ann, read, deny");
    assert!(enforcer(PLAIN, &rows).enforce(("ann", "read")).unwrap(), "the trap springs");
    // rows here have no kind at all: a cell more is a cell too many
    assert!(refused("DENY-01,*", "P,DENY-01,*").contains("has 14 cells, not 13"));
}

#[test]
fn trap_2_a_deny_with_a_comment_or_a_capital_is_no_deny_to_casbin_and_refused_here() {
    for deny in ["deny # since May", "Deny"] {
        let rows = ALLOW_THEN_DENY.replace("deny", deny);
        assert!(enforcer(PLAIN, &rows).enforce(("ann", "read")).unwrap(), "the trap springs: {deny}");
    }
    assert!(refused(",none,deny\n", ",none,deny # since May\n").contains("holds `#`"));
    assert!(refused(",none,deny\n", ",none,Deny\n").contains("eft: `Deny` is neither"));
    assert!(refused(",none,deny\n", ",none,deny \n").contains("eft: has a space"));
}

#[test]
fn trap_3_a_deny_of_a_second_policy_type_counts_as_an_allow_and_there_is_no_second_type_here() {
    let model = "[request_definition]\nr = sub, act\nr2 = sub, act\n[policy_definition]\n\
        p = sub, act, eft\np2 = sub, act, eft\n[policy_effect]\n\
        e = some(where (p.eft == allow)) && !some(where (p.eft == deny))\n\
        e2 = some(where (p.eft == allow)) && !some(where (p.eft == deny))\n[matchers]\n\
        m = r.sub == p.sub && r.act == p.act\nm2 = r2.sub == p2.sub && r2.act == p2.act\n";
    let plain = enforcer(model, "p2, ann, read, deny");
    let second = casbin::EnforceContext::new("2");
    assert!(plain.enforce_with_context(second, ("ann", "read")).unwrap(), "the trap springs");
    let keys = MODEL.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key);
    assert_eq!(keys.filter(|key| !key.starts_with('#')).collect::<Vec<_>>(), ["r", "p", "e", "m"]);
}

#[test]
fn trap_4_casbin_without_a_row_asks_with_empty_cells_and_here_it_is_not_asked() {
    let model = PLAIN
        .replace("r.act == p.act", "(p.act == \"\" || r.act == p.act)")
        .replace("r.sub == p.sub && ", "");
    assert!(enforcer(&model, "").enforce(("ann", "read")).unwrap(), "the trap springs");
    assert!(matches!(Engine::build([]), Err(EngineFault::Empty)));
    assert!(sample::complaints(sample::by_hand("")).join("\n").contains("rules.csv: holds no rule"));
    assert!(refused(",read,none,*,", ",read,,*,").contains("purpose: is empty"));
}

#[test]
fn trap_4_even_asked_without_a_row_the_model_says_no() {
    let model = at_once(DefaultModel::from_str(MODEL)).unwrap().unwrap();
    let mut bare = at_once(Enforcer::new_raw(model, ())).unwrap().unwrap();
    bare.add_function("has", OperatorFunction::Arg2(has));
    assert!(!bare.enforce(vec![String::new(); 10]).unwrap());
    assert!(!bare.enforce(vec!["|*|".to_owned(); 10]).unwrap());
}

#[test]
fn trap_5_an_effect_that_only_denies_allows_when_there_is_no_row_and_ours_needs_an_allow() {
    let effect = "some(where (p.eft == allow)) && !some(where (p.eft == deny))";
    let model = PLAIN.replace(effect, "!some(where (p.eft == deny))");
    assert!(enforcer(&model, "").enforce(("ann", "read")).unwrap(), "the trap springs");
    assert!(MODEL.contains(&format!("e = {effect}\n")));
}

#[test]
fn trap_6_all_role_definitions_share_one_graph_and_there_is_none_here() {
    let model = "[request_definition]\nr = sub, obj\n[policy_definition]\np = sub, obj, eft\n\
        [role_definition]\ng = _, _\ng2 = _, _\n[policy_effect]\n\
        e = some(where (p.eft == allow)) && !some(where (p.eft == deny))\n\
        [matchers]\nm = g(r.sub, p.sub) && g2(r.obj, p.obj)\n";
    let plain = enforcer(model, "p, admin, records, allow\ng2, health, admin\ng2, notes, records");
    assert!(plain.enforce(("health", "notes")).unwrap(), "the trap springs");
    assert!(!MODEL.contains("role_definition"));
    // what stands for it: prefixes, each checked in its column
    assert!(refused("role:lado,", "lado,").contains("sub: `lado` is no subject"));
    assert!(refused("fam:aggregate", "aggregate").contains("rtype: `aggregate` is no return type"));
}

#[test]
fn trap_9_a_row_with_too_few_cells_loads_into_casbin_fails_when_reached_and_is_refused_here() {
    let plain = enforcer(PLAIN, "p, ann, read, allow\np, ann, read");
    assert!(plain.enforce(("ann", "read")).is_err(), "the trap springs");
    assert!(refused(",none,deny\n", ",deny\n").contains("has 12 cells, not 13"));
}

#[test]
fn trap_10_an_effect_spaced_otherwise_panics_in_casbin_and_a_panic_here_is_a_fault() {
    let model = MODEL.replace("allow)) && !some", "allow))&& !some");
    let model = at_once(DefaultModel::from_str(&model)).unwrap().unwrap();
    let bundle = sample::bundle();
    let mut enforcer = at_once(Enforcer::new(model, MemoryAdapter::default())).unwrap().unwrap();
    enforcer.add_function("has", OperatorFunction::Arg2(has));
    let engine = Engine { enforcer };
    let request = sample::request();
    let question = crate::question::Question::of(&bundle, &request).unwrap();
    assert!(matches!(engine.judge(Words::of(&question)), Err(EngineFault::Panicked)));
}

#[test]
fn a_word_is_found_whole_or_not_at_all_and_a_wrong_type_is_no_answer() {
    let ask = |set: &str, word: &str| has(set.to_owned().into(), word.to_owned().into());
    assert!(ask("|*|role:lado|", "role:lado").as_bool().unwrap());
    for (set, word) in
        [("|role:lado|", "role:la"), ("|role:lado|", ""), ("||", ""), ("", ""), ("|a|b|", "a|b")]
    {
        assert!(!ask(set, word).as_bool().unwrap(), "{set} {word}");
    }
    assert!(has(Dynamic::TRUE, "a".to_owned().into()).is_unit());
    assert!(has("|a|".to_owned().into(), Dynamic::UNIT).is_unit());
}
