use super::*;
use concordat_core::across::Outcome;
use concordat_core::agency::{Agency, Kind};
use concordat_core::entry::EntryClass;
use concordat_core::explanation::{Explanation, ExplanationCode};
use concordat_core::ids::SendKey;
use concordat_core::obligation::State;
use concordat_core::record::{LeftOut, RecordId, RefusedRecord};
use concordat_core::submission::{
    DeliveryRecord, DeliveryState, Identity, PayloadAt, ReplaceReason, Replaces, SubmissionRecord,
};
use concordat_core::table::Table;
use concordat_flow::{
    Acknowledged, AcrossOf, AuditLine, AuditPage, CheckpointOf, Collected, Fetched, InboxItem, InboxPage,
    Left, ObligationRow, Parted, Replacement, StatusOf, TakenBack, Which, WhoAmI, Withheld,
};
use concordat_proto::v1 as wire;
use wire::fetch_part::Part;

fn wire_identity() -> wire::Identity {
    wire::Identity {
        agency: "met".into(),
        return_type: "cds-police-quarterly".into(),
        areas: vec!["E09000001".into(), "E09000012".into()],
        covers: Some(wire::identity::Covers::Period("2022-23/Q4".into())),
        part: "north".into(),
    }
}

fn request() -> wire::SubmitRequest {
    wire::SubmitRequest {
        identity: Some(wire_identity()),
        key: vec![3; 16],
        purpose: "P4-partnership-assurance".into(),
        type_digest: vec![4; 32],
        nil: false,
        replaces: vec![5; 16],
        replace_reason: "late_data".into(),
        tables: vec![table("main", 2, 4)],
        explanations: vec![wire_explanation()],
        all_or_nothing: true,
    }
}

fn wire_explanation() -> wire::Explanation {
    wire::Explanation { rule: "N1".into(), code: "small_numbers".into(), text: "seen and right".into() }
}

fn table(name: &str, columns: usize, cells: usize) -> wire::Table {
    wire::Table {
        name: name.into(),
        columns: (0..columns).map(|at| format!("c{at}")).collect(),
        cells: (0..cells).map(|at| format!("cell-{at}")).collect(),
    }
}

fn whole(name: &str, columns: usize, cells: usize) -> Table {
    let table = table(name, columns, cells);
    Table { name: table.name, columns: table.columns, cells: table.cells.iter().collect() }
}

// a field, and what breaks it
type Broken<M> = (&'static str, fn(&mut M));

fn field_of<T: std::fmt::Debug>(result: Result<T, Refusal>) -> &'static str {
    match result {
        Err(Refusal::Malformed { field, text }) => {
            assert!(!text.contains("cell-"), "a cell stands in `{text}`");
            field
        }
        other => panic!("not malformed: {other:?}"),
    }
}

#[test]
fn a_whole_submission_is_read_field_by_field() {
    let received = submission::received(request()).unwrap();
    assert_eq!(identity::sent(received.identity), wire_identity());
    assert_eq!(received.key, SendKey([3; 16]));
    assert_eq!(received.purpose.unwrap().as_str(), "P4-partnership-assurance");
    assert_eq!(received.type_digest, Digest([4; 32]));
    assert!(!received.nil);
    let replaces = Replaces { submission: EntryId([5; 16]), reason: ReplaceReason::LateData };
    assert_eq!(received.replaces, Some(replaces));
    let explanation = &received.explanations[0];
    assert_eq!((explanation.rule.as_str(), explanation.code), ("N1", ExplanationCode::SmallNumbers));
    let tables: Vec<wire::Table> = received.tables.into_iter().map(table::sent).collect();
    assert_eq!(tables, [table("main", 2, 4)]);
}

