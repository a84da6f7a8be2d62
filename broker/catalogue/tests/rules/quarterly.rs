//! The returns of a quarter or a month.

use super::Case;

pub const CSC: &[Case] = &[
    ("CSC-R1", "contacts_to_referral=5 contacts=5", "contacts_to_referral=6"),
    ("CSC-R2", "rereferrals_12m=90 referrals=90", "rereferrals_12m=91"),
    ("CSC-R3", "assessments_45wd=5 assessments_completed=5", "assessments_45wd=6"),
    ("CSC-R4", "contacts_police=1 contacts_health=2 contacts_education=3 contacts=6", "contacts=5"),
    ("CSC-R5", "icpc_held=5 s47_started=5", "icpc_held=6"),
    ("CSC-R6", "cpp_open_end=12 cpp_started=5 cpp_ceased=3", "cpp_open_end=13"),
    ("CSC-R7", "lac_open_end=12 lac_started=5 lac_ceased=3", "lac_open_end=11"),
    ("CSC-R8", "lac_foster_end=5 lac_residential_end=6 lac_open_end=11", "lac_residential_end=7"),
    ("CSC-R9", "referrals=150", "referrals=151"),
    ("CSC-R10", "contacts=1 s47_started=3 icpc_held=2", "contacts=9"),
    ("CSC-R11", "icpc_15wd=5 icpc_held=5", "icpc_15wd=6"),
    ("CSC-R12", "strategy_police_present=5 strategy_discussions=5", "strategy_police_present=6"),
    ("CSC-R13", "strategy_health_present=5 strategy_discussions=5", "strategy_health_present=6"),
    ("CSC-R14", "care_leavers_eet=5 care_leavers_17_21=5", "care_leavers_eet=6"),
];

/// The quarter before, for the rules that look back.
pub const CSC_BEFORE: &str =
    "cpp_open_end=10 lac_open_end=10 referrals=100 contacts=9 s47_started=2 icpc_held=2";

pub const POLICE: &[Case] = &[
    ("POL-R2", "missing_children=5 missing_incidents_child=5", "missing_children=6"),
    ("POL-R3", "missing_repeat_children=5 missing_children=5", "missing_repeat_children=6"),
    ("POL-R4", "more_than_outer_clothing_10_17=5 stop_search_10_17=5", "stop_search_10_17=4"),
    ("POL-R5", "mtip_no_appropriate_adult=5 more_than_outer_clothing_10_17=5", "mtip_no_appropriate_adult=6"),
    (
        "POL-R6",
        "conduct_matters_meeting_lado_criteria=5 lado_notifications_made=5",
        "lado_notifications_made=4",
    ),
    ("POL-R8", "missing_from_care_incidents=5 missing_incidents_child=5", "missing_from_care_incidents=6"),
];

pub const ATTESTATION: &[Case] = &[("LA-R1", "matters_meeting_criteria=5 notified=5", "notified=4")];

pub const HEALTH: &[Case] = &[
    ("HLT-R1", "strategy_attended=5 strategy_invited=5", "strategy_attended=6"),
    ("HLT-R2", "mash_checks_on_time=5 mash_checks_requested=5", "mash_checks_on_time=6"),
    ("HLT-R3", "icpc_reports_on_time=5 icpc_reports_requested=5", "icpc_reports_requested=4"),
    ("HLT-R4", "training_l3_done=5 training_l3_due=5", "training_l3_done=6"),
    ("HLT-R5", "ed_attendances_u18=5 ed_selfharm_u18=5 ed_assault_u18=5", "ed_selfharm_u18=6"),
    ("HLT-R5", "ed_attendances_u18=5 ed_selfharm_u18=x ed_assault_u18=5", "ed_assault_u18=6"),
];

pub const EDUCATION: &[Case] = &[
    ("EDU-R1", "ehe_new=1 ehe_seen_12w=5 ehe_12w_ended=5", "ehe_seen_12w=6"),
    ("EDU-R2", "ehc_20w=5 ehc_assessed=5", "ehc_20w=6"),
];

pub const ASSESSMENTS: &[Case] = &[
    ("LHA-R3", "rha_u5_done=5 rha_u5_due=5 rha_5plus_done=5 rha_5plus_due=5", "rha_u5_done=6"),
    ("LHA-R3", "rha_u5_done=5 rha_u5_due=5 rha_5plus_done=5 rha_5plus_due=5", "rha_5plus_due=4"),
    ("LHA-R4", "dental_up_to_date=5 immunisations_up_to_date=5 lac_cohort=5", "dental_up_to_date=6"),
    ("LHA-R4", "dental_up_to_date=5 immunisations_up_to_date=5 lac_cohort=5", "immunisations_up_to_date=6"),
];

pub const MARAC: &[Case] = &[
    ("MAR-R1", "repeats_12m=5 cases=5 meetings=1", "repeats_12m=6"),
    ("MAR-R2", "cases_with_children=5 cases=5 meetings=1", "cases=4"),
    ("MAR-R3", "children_in_household=5 cases_with_children=5", "children_in_household=4"),
    ("MAR-R5", "victim_16_17=5 cases=5", "victim_16_17=6"),
    ("MAR-R5", "harmer_17_or_under=5 cases=5", "harmer_17_or_under=6"),
    ("MAR-R5", "victim_disability=5 cases=5", "victim_disability=6"),
    ("MAR-R5", "victim_male=5 cases=5", "victim_male=6"),
    ("MAR-R5", "victim_lgbt=5 cases=5", "victim_lgbt=6"),
    ("MAR-R5", "victim_bme=5 cases=5", "victim_bme=6"),
    ("MAR-R6", "basis=quarter cases=10 adult_female_population=10000", "cases=9"),
    ("MAR-R6", "basis=rolling_12m cases=40 adult_female_population=10000", "cases=39"),
    ("MAR-R7", "cases=0 meetings=0", "cases=1"),
];

pub const MACE: &[Case] =
    &[("MACE-R2", "redthread_supported=5 redthread_referrals=5", "redthread_supported=6")];

pub const LADO: &[Case] = &[
    ("LQ-R2", "closed_1m=5 closed_3m=5 closed_12m=5", "closed_1m=6"),
    ("LQ-R2", "closed_1m=5 closed_3m=5 closed_12m=5", "closed_12m=4"),
    (
        "LQ-R3",
        "by_source_police_met=0 by_source_police_city=1 by_source_police_other=0",
        "by_source_police_city=0",
    ),
    ("LQ-R4", "notified_within_1wd=5 contacts=5", "notified_within_1wd=6"),
];
