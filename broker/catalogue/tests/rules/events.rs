//! The events: one row each, about persons.

use super::Case;

pub const NOTIFICATION: &[Case] = &[
    ("LN-R1", "aware_at=2023-04-20T10:00", "aware_at=2023-04-20T10:01"),
    ("LN-R2", "aware_at=2023-04-19T00:00", "aware_at=2023-04-18T23:59"),
    ("LN-R2", "aware_at=2023-04-01T09:00 late_reason=system", "late_reason="),
    ("LN-R3", "incident_from=2023-04-18 incident_to=2023-04-19", "incident_to=2023-04-17"),
    ("LN-R3", "incident_from=2023-04-18", "incident_from=2023-04-21"),
    ("LN-R3", "incident_to=2023-04-18", "incident_to=2023-04-21"),
    ("LN-R4", "criteria=possible_criminal_offence police_informed=unknown", "police_informed=no"),
    (
        "LN-R4",
        "criteria=may_pose_risk police_informed=no",
        "criteria=may_pose_risk;possible_criminal_offence",
    ),
    ("LN-R5", "non_recent=no incident_from=2022-04-19", "incident_from=2022-04-18"),
    ("LN-R5", "non_recent=yes incident_from=2012-04-18", "non_recent=no"),
    ("LN-R6", "subject_dob=1980-01-01", "subject_dob=2023-04-19"),
];

pub const NOTIFICATION_ROW: &str = "notification_id=2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e area_of_work=E09000012 source_agency=csc \
    aware_at=2023-04-19T09:00 criteria=may_pose_risk category=conduct occupation=teacher subject_name=N \
    subject_employer=E police_informed=yes csc_informed=yes";

pub const OUTCOME_ROW: &str = "notification_id=2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e area=E09000012 \
    notifying_agency=homerton notified_at=2023-04-19T09:00 lado_action=guidance_and_oversight";

pub const OUTCOME: &[Case] = &[
    ("LO-R1", "outcome=unfounded outcome_at=2023-04-19", "outcome_at="),
    ("LO-R1", "outcome=ongoing ongoing_reason=court", "outcome=malicious"),
    ("LO-R2", "lado_action=asv_meeting asv_at=2023-04-25T10:00", "asv_at="),
    ("LO-R3", "outcome=ongoing ongoing_reason=digital_forensics", "ongoing_reason="),
    (
        "LO-R4",
        "outcome=unsubstantiated outcome_at=2023-04-20 lado_action=consultation",
        "outcome=substantiated",
    ),
    ("LO-R4", "outcome=substantiated outcome_at=2023-04-20", "lado_action=below_threshold"),
    (
        "LO-R5",
        "outcome=substantiated outcome_at=2023-04-20 employer_outcome=dismissed referrals=tra;dbs",
        "referrals=tra",
    ),
    (
        "LO-R5",
        "outcome=substantiated outcome_at=2023-04-20 employer_outcome=warning",
        "employer_outcome=resigned",
    ),
    (
        "LO-R5",
        "outcome=substantiated outcome_at=2023-04-20 employer_outcome=training",
        "employer_outcome=removed_from_role",
    ),
    ("LO-R6", "referrals=none", "referrals=none;police"),
    ("LO-R7", "notified_at=2022-04-20T00:00", "notified_at=2022-04-19T23:59"),
    (
        "LO-R7",
        "notified_at=2021-04-20T09:00 outcome=false outcome_at=2022-04-20",
        "outcome=ongoing outcome_at= ongoing_reason=court",
    ),
    ("LO-R8", "notified_at=2023-04-20T10:00", "notified_at=2023-04-20T10:01"),
    ("LO-R8", "outcome=unfounded outcome_at=2023-04-20", "outcome_at=2023-04-21"),
    ("LO-R8", "outcome=unfounded outcome_at=2023-04-19", "outcome_at=2023-04-18"),
];