#[test]
fn what_may_be_empty_may_be_empty() {
    let identity = wire::Identity {
        areas: Vec::new(),
        part: String::new(),
        covers: Some(wire::identity::Covers::Event("2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e".into())),
        ..wire_identity()
    };
    let received = submission::received(wire::SubmitRequest {
        identity: Some(identity.clone()),
        purpose: String::new(),
        nil: true,
        replaces: Vec::new(),
        replace_reason: String::new(),
        tables: Vec::new(),
        ..request()
    })
    .unwrap();
    assert_eq!((received.purpose, received.replaces, received.nil), (None, None, true));
    assert_eq!(identity::sent(received.identity), identity);
}

#[test]
fn each_malformed_field_is_named() {
    let broken: [Broken<wire::SubmitRequest>; 19] = [
        ("identity", |r| r.identity = None),
        ("identity.agency", |r| r.identity.as_mut().unwrap().agency = "Met Police".into()),
        ("identity.return_type", |r| r.identity.as_mut().unwrap().return_type.clear()),
        ("identity.areas", |r| r.identity.as_mut().unwrap().areas.reverse()),
        ("identity.areas", |r| r.identity.as_mut().unwrap().areas = vec!["E09000012".into(); 2]),
        ("identity.areas", |r| {
            r.identity.as_mut().unwrap().areas = (0..=AREAS).map(|at| format!("E{at:08}")).collect();
        }),
        ("identity.period", |r| r.identity.as_mut().unwrap().covers = None),
        ("identity.part", |r| r.identity.as_mut().unwrap().part = "a\nb".into()),
        ("key", |r| r.key = vec![1; 15]),
        ("purpose", |r| r.purpose = "no purpose".into()),
        ("type_digest", |r| r.type_digest.clear()),
        ("replaces", |r| r.replaces = vec![1; 17]),
        ("replace_reason", |r| r.replace_reason = "whim".into()),
        ("replace_reason", |r| r.replaces.clear()),
        ("tables", |r| r.nil = true),
        ("tables", |r| r.tables.clear()),
        ("explanations", |r| r.explanations = vec![wire_explanation(); EXPLANATIONS + 1]),
        ("explanations.rule", |r| r.explanations[0].rule = "no rule".into()),
        ("explanations.code", |r| r.explanations[0].code = "whim".into()),
    ];
    for (field, break_it) in broken {
        let mut request = request();
        break_it(&mut request);
        assert_eq!(field_of(submission::received(request)), field);
    }
}

#[test]
fn tables_beyond_the_caps_or_out_of_shape_are_refused() {
    let many = (0..=TABLES).map(|at| whole(&format!("t{at}"), 1, 1)).collect();
    assert_eq!(field_of(table::received(many)), "tables");
    assert_eq!(field_of(table::received(vec![whole("main", COLUMNS + 1, 0)])), "tables.columns");
    assert_eq!(field_of(table::received(vec![whole("main", 0, 0)])), "tables.columns");
    assert_eq!(field_of(table::received(vec![whole("main", 2, 3)])), "tables.cells");
    assert_eq!(field_of(table::received(vec![whole("a", 1, 1), whole("a", 1, 1)])), "tables.name");
    assert_eq!(field_of(table::received(vec![whole("", 1, 1)])), "tables.name");
    assert_eq!(field_of(table::received(vec![whole(&"n".repeat(129), 1, 1)])), "tables.name");
    let mut long = whole("main", 1, 1);
    long.columns = vec!["c".repeat(129)];
    assert_eq!(field_of(table::received(vec![long])), "tables.columns");
    let empty = |cells| Table { cells: std::iter::repeat_n("", cells).collect(), ..whole("main", 1, 0) };
    assert!(table::received(vec![empty(CELLS)]).is_ok());
    let other = Table { name: "other".into(), ..empty(1) };
    assert_eq!(field_of(table::received(vec![empty(CELLS), other])), "tables.cells");
    let widest = (0..TABLES).map(|at| whole(&format!("t{at}"), COLUMNS, COLUMNS)).collect();
    assert_eq!(table::received(widest).unwrap().len(), TABLES);
}

