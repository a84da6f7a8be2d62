//! One partnership, the people of every situation with their connections, and what calls need to be there first.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use concordat_cli::connect;
use concordat_proto::v1;
use concordat_tests::{Person, Scene, sender, stranger};
use prost::Message;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_stream::iter;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tonic::transport::Channel;

use crate::wire;

/// The area of every record, and the other one.
pub const HACKNEY: &str = "E09000012";
const CITY: &str = "E09000001";

pub const DESK: &str = "nhs-nel-icb/desk";
pub const NO_ROLE: &str = "nhs-nel-icb/contact";
pub const LIMITED: &str = "nhs-nel-icb/city";
pub const ELSEWHERE: &str = "elft/desk";
pub const ENDED: &str = "nhs-nel-icb/ended";
pub const REVOKED: &str = "nhs-nel-icb/revoked";
pub const AUDITOR: &str = "chscp/auditor";
pub const LEAD: &str = "chscp/lead";
pub const TEAM_NO_ROLE: &str = "chscp/operator";
pub const TEAM_LIMITED: &str = "chscp/city";
pub const TEAM_ENDED: &str = "chscp/ended";
pub const TEAM_REVOKED: &str = "chscp/revoked";
pub const APPROVER: &str = "hackney-council/caldicott";
pub const OTHER_LEAD: &str = "metropolitan-police/caldicott";
/// Whom the broker does not know.
pub const STRANGER: &str = "a stranger";
const COUNCIL: &str = "hackney-council/desk";
/// Reads the log on the test's behalf.
const READER: &str = "chscp/reader";

/// The last day of the roles that end.
pub const LAST_DAY: &str = "2023-04-04";

const SENDING: &[&str] = &["submitter", "designated-nurse"];
const LOOKING_AFTER: &[&str] = &["auditor", "governance-lead", "governance-approver"];

const PEOPLE: [(&str, &[&str], &[&str]); 16] = [
    (DESK, SENDING, &[]),
    (NO_ROLE, &["allegations-contact"], &[]),
    (LIMITED, SENDING, &["--area", CITY]),
    (ELSEWHERE, SENDING, &[]),
    (ENDED, SENDING, &["--until", LAST_DAY]),
    (REVOKED, SENDING, &[]),
    (AUDITOR, &["auditor"], &[]),
    (LEAD, &["governance-lead"], &[]),
    (TEAM_NO_ROLE, &["operator"], &[]),
    (TEAM_LIMITED, LOOKING_AFTER, &["--area", CITY]),
    (TEAM_ENDED, LOOKING_AFTER, &["--until", LAST_DAY]),
    (TEAM_REVOKED, LOOKING_AFTER, &[]),
    (APPROVER, &["governance-approver"], &[]),
    (OTHER_LEAD, &["governance-lead", "governance-approver"], &[]),
    (COUNCIL, &["submitter"], &[]),
    (READER, &["auditor"], &[]),
];

pub type Begun = tokio::task::JoinHandle<Result<Vec<Bytes>, Status>>;

pub struct World {
    pub scene: Scene,
    runtime: Runtime,
    people: BTreeMap<&'static str, Person>,
    channels: BTreeMap<&'static str, Channel>,
    /// To the listener that asks for no certificate.
    enrolment: Channel,
    drawn: AtomicU64,
    /// What was made once and is used by calls that change nothing.
    pub kept: BTreeMap<&'static str, Vec<u8>>,
}

impl World {
    pub fn new() -> Self {
        let mut scene = Scene::new(env!("CARGO_BIN_EXE_broker-under-test"));
        let runtime = Runtime::new().unwrap();
        let (mut people, mut channels) = (BTreeMap::new(), BTreeMap::new());
        for (who, roles, more) in PEOPLE {
            let person = scene.person_with(who, roles, more);
            let context = sender::context(&person);
            channels.insert(who, runtime.block_on(connect::channel(&context)).unwrap());
            people.insert(who, person);
        }
        let addresses = scene.addresses();
        let papers = stranger::unregistered(&scene, 30);
        let dial = |address: &str, papers| {
            runtime.block_on(connect::dial(address, stranger::tls(&scene, papers))).unwrap()
        };
        channels.insert(STRANGER, dial(&addresses.services, Some(papers)));
        let enrolment = dial(&addresses.enrolment, None);
        Self { scene, runtime, people, channels, enrolment, drawn: AtomicU64::new(1), kept: BTreeMap::new() }
    }

    /// A number that was not drawn before.
    pub fn draw(&self) -> u64 {
        self.drawn.fetch_add(1, Ordering::Relaxed)
    }

    /// A key that was not drawn before.
    pub fn key(&self) -> [u8; 16] {
        u128::from(self.draw()).to_be_bytes()
    }

