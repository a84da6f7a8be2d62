//! The ways in which casbin as shipped was measured to fail open, one by one, and what stands in front of
//! each here. A trap that stops springing is a reason to look again, not to take the guard away.

use casbin::{DefaultModel, EnforceArgs as _, Enforcer, MemoryAdapter, StringAdapter};

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
    let (bundle, request) = (sample::bundle(), sample::request());
    let question = crate::question::Question::of(&bundle, &request).unwrap();
    assert!(matches!(judge(&[], Words::of(&question)), Err(EngineFault::Empty)));
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
    ENFORCER.set(Some(enforcer));
    let rows: Vec<&Row> = bundle.rows().iter().collect();
    let request = sample::request();
    let question = crate::question::Question::of(&bundle, &request).unwrap();
    assert!(matches!(judge(&rows, Words::of(&question)), Err(EngineFault::Panicked)));
    assert!(judge(&rows, Words::of(&question)).unwrap(), "what has panicked is not asked again");
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

#[test]
fn trap_7_the_cache_of_casbin_keys_by_a_known_hash_and_ours_by_the_whole_request_and_day() {
    // the only key of its cached enforcer, under which answers stay until rows change
    assert_eq!(
        (1_u8, "read").cache_key(),
        (true, "read").cache_key(),
        "the trap springs: one answer for two"
    );
    let cache = crate::cache::Cache::new();
    let request = std::sync::Arc::new(sample::request());
    let policy = sample::policy();
    let grant = policy.decide(&request, ()).unwrap().grant().clone();
    cache.keep(&request, crate::cache::Answer::Yes(request.clone(), grant.into()));
    assert!(cache.find(&request).is_some());
    let mut tomorrow = sample::request();
    tomorrow.day = tomorrow.day.tomorrow().unwrap();
    assert!(cache.find(&tomorrow).is_none());
    let mut another = sample::request();
    another.asker.areas.reverse();
    another.asker.areas.push(sample::CITY.parse().unwrap());
    assert!(cache.find(&another).is_none());
    assert_eq!(features(), "[\"runtime-tokio\"]", "without `cached`");
}

#[test]
fn trap_8_a_reload_that_fails_leaves_casbin_half_changed_and_an_engine_here_is_never_reloaded() {
    let model = PLAIN.replace("[policy_effect]", "[role_definition]\ng = _, _\n[policy_effect]");
    let model = model.replace("r.sub == p.sub", "g(r.sub, p.sub)");
    let mut live = enforcer(&model, "p, reader, read, allow\ng, ann, reader");
    assert!(live.enforce(("ann", "read")).unwrap());
    let broken = StringAdapter::new("p, reader, read, allow\ng, ben, reader\ng, cleo");
    assert!(at_once(live.set_adapter(broken)).unwrap().is_err());
    assert!(live.enforce(("ben", "read")).unwrap(), "the trap springs");
    assert!(!live.enforce(("ann", "read")).unwrap(), "the trap springs");
    // here files with something wrong become no bundle at all, and the one that decides is not touched
    let policy = sample::policy();
    let before = policy.explain(&sample::request());
    assert!(before.allowed);
    assert!(refused(",none,deny\n", ",deny\n").contains("has 12 cells"));
    assert_eq!(policy.explain(&sample::request()), before);
    assert!(policy.decide(&sample::request(), ()).is_ok());
}

#[test]
fn trap_11_a_row_that_is_a_program_fails_or_runs_in_casbin_and_is_refused_here() {
    let model = PLAIN.replace("r.sub == p.sub", "eval(p.sub)");
    let one_broken = enforcer(&model, "p, true, read, allow\np, r.sub ==, read, allow");
    assert!(one_broken.enforce(("ann", "read")).is_err(), "the trap springs: nobody may do anything");
    let program = "let n = 0; while n < 1000 { n += 1; } n == 1000";
    let runs = enforcer(&model, &format!("p, {program}, read, allow"));
    assert!(runs.enforce(("ann", "read")).unwrap(), "the trap springs: a row runs");
    assert!(!MODEL.contains("eval"));
    assert!(refused("DENY-01,*", "DENY-01,eval(true)").contains("sub: `eval(true)` is no subject"));
}