fn record() -> SubmissionRecord {
    SubmissionRecord {
        id: EntryId([1; 16]),
        index: 41,
        recorded_at: "2023-05-03T10:00:00Z".parse().unwrap(),
        identity: received_identity(),
        version: 2,
        replaces: Some(Replaces { submission: EntryId([5; 16]), reason: ReplaceReason::Correction }),
        superseded_by: Some(EntryId([6; 16])),
        withdrawn: Some(concordat_core::withdrawal::Withdrawal {
            at: "2023-05-04T10:00:00Z".parse().unwrap(),
            reason: concordat_core::withdrawal::WithdrawReason::WrongPeriod,
            index: 77,
        }),
        nil: true,
        person_level: false,
        queries: 3,
        explanations: vec![Explanation {
            rule: "N1".parse().unwrap(),
            code: ExplanationCode::SmallNumbers,
            text: "seen and right".into(),
        }],
        unexplained: vec!["N2".parse().unwrap()],
        left_out: Some(LeftOut { accepted: 288, refused: 12, rules: vec![("148".parse().unwrap(), 12)] }),
        purpose: "P4-partnership-assurance".parse().unwrap(),
        type_digest: Digest([4; 32]),
        submitted_by: "met/desk".parse().unwrap(),
        recipients: Vec::new(),
        payload: PayloadAt::Nowhere,
    }
}

fn received_identity() -> Identity {
    identity::received(Some(wire_identity())).unwrap()
}

fn delivery_record(state: DeliveryState) -> DeliveryRecord {
    DeliveryRecord {
        recipient: "hackney-csc".parse().unwrap(),
        submission: EntryId([1; 16]),
        index: 41,
        state,
        reported: true,
        collect_by: "2023-05-10T10:00:00Z".parse().unwrap(),
    }
}

fn replacement(submission: Option<u8>, version: u32) -> Replacement {
    let submission = submission.map(|id| EntryId([id; 16]));
    Replacement { submission, version, reason: ReplaceReason::LateData }
}

#[test]
fn a_withdrawal_names_a_submission_and_one_of_the_reasons() {
    let wanted = |submission: Vec<u8>, reason: &str| {
        withdrawal::wanted(&wire::WithdrawRequest { submission, reason: reason.into() })
    };
    let reason = concordat_core::withdrawal::WithdrawReason::NotOursToSend;
    assert_eq!(wanted(vec![1; 16], "not_ours_to_send"), Ok((EntryId([1; 16]), reason)));
    assert_eq!(field_of(wanted(vec![1; 15], "not_ours_to_send")), "submission");
    for word in ["", "because", "NotOursToSend"] {
        assert_eq!(field_of(wanted(vec![1; 16], word)), "reason");
    }
    let reply = withdrawal::taken_back(TakenBack {
        submission: EntryId([1; 16]),
        version: 2,
        versions: 2,
        reason,
        index: 9,
        recorded_at: "2023-05-04T10:00:00Z".parse().unwrap(),
        held_by: vec!["chscp".parse().unwrap()],
        spared: vec!["city-csc".parse().unwrap()],
        left: Left::Kept,
    });
    assert_eq!((reply.held_by, reply.spared), (vec!["chscp".to_owned()], vec!["city-csc".to_owned()]));
    assert_eq!((reply.content.as_str(), reply.versions, reply.index), ("kept", 2, 9));
}