    /// Calls `Service/Method` as somebody, over the connection that was opened at first.
    pub fn call(&self, by: &str, method: &str, messages: Vec<Vec<u8>>) -> Result<Vec<Bytes>, Status> {
        let is_enrolment = method.starts_with("EnrolmentService/");
        let channel = if is_enrolment { &self.enrolment } else { &self.channels[by] };
        self.runtime.block_on(wire::call(channel.clone(), method, iter(messages)))
    }

    /// Begins a call whose messages follow: where they go, and what becomes of it in the end.
    pub fn begin_call(&self, by: &str, method: &'static str) -> (mpsc::Sender<Vec<u8>>, Begun) {
        let (sender, messages) = mpsc::channel(1);
        let call = wire::call(self.channels[by].clone(), method, ReceiverStream::new(messages));
        (sender, self.runtime.spawn(call))
    }

    /// What becomes of a call that was begun.
    pub fn end_of(&self, begun: Begun) -> Result<Vec<Bytes>, Status> {
        self.runtime.block_on(begun).unwrap()
    }

    /// A call over a new connection.
    pub fn call_anew(&self, by: &str, method: &str, messages: Vec<Vec<u8>>) -> Result<Vec<Bytes>, Status> {
        let context = sender::context(&self.people[by]);
        self.runtime.block_on(async {
            let channel = connect::channel(&context).await.map_err(|why| Status::unavailable(why.what))?;
            wire::call(channel, method, iter(messages)).await
        })
    }

    /// The same without a certificate, or with one of a key that nobody registered, which ends after so many days.
    pub fn call_with_papers(&mut self, days: Option<i64>, method: &str) -> Result<Vec<Bytes>, Status> {
        let papers = days.map(|days| stranger::unregistered(&self.scene, days));
        let (tls, address) = (stranger::tls(&self.scene, papers), self.scene.addresses().services);
        self.runtime.block_on(async {
            let channel = connect::dial(&address, tls).await.map_err(|why| Status::unavailable(why.what))?;
            wire::call(channel, method, iter([Vec::new()])).await
        })
    }

    /// A call that must succeed, for what another needs.
    #[track_caller]
    pub fn must<R: Message + Default>(&self, by: &str, method: &str, message: &impl Message) -> R {
        let answer = self.call(by, method, vec![message.encode_to_vec()]);
        let answer = answer.unwrap_or_else(|why| panic!("{by}: {method}: {why:?}"));
        R::decode(answer.concat().as_slice()).unwrap()
    }

    /// How long the log is.
    pub fn log_size(&self) -> u64 {
        self.search(u64::MAX).recorded_as + 1
    }

    /// The classes of the entries that somebody left since the log had this size.
    pub fn entries_since(&self, size: u64, by: &str) -> Vec<String> {
        let entries = self.search(size).entries.into_iter();
        entries.filter(|entry| entry.who == by).map(|entry| entry.class).collect()
    }

    fn search(&self, from: u64) -> v1::SearchReply {
        let request = v1::SearchRequest { from, limit: 1000, ..Default::default() };
        self.must(READER, "AuditService/Search", &request)
    }

    /// A notice about a child of Hackney from the council, in the inbox of the agency of [`DESK`]; its id.
    pub fn notice(&mut self) -> Vec<u8> {
        let text = format!(
            "notice_id,child_ref,upn,name,dob,event,event_date,placement_postcode,placement_area,\
             address_confidential,placing_authority,consent_to_assessment\n\
             2f1c9d0e-5a34-4d2b-9c55-{:012x},C1,B801200005001,Quincy Invented,2015-02-03,enters_care,2023-03-30,\
             ZE2 9QQ,{HACKNEY},no,{HACKNEY},given\n",
            self.draw()
        );
        let file = self.scene.file("notice.csv", &text);
        let args = ["submit", "--type", "lac-entry-notification", &file, "-o", "json"];
        let data = self.people[COUNCIL].run(&args).ended(0).data();
        let id = data["submission"].as_str().unwrap_or_else(|| panic!("{data}"));
        u128::from_str_radix(id, 16).unwrap().to_be_bytes().to_vec()
    }

    /// What was made once under a name.
    pub fn keep(&mut self, name: &'static str, make: impl FnOnce(&mut Self) -> Vec<u8>) -> Vec<u8> {
        if let Some(kept) = self.kept.get(name) {
            return kept.clone();
        }
        let made = make(self);
        self.kept.insert(name, made.clone());
        made
    }

    /// Runs a command of the broker's program on the scene's directory.
    pub fn operate(&self, command: &str, more: &[&str]) {
        let dir = self.scene.dir.to_string_lossy().into_owned();
        let done = self.scene.operate(&[&[command, &dir], more].concat());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}