pub const ENTRY_ROW: &str = "notice_id=2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e child_ref=C1 name=N dob=2010-05-01 \
    event=enters_care event_date=2023-04-19 address_confidential=no placing_authority=E09000012 \
    consent_to_assessment=given";

pub const ENTRY: &[Case] = &[
    // a child may be born into care
    ("LE-R1", "dob=2023-04-19", "dob=2023-04-20"),
    ("LE-R1", "event_date=2023-04-20", "event_date=2023-04-21"),
    ("LE-R2", "dob=2005-04-20", "dob=2005-04-19"),
    ("LE-R2", "dob=2005-04-19 event=leaves_care", "event=placement_change"),
    ("LE-R2", "dob=2004-04-20 event=leaves_care", "dob=2004-04-19"),
    // 12 April is the Wednesday after Easter Monday: five working days later is Wednesday 19 April
    ("LE-R5", "event_date=2023-04-13", "event_date=2023-04-12"),
];

pub const MISSING_ROW: &str = "episode_id=2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e child_ref=C1 dob=2010-05-01 \
    missing_from=home kind=missing reported_at=2023-04-19T20:00 risk=medium responsible_la=E09000012";

pub const MISSING: &[Case] = &[
    ("ME-R1", "last_seen_at=2023-04-19T20:00", "last_seen_at=2023-04-19T20:01"),
    ("ME-R1", "returned_at=2023-04-19T20:00", "returned_at=2023-04-19T19:59"),
    ("ME-R3", "missing_from=care placing_la=E09000001", "placing_la="),
    ("ME-R4", "reported_at=2023-04-19T10:00 risk=no_apparent_risk", "reported_at=2023-04-19T09:59"),
    (
        "ME-R4",
        "reported_at=2023-04-01T10:00 returned_at=2023-04-02T10:00 risk=no_apparent_risk",
        "returned_at=2023-04-02T10:01",
    ),
    ("ME-R4", "reported_at=2023-04-01T10:00 risk=low", "risk=no_apparent_risk"),
    ("ME-R6", "exploitation_flag=none", "exploitation_flag=cse;none"),
    ("ME-R7", "dob=2005-04-20", "dob=2005-04-19"),
    ("ME-R7", "dob=2023-04-19", "dob=2023-04-20"),
    ("ME-R8", "reported_at=2023-04-20T10:00", "reported_at=2023-04-20T10:01"),
    ("ME-R8", "returned_at=2023-04-20T10:00", "returned_at=2023-04-20T10:01"),
    ("ME-R9", "found_by=family returned_at=2023-04-20T08:00", "returned_at="),
];

pub const INTERVIEW_ROW: &str = "episode_id=2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e area=E09000012 \
    returned_at=2023-04-15T10:00 independent=yes";

const DONE: &str = "offered=yes offered_at=2023-04-15T12:00 accepted=yes completed_at=2023-04-16T10:00";

pub const INTERVIEW: &[Case] = &[
    ("RHI-R1", DONE, "accepted=no"),
    ("RHI-R1", DONE, "accepted="),
    ("RHI-R1", DONE, "offered=no"),
    (
        "RHI-R2",
        "offered=yes offered_at=2023-04-15T12:00 accepted=yes completed_at=2023-04-18T10:00",
        "completed_at=2023-04-18T10:01",
    ),
    ("RHI-R3", "offered=no not_done_reason=no_capacity", "not_done_reason="),
    ("RHI-R3", DONE, "not_done_reason=declined"),
    ("RHI-R4", DONE, "completed_at=2023-04-15T10:00"),
    ("RHI-R4", "offered=no not_done_reason=declined", "returned_at=2023-04-20T10:01"),
    (
        "RHI-R4",
        "returned_at=2023-04-19T10:00 offered=yes offered_at=2023-04-19T12:00 accepted=yes completed_at=2023-04-20T10:00",
        "completed_at=2023-04-20T10:01",
    ),
    ("RHI-R5", "offered=yes offered_at=2023-04-15T12:00 not_done_reason=declined", "offered_at="),
];