#[test]
fn a_submissions_status_tells_all_that_is_recorded() {
    let status = StatusOf {
        record: record(),
        deliveries: vec![
            Collected {
                recipient: "hackney-csc".parse().unwrap(),
                state: Some(DeliveryState::Queued),
                reported: true,
                versions: vec![1],
            },
            Collected {
                recipient: "city-csc".parse().unwrap(),
                state: None,
                reported: false,
                versions: vec![],
            },
        ],
        superseded: Some(replacement(Some(6), 3)),
        across: vec![AcrossOf {
            rule: "X6".parse().unwrap(),
            area: "E09000012".parse().unwrap(),
            outcome: Outcome::DoesNotHold,
            with: vec!["`cds-csc-quarterly` of hackney-csc".into()],
            overdue: false,
            suppressed: false,
        }],
        demo_clock: true,
    };
    let delivery = |recipient: &str, state: &str, overdue, collected_versions| wire::Delivery {
        recipient: recipient.into(),
        state: state.into(),
        overdue,
        collected_versions,
    };
    let expected = wire::StatusReply {
        submission: vec![1; 16],
        index: 41,
        version: 2,
        identity: Some(wire_identity()),
        recorded_at: "2023-05-03T10:00:00Z".into(),
        nil: true,
        queries: 3,
        replaces: vec![5; 16],
        superseded_by: vec![6; 16],
        deliveries: vec![
            delivery("hackney-csc", "queued", true, vec![1]),
            delivery("city-csc", "not_routed", false, vec![]),
        ],
        demo_clock: true,
        explanations: vec![wire_explanation()],
        unexplained: vec!["N2".into()],
        replace_reason: "correction".into(),
        superseded_by_version: 3,
        superseded_reason: "late_data".into(),
        withdrawn_at: "2023-05-04T10:00:00Z".into(),
        withdrawn_reason: "wrong_period".into(),
        across: vec![wire::Across {
            rule: "X6".into(),
            area: "E09000012".into(),
            outcome: "does_not_hold".into(),
            with: vec!["`cds-csc-quarterly` of hackney-csc".into()],
            overdue: false,
            suppressed: false,
        }],
        records_accepted: 288,
        records_refused: 12,
    };
    assert_eq!(submission::status(status), expected);
}

#[test]
fn a_submission_is_asked_after_by_id_or_key() {
    use wire::status_request::Which as Asked;
    let which = |which| submission::which(wire::StatusRequest { which });
    assert_eq!(which(Some(Asked::Submission(vec![1; 16]))), Ok(Which::Submission(EntryId([1; 16]))));
    assert_eq!(which(Some(Asked::Key(vec![2; 16]))), Ok(Which::Key(SendKey([2; 16]))));
    assert_eq!(field_of(which(None)), "which");
    assert_eq!(field_of(which(Some(Asked::Key(vec![2; 32])))), "key");
}

#[test]
fn an_acknowledgement_carries_receipt_and_findings() {
    let found = concordat_core::finding::Finding {
        rule: "CSC-R1".parse().unwrap(),
        severity: concordat_core::finding::Severity::Query,
        table: "main".into(),
        row: None,
        column: None,
        text: "has doubled".into(),
        figures: Some("10 to 20".into()),
        record: None,
    };
    let reply = submission::acknowledged(Acknowledged {
        submission: EntryId([1; 16]),
        index: 41,
        version: 2,
        receipt: b"receipt".to_vec(),
        already: true,
        withdrawn: record().withdrawn,
        queued_to: 4,
        findings: vec![found; FINDINGS + 1],
        parted: Some(Parted {
            accepted: 288,
            refused: vec![RefusedRecord {
                record: RecordId::new("903771"),
                rules: vec!["148".parse().unwrap()],
            }],
        }),
    });
    let refused = wire::RefusedRecord { record: "903771".into(), rules: vec!["148".into()] };
    assert_eq!((reply.refused, reply.records_accepted), (vec![refused], 288));
    assert_eq!((reply.index, reply.version, reply.already, reply.queued_to), (41, 2, true, 4));
    assert_eq!((reply.submission, reply.receipt), (vec![1; 16], b"receipt".to_vec()));
    assert_eq!(reply.findings.len(), FINDINGS);
    assert_eq!(
        (reply.withdrawn_at.as_str(), reply.withdrawn_reason.as_str()),
        ("2023-05-04T10:00:00Z", "wrong_period")
    );
    let first = &reply.findings[0];
    assert_eq!((first.row, first.column.as_str(), first.figures.as_str()), (0, "", "10 to 20"));
    assert_eq!(first.severity(), wire::Severity::Query);
}

