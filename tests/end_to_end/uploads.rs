//! The calls by which a large return goes up, one by one: what is refused leaves an entry, what may go on goes on, and
//! how many may be on their way.

use concordat_catalogue::{Catalogue, content};
use concordat_cli::submitter::Outgoing;
use concordat_core::ids::SendKey;
use concordat_core::submission::{Covers, Identity};
use concordat_core::table::Table;
use concordat_proto::v1;
use concordat_tests::{Person, Scene, sender};
use tonic::Code;

/// A return of a type for a period, without its tables.
fn head(rtype: &str, period: &str, key: u8, all_or_nothing: bool) -> (Identity, v1::SubmitRequest) {
    let period: concordat_core::period::Period = period.parse().unwrap();
    let catalogue = Catalogue::built_in();
    let of = catalogue.in_force(&rtype.parse().unwrap(), period.last_day()).unwrap();
    let identity = Identity {
        agency: "hackney-council".parse().unwrap(),
        return_type: of.id.clone(),
        areas: vec!["E09000012".parse().unwrap()],
        covers: Covers::Period(period),
        part: None,
    };
    let outgoing = Outgoing {
        identity: identity.clone(),
        key: SendKey([key; 16]),
        purpose: of.purpose.clone(),
        type_digest: of.digest,
        nil: false,
        replaces: None,
        explanations: Vec::new(),
        all_or_nothing,
        tables: Vec::new(),
    };
    (identity, outgoing.into_request())
}

fn announced(key: u8, all_or_nothing: bool) -> v1::BeginUploadRequest {
    let (_, head) = head("ssda903-extract", "2022-23", key, all_or_nothing);
    v1::BeginUploadRequest { head: Some(head), length: 1_000, content_digest: vec![7; 32] }
}

fn piece(key: u8, offset: u64, bytes: &[u8]) -> v1::UploadPiece {
    v1::UploadPiece { key: vec![key; 16], offset, bytes: bytes.to_vec().into() }
}

fn council(scene: &mut Scene) -> (Person, tokio::runtime::Runtime) {
    (scene.person("hackney-council/returns", &["submitter"]), tokio::runtime::Runtime::new().unwrap())
}

#[test]
fn what_is_refused_on_the_way_up_leaves_an_entry_and_what_was_never_announced_is_counted() {
    let mut scene = super::scene();
    let (council, run) = council(&mut scene);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let context = sender::context(&council);
    run.block_on(async {
        let mut client = sender::connect(&context).await.unwrap();
        let _ = client.begin_upload(announced(1, false)).await.unwrap();
        let finish = |key: u8| v1::FinishUploadRequest { key: vec![key; 16] };
        let early = client.finish_upload(finish(1)).await.unwrap_err();
        assert!(early.message().contains("go on at byte 0"), "{early:?}");
        let long = client.upload(tokio_stream::iter([piece(1, 0, &[0; 1_001])])).await.unwrap_err();
        assert!(long.message().contains("more comes than was announced"), "{long:?}");
        let none = client.finish_upload(finish(9)).await.unwrap_err();
        assert_eq!(none.code(), Code::InvalidArgument, "{none:?}");
        let all: Vec<v1::UploadPiece> = vec![piece(1, 0, &[0; 600]), piece(1, 600, &[0; 400])];
        assert_eq!(client.upload(tokio_stream::iter(all)).await.unwrap().into_inner().offset, 1_000);
        let other = client.finish_upload(finish(1)).await.unwrap_err();
        assert!(other.message().contains("not what was announced"), "{other:?}");
        // it is on its way no more
        assert!(client.finish_upload(finish(1)).await.is_err());
    });
    assert_eq!(super::entries(&auditor, "refused").len(), 3);
    assert_eq!(super::entries(&auditor, "accepted").len(), 0);
}

#[test]
fn another_head_goes_on_where_the_same_content_is_and_other_content_begins_anew() {
    let mut scene = super::scene();
    let (council, run) = council(&mut scene);
    let context = sender::context(&council);
    run.block_on(async {
        let mut client = sender::connect(&context).await.unwrap();
        let _ = client.begin_upload(announced(1, false)).await.unwrap();
        let _ = client.upload(tokio_stream::iter([piece(1, 0, &[0; 600])])).await.unwrap();
        let on = client.begin_upload(announced(1, true)).await.unwrap().into_inner();
        assert_eq!(on.offset, 600);
        // a piece that begins elsewhere is left
        let left = client.upload(tokio_stream::iter([piece(1, 100, &[0; 50])])).await.unwrap();
        assert_eq!(left.into_inner().offset, 600);
        let other = v1::BeginUploadRequest { content_digest: vec![8; 32], ..announced(1, false) };
        assert_eq!(client.begin_upload(other).await.unwrap().into_inner().offset, 0);
    });
}

#[test]
fn an_agency_that_begins_sixty_at_once_has_four_on_their_way() {
    let mut scene = super::scene();
    let (council, run) = council(&mut scene);
    let context = sender::context(&council);
    let began = run.block_on(async {
        let client = sender::connect(&context).await.unwrap();
        let mut calls = tokio::task::JoinSet::new();
        for key in 1..=60 {
            let mut client = client.clone();
            calls.spawn(async move { client.begin_upload(announced(key, false)).await });
        }
        let answers = calls.join_all().await;
        let busy = |code: Code| code == Code::ResourceExhausted;
        assert!(answers.iter().all(|a| a.as_ref().err().is_none_or(|why| busy(why.code()))), "{answers:?}");
        answers.iter().filter(|answer| answer.is_ok()).count()
    });
    assert_eq!(began, 4);
}

#[test]
fn what_must_be_held_whole_is_refused_when_it_has_too_many_cells() {
    let mut scene = super::scene();
    let (council, run) = council(&mut scene);
    let context = sender::context(&council);
    let (identity, head) = head("cds-csc-quarterly", "2022-23/Q4", 1, false);
    let table = Table {
        name: "main".into(),
        columns: vec!["a".into()],
        cells: std::iter::repeat_n("", 1_000_001).collect(),
    };
    let bytes = content::encode(&identity, false, &[table]);
    run.block_on(async {
        let mut client = sender::connect(&context).await.unwrap();
        let begin = v1::BeginUploadRequest {
            head: Some(head),
            length: bytes.len() as u64,
            content_digest: content::digest(&bytes).0.to_vec(),
        };
        let _ = client.begin_upload(begin.clone()).await.unwrap();
        let pieces: Vec<v1::UploadPiece> = bytes
            .chunks(256 << 10)
            .enumerate()
            .map(|(at, bytes)| piece(1, (at * (256 << 10)) as u64, bytes))
            .collect();
        let _ = client.upload(tokio_stream::iter(pieces)).await.unwrap();
        let refused = client.finish_upload(v1::FinishUploadRequest { key: vec![1; 16] }).await.unwrap_err();
        assert!(refused.message().contains("more than is read at once"), "{refused:?}");
        let large = v1::BeginUploadRequest { length: (64 << 20) + 1, ..begin };
        let refused = client.begin_upload(large).await.unwrap_err();
        assert!(refused.message().contains("up to 64 MiB"), "{refused:?}");
    });
}