#[test]
fn trap_12_numbers_are_never_equal_to_a_cell_or_fail_in_casbin_and_all_is_text_here() {
    let model = PLAIN.replace("r.act == p.act", "(p.act == \"any\" || r.act == p.act)");
    let plain = enforcer(&model, "p, ann, any, allow\np, ann, 5, deny");
    assert!(!plain.enforce(("ann", "5")).unwrap());
    assert!(plain.enforce(("ann", 5)).unwrap(), "the trap springs: the deny is missed");
    let compares = enforcer(&PLAIN.replace("r.act == p.act", "r.act > 3"), "p, ann, any, allow");
    assert!(compares.enforce(("ann", 5)).unwrap());
    assert!(compares.enforce(("ann", 5_000_000_000_i64)).is_err(), "the trap springs");
    let bundle = sample::bundle();
    let request = sample::request();
    let question = crate::question::Question::of(&bundle, &request).unwrap();
    let words: Vec<String> = Words::of(&question).into_arguments();
    // and a set of words that were a number would be a fault, not a no
    let rows: Vec<&Row> = bundle.rows().iter().collect();
    let mut numbers: Vec<Dynamic> = words.into_iter().map(Dynamic::from).collect();
    numbers[0] = Dynamic::from_int(5);
    let asked = with_enforcer(|enforcer| {
        put_before(enforcer, &rows)?;
        Ok(enforcer.enforce(numbers).is_err())
    });
    assert!(asked.unwrap());
}

#[test]
fn trap_13_casbin_loses_a_role_at_the_end_of_a_long_chain_and_there_are_no_chains_here() {
    let model = PLAIN.replace("[policy_effect]", "[role_definition]\ng = _, _\n[policy_effect]");
    let model = model.replace("r.sub == p.sub", "g(r.sub, p.sub)");
    let denied_at = |depth: usize| {
        let chain: String = (0..depth).map(|at| format!("g, r{at}, r{}\n", at + 1)).collect();
        let rows = format!("p, r0, read, allow\np, r{depth}, read, deny\n{chain}");
        !enforcer(&model, &rows).enforce(("r0", "read")).unwrap()
    };
    assert!(denied_at(5));
    assert!(!denied_at(15), "the trap springs");
    // a role is no member of another: there is no column for it, and every role held is a word of its own
    let role = sample::with("roles.csv", |text| text.replacen("\n", ",parent\n", 1));
    assert!(!sample::complaints(role).is_empty());
    let bundle = sample::bundle();
    let mut request = sample::request();
    let may_hold = bundle.roles().filter(|role| role.may_be_held_by(request.asker.kind));
    request.asker.roles = may_hold.map(|role| role.id.clone()).collect();
    assert!(request.asker.roles.len() > 2);
    let question = crate::question::Question::of(&bundle, &request).unwrap();
    let subjects = Words::of(&question).into_arguments().swap_remove(0);
    assert!(request.asker.roles.iter().all(|role| subjects.contains(&format!("|role:{role}|"))));
}

#[test]
fn trap_14_roles_with_conditions_are_an_error_in_casbin_and_days_stand_in_the_rows_here() {
    let model = PLAIN.replace("[policy_effect]", "[role_definition]\ng = _, _, (_, _)\n[policy_effect]");
    let rows = "p, reader, read, allow\ng, ann, reader, 2022-04-01, 2027-03-31";
    let built = at_once(DefaultModel::from_str(&model))
        .unwrap()
        .and_then(|model| at_once(Enforcer::new(model, StringAdapter::new(rows))).unwrap().map(|_| ()));
    assert!(built.is_err(), "the trap springs");
    let on = |day: &str| {
        let day = day.parse().unwrap();
        sample::policy().explain(&concordat_core::decision::DecisionRequest { day, ..sample::request() })
    };
    assert!(on("2023-06-01").allowed);
    assert!(!on("1999-06-01").allowed && !on("2199-06-01").allowed);
}

#[test]
fn trap_15_the_explanations_of_casbin_mix_allows_with_the_deny_and_are_not_built_in_here() {
    assert_eq!(features(), "[\"runtime-tokio\"]", "without `explain` and `logging`");
    // of a deny the reference tells the rows that deny and no others
    let mut request = sample::request();
    request.facts = vec![concordat_core::decision::Fact::Withheld];
    let bundle = sample::bundle();
    let explanation = sample::policy().explain(&request);
    assert!(!explanation.rules.is_empty());
    let denies =
        |id: &concordat_core::ids::RuleId| bundle.rows().iter().any(|row| row.id == *id && !row.allow);
    assert!(explanation.rules.iter().all(denies), "{explanation:?}");
}

/// The features with which casbin is built.
fn features() -> &'static str {
    let manifest = include_str!("../../../../Cargo.toml");
    let line = manifest.lines().find(|line| line.starts_with("casbin = ")).unwrap();
    let (_, features) = line.split_once("default-features = false, features = ").unwrap();
    features.trim_end_matches(" }")
}