#[test]
fn an_inbox_page_and_a_released_return_come_out_whole() {
    let item = InboxItem {
        delivery: delivery_record(DeliveryState::Rejected),
        record: record(),
        replaced: Some(replacement(Some(5), 1)),
        superseded: Some(replacement(None, 3)),
        notice: true,
    };
    let page = inbox::listed(InboxPage { items: vec![item], next: None, demo_clock: false });
    assert_eq!(page.next, 0);
    let item = &page.items[0];
    assert_eq!((item.state.as_str(), item.superseded, item.index), ("rejected", true, 41));
    assert_eq!(item.identity, Some(wire_identity()));
    assert_eq!(
        (&item.replaces, item.replaces_version, item.replace_reason.as_str()),
        (&vec![5; 16], 1, "late_data")
    );
    assert_eq!((item.superseded_by_version, item.superseded_reason.as_str()), (3, "late_data"));
    assert!(item.superseded_by.is_empty(), "what was not routed to the reader is not named");
    assert_eq!((item.withdrawn_reason.as_str(), item.notice), ("wrong_period", true));
    let head = inbox::head(&Fetched {
        record: record(),
        profiles: vec!["dfe".parse().unwrap()],
        superseded: Some(replacement(Some(6), 3)),
        rules: vec!["R-014".parse().unwrap()],
        index: 99,
        shown: None,
    });
    let Some(Part::Head(head)) = head.part else { panic!("no head") };
    assert_eq!((head.profiles, head.rules), (vec!["dfe".to_owned()], vec!["R-014".to_owned()]));
    assert_eq!((head.superseded_by, head.superseded_by_version), (vec![6; 16], 3));
    assert_eq!((head.index, head.version, head.tables), (99, 2, 0));
    let withheld = Withheld {
        fields: vec!["name".into()],
        changed: vec![("dob".into(), "month_of_birth".into())],
        tables: vec!["notes".into()],
        cells: 7,
        methods: vec!["dfe".into()],
    };
    let Some(Part::End(end)) = inbox::end(withheld).part else { panic!("no end") };
    assert_eq!((end.withheld_fields, end.withheld_tables), (vec!["name".into()], vec!["notes".into()]));
    assert_eq!((end.suppressed_cells, end.suppression_methods), (7, vec!["dfe".to_owned()]));
    assert_eq!(
        end.changed_fields,
        [wire::ChangedField { field: "dob".into(), treatment: "month_of_birth".into() }]
    );
}

#[test]
fn a_long_table_is_told_in_several_messages_and_an_empty_one_in_one() {
    let of = |rows: usize| Table {
        name: "main".into(),
        columns: vec!["a".into(), "b".into()],
        cells: (0..2 * rows).map(|n| n.to_string()).collect(),
    };
    let told = |rows: usize| -> Vec<wire::Table> {
        let parts = inbox::rows(of(rows)).into_iter();
        parts
            .map(|part| if let Some(Part::Rows(rows)) = part.part { rows } else { panic!("no rows") })
            .collect()
    };
    for (rows, messages) in [(0, 1), (1, 1), (2_048, 1), (2_049, 2), (5_000, 3)] {
        let told = told(rows);
        assert_eq!(told.len(), messages, "{rows}");
        assert!(told.iter().all(|part| part.columns == ["a", "b"] && part.cells.len() % 2 == 0));
        let cells: Vec<String> = told.into_iter().flat_map(|part| part.cells).collect();
        assert_eq!(cells, of(rows).cells.iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_rejection_needs_a_short_reason_in_one_line() {
    let rejected = |reason: String| inbox::rejected(wire::RejectRequest { submission: vec![1; 16], reason });
    assert_eq!(rejected("é".repeat(200)).unwrap().1, "é".repeat(200));
    for reason in [String::new(), "  ".into(), "x".repeat(201), "two\nlines".into()] {
        assert_eq!(field_of(rejected(reason)), "reason");
    }
}

#[test]
fn pages_have_a_usual_and_a_greatest_size() {
    let inbox = |limit| inbox::page_wanted(&wire::InboxListRequest { from: 5, limit });
    assert_eq!([inbox(0), inbox(7), inbox(u32::MAX)], [(5, 100), (5, 7), (5, 1_000)]);
    let leaves = |limit| audit::leaves_wanted(&wire::LeavesRequest { from: 5, limit });
    assert_eq!([leaves(0), leaves(5_001)], [(5, 1_000), (5, 5_000)]);
}

#[test]
fn an_audit_search_is_read_and_a_range_that_ends_before_it_begins_is_refused() {
    let asked = wire::SearchRequest {
        from: 5,
        to: 9,
        since: "2023-05-03T10:00:00Z".into(),
        until: "2023-05-04T10:00:00+01:00".into(),
        agency: "met".into(),
        classes: EntryClass::ALL.iter().map(|class| class.as_str().to_owned()).collect(),
        limit: 5_000,
    };
    let query = audit::query(&asked).unwrap();
    assert_eq!((query.from, query.to, query.limit), (5, Some(9), 1_000));
    assert_eq!(query.classes, EntryClass::ALL);
    assert_eq!(query.until.unwrap().to_string(), "2023-05-04T09:00:00Z");
    assert_eq!(query.agency.unwrap().as_str(), "met");
    let all = audit::query(&wire::SearchRequest::default()).unwrap();
    assert_eq!((all.to, all.since, all.classes.len(), all.limit), (None, None, 0, 100));
    let broken: [Broken<wire::SearchRequest>; 6] = [
        ("to", |r| r.to = 4),
        ("since", |r| r.since = "yesterday".into()),
        ("until", |r| r.until = "2023-05-01T10:00:00Z".into()),
        ("agency", |r| r.agency = "The Met".into()),
        ("classes", |r| r.classes = vec!["everything".into()]),
        ("classes", |r| r.classes = vec!["accepted".into(); EntryClass::ALL.len() + 1]),
    ];
    for (field, break_it) in broken {
        let mut request = asked.clone();
        break_it(&mut request);
        assert_eq!(field_of(audit::query(&request)), field);
    }
}

#[test]
fn an_entry_reads_allow_deny_or_nothing() {
    let line = |allowed| AuditLine {
        index: 1,
        id: EntryId([1; 16]),
        class: EntryClass::Denied,
        recorded_at: "2023-05-03T10:00:00Z".parse().unwrap(),
        who: Some("met/desk".into()),
        agency: None,
        return_type: None,
        period: None,
        purpose: None,
        allowed,
        rules: vec!["R-014".parse().unwrap()],
        agreements: Vec::new(),
        policy: Some(Digest([9; 32])),
        summary: "asked for a return".into(),
        submission: None,
        also: Vec::new(),
    };
    let entries = [Some(true), Some(false), None].map(line).to_vec();
    let reply = audit::found(AuditPage { entries, next: Some(8), recorded_as: 7, demo_clock: false });
    let decisions: Vec<&str> = reply.entries.iter().map(|entry| entry.decision.as_str()).collect();
    assert_eq!(decisions, ["allow", "deny", ""]);
    assert_eq!((reply.next, reply.recorded_as), (8, 7));
    assert_eq!(reply.entries[0].policy, "09".repeat(32));
    assert!(reply.entries[0].submission.is_empty() && reply.entries[0].purpose.is_empty());
}

#[test]
fn checkpoints_and_leaves_keep_their_bytes() {
    let sizes = |older, newer| audit::sizes(&wire::CheckpointRequest { older, newer });
    assert_eq!([sizes(5, 0).unwrap(), sizes(5, 9).unwrap()], [(5, 0), (5, 9)]);
    assert_eq!(field_of(sizes(5, 4)), "newer");
    let reply = audit::checkpoint(CheckpointOf {
        checkpoint: "note".into(),
        consistency: vec![[1; 32], [2; 32]],
        log_key: "key".into(),
    });
    assert_eq!(reply.consistency, [vec![1; 32], vec![2; 32]]);
    let leaves = audit::leaves(vec![b"a".to_vec(), b"b".to_vec()], 3);
    assert_eq!((leaves.leaves[1].as_ref(), leaves.recorded_as), (b"b".as_ref(), 3));
}

#[test]
fn an_obligation_row_has_its_words_and_a_catalogue_digest_its_size() {
    let rows = vec![ObligationRow {
        identity: received_identity(),
        state: State::Overdue,
        due: concordat_core::calendar::Due {
            date: "2023-05-03".parse().unwrap(),
            before: "2023-05-03T16:00:00Z".parse().unwrap(),
        },
        working_days_late: 4,
        last_accepted: None,
        was_late: true,
        unexplained: 2,
        disagreements: 3,
        records_refused: 12,
    }];
    let as_at = "2023-05-10".parse().unwrap();
    let reply = obligation::completeness(concordat_flow::Completeness { rows, as_at, demo_clock: false });
    let row = &reply.rows[0];
    assert_eq!(
        (row.state.as_str(), row.due.as_str(), row.period.as_str()),
        ("overdue", "2023-05-03", "2022-23/Q4")
    );
    assert_eq!((row.working_days_late, row.was_late, row.last_accepted.as_str()), (4, true, ""));
    assert_eq!((row.unexplained, row.disagreements, reply.as_at.as_str()), (2, 3, "2023-05-10"));
    assert_eq!(row.records_refused, 12);
    let held = |held| catalogue::held(&wire::CatalogueRequest { held });
    assert_eq!(held(Vec::new()), Ok(None));
    assert_eq!(held(vec![1; 32]), Ok(Some(Digest([1; 32]))));
    assert_eq!(field_of(held(vec![1; 31])), "held");
}

#[test]
fn a_caller_reads_its_own_name_and_whom_it_may_meet() {
    let agency = Agency {
        id: "met".parse().unwrap(),
        name: "Metropolitan Police".into(),
        kind: Kind::Police,
        areas: vec!["E09000012".parse().unwrap()],
        codes: Default::default(),
    };
    let reply = directory::who(WhoAmI {
        partnership: "city-and-hackney".parse().unwrap(),
        partnership_name: "City and Hackney".into(),
        agency: agency.clone(),
        principal: "met/desk".parse().unwrap(),
        roles: vec!["submitter".parse().unwrap()],
        areas: Vec::new(),
        until: Some("2027-03-31".parse().unwrap()),
        now: "2023-05-03T10:00:00Z".parse().unwrap(),
        demo_clock: true,
        agencies: vec![agency],
    });
    assert_eq!(
        (reply.agency.as_str(), reply.principal.as_str(), reply.kind.as_str()),
        ("met", "desk", "police")
    );
    assert_eq!((reply.until.as_str(), reply.now.as_str()), ("2027-03-31", "2023-05-03T10:00:00Z"));
    assert_eq!(reply.agencies[0].areas, ["E09000012"]);
}

#[test]
fn an_enrolment_needs_a_token_and_a_request_of_sane_size() {
    let read = |token: String, certificate_request| {
        enrolment::received(wire::EnrolRequest { token, certificate_request }).map(|(token, _)| token.len())
    };
    assert_eq!(read("t".repeat(256), vec![0; 8 << 10]), Ok(256));
    assert_eq!(field_of(read(String::new(), vec![0])), "token");
    assert_eq!(field_of(read("t".repeat(257), vec![0])), "token");
    assert_eq!(field_of(read("t".into(), Vec::new())), "certificate_request");
    assert_eq!(field_of(read("t".into(), vec![0; (8 << 10) + 1])), "certificate_request");
}
