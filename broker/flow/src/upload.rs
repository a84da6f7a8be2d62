//! A large return, whose content arrives in pieces: announced, taken piece by piece, then walked like any other. What
//! has arrived stays for a while, so that a sender whose connection broke goes on where it broke off.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use concordat_catalogue::bulk::MOST_BYTES;
use concordat_catalogue::content;
use concordat_core::fault::Fault;
use concordat_core::ids::{AgencyId, Digest, EntryId, PrincipalId, SendKey};
use concordat_core::refusal::Refusal;
use concordat_store::{Spool, Spooled, Store};
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;

use crate::commit::Sending;
use crate::identify::Caller;
use crate::open::Flow;
use crate::random;
use crate::refuse::About;
use crate::seal::content_key;
use crate::stop::Stop;
use crate::submit::{Acknowledged, Received};
use crate::validate::malformed;

/// How many large returns of one agency may be on their way at once.
const OF_AGENCY: usize = 4;

/// How many of all agencies.
const IN_ALL: usize = 16;

/// How long what has arrived is kept for its sender to go on.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// The most bytes of a return that has to be held whole to be checked.
const MOST_WHOLE: u64 = 64 << 20;

/// A large return as its sender announces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// All of it but its tables.
    pub head: Received,
    /// How many bytes its content has.
    pub length: u64,
    /// SHA-256 of its content.
    pub content: Digest,
}

/// What the sender of a large return is told first.
#[derive(Debug)]
pub enum Begun {
    /// Go on at this byte of the content.
    At(u64),
    /// It was recorded before.
    Recorded(Acknowledged),
}

/// A large return on its way.
struct Arriving {
    announced: Announced,
    by: PrincipalId,
    person_level: bool,
    entry: EntryId,
    touched: Timestamp,
    /// Taken out while its end is dealt with.
    spool: Arc<Mutex<Option<Spool>>>,
}

type Name = (AgencyId, SendKey);

/// The large returns on their way.
#[derive(Default)]
pub(crate) struct Arrivals(Mutex<HashMap<Name, Arriving>>);

impl Arrivals {
    fn all(&self) -> MutexGuard<'_, HashMap<Name, Arriving>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn spool_of(spool: &Mutex<Option<Spool>>) -> MutexGuard<'_, Option<Spool>> {
    spool.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stop> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Fault::internal("work on a large return did not come to an end").into())
}

impl<S: Store> Flow<S> {
    /// Announces a large return, or asks where to go on with one announced before.
    ///
    /// # Errors
    /// A refusal, recorded: as for a return that is sent at once, too large, or too many on their way. A fault of ours.
    pub async fn begin_upload(&self, caller: &Caller, announced: Announced) -> Result<Begun, Stop> {
        let about = About::of(&announced.head);
        let generation = self.generation();
        let permitted = self.permit(&generation, caller, announced.head.clone()).await?;
        let rtype = Arc::clone(&permitted.get().rtype);
        let begun = async {
            if announced.head.type_digest != rtype.digest {
                return Err(Stop::Refused(Refusal::CatalogueChanged));
            }
            let most = if rtype.is_streamed() { MOST_BYTES as u64 } else { MOST_WHOLE };
            if announced.length > most {
                return Err(malformed(
                    "length",
                    format!("a return of this type has up to {} MiB", most >> 20),
                ));
            }
            let head = &announced.head;
            let sending = Sending {
                identity: &head.identity,
                key: head.key,
                content: announced.content,
                replaces: head.replaces.is_some(),
            };
            match self.recorded_before(&sending) {
                Ok(Some(original)) => return Ok(Begun::Recorded(original.acknowledge((Vec::new(), None)))),
                // what was accepted in part has another digest than what came: that is seen when it has come again
                Err(Stop::Refused(_)) if rtype.acceptance.is_in_part() => {}
                Ok(None) => {}
                Err(stop) => return Err(stop),
            }
            self.arrive(caller, announced.clone(), rtype.person_level).await.map(Begun::At)
        };
        match begun.await {
            Err(Stop::Refused(refusal)) => Err(self.refuse(caller, about, refusal).await),
            other => other,
        }
    }

    /// Where to go on with a return, which is begun if it was not.
    async fn arrive(&self, caller: &Caller, announced: Announced, person_level: bool) -> Result<u64, Stop> {
        let now = self.now();
        let name = (caller.agency().id.clone(), announced.head.key);
        if let Some(taken) = self.arrived(&name, caller, &announced)? {
            return Ok(taken);
        }
        let entry = random::entry_id()?;
        let (ring, day) = (Arc::clone(&self.ring), self.today());
        let key = blocking(move || content_key(&ring, person_level, entry, day)).await?;
        let spool = self.store.spool(entry, key.map_err(Fault::unavailable)?)?;
        let arriving = Arriving {
            announced,
            by: caller.principal().clone(),
            person_level,
            entry,
            touched: now,
            spool: Arc::new(Mutex::new(Some(spool))),
        };
        // of two that begin the same at once the later drops its own
        self.arrivals.all().entry(name).or_insert(arriving);
        Ok(0)
    }

    /// How much has arrived of a return that was announced before; `None` when there is room for a new one.
    fn arrived(&self, name: &Name, caller: &Caller, announced: &Announced) -> Result<Option<u64>, Stop> {
        let mut arrivals = self.arrivals.all();
        if let Some(arriving) = arrivals.get_mut(name) {
            if arriving.announced != *announced || arriving.by != *caller.principal() {
                return Err(Stop::Refused(Refusal::KeyReused));
            }
            arriving.touched = self.now();
            // its end is being dealt with: ask again
            let taken = spool_of(&arriving.spool).as_ref().map(Spool::taken);
            return taken.map(Some).ok_or(Stop::Refused(Refusal::TooBusy));
        }
        let of_agency = arrivals.keys().filter(|(agency, _)| *agency == name.0).count();
        if of_agency >= OF_AGENCY || arrivals.len() >= IN_ALL {
            return Err(Stop::Refused(Refusal::TooBusy));
        }
        Ok(None)
    }

    /// Takes a piece of the content that begins at a byte of it. Tells how much has arrived: a piece that begins
    /// elsewhere is left.
    ///
    /// # Errors
    /// A refusal when no such return is on its way, or more comes than was announced; a fault when it cannot be
    /// written, after which the return has to be announced anew.
    pub async fn take_piece(
        &self,
        caller: &Caller,
        key: SendKey,
        at: u64,
        piece: impl AsRef<[u8]> + Send + 'static,
    ) -> Result<u64, Stop> {
        let name = (caller.agency().id.clone(), key);
        let (spool, length) = {
            let mut arrivals = self.arrivals.all();
            let arriving = arrivals.get_mut(&name).filter(|arriving| arriving.by == *caller.principal());
            let arriving = arriving.ok_or_else(not_announced)?;
            arriving.touched = self.now();
            (Arc::clone(&arriving.spool), arriving.announced.length)
        };
        let taken = blocking(move || {
            let mut spool = spool_of(&spool);
            let held = spool.as_mut().ok_or(Stop::Refused(Refusal::TooBusy))?;
            let piece = piece.as_ref();
            if at != held.taken() {
                return Ok(held.taken());
            }
            if piece.len() as u64 > length.saturating_sub(at) {
                return Err(malformed("bytes", "more comes than was announced: announce it anew"));
            }
            held.push(piece)?;
            Ok(held.taken())
        });
        let taken = taken.await?;
        if let Err(Stop::Failed(_)) = &taken {
            self.give_up(&name).await;
        }
        taken
    }

    /// Ends a return whose content has all arrived: checks it and records it. It goes on to its end though its caller
    /// hears no answer; whoever announces it again is told what came of it.
    ///
    /// # Errors
    /// As [`Flow::submit`]; and a refusal when no such return is on its way, or not all of it has arrived.
    pub async fn finish_upload(
        self: &Arc<Self>,
        caller: &Caller,
        key: SendKey,
    ) -> Result<Acknowledged, Stop> {
        let name = (caller.agency().id.clone(), key);
        let (announced, entry, person_level, spool) = {
            let arrivals = self.arrivals.all();
            let arriving = arrivals.get(&name).filter(|arriving| arriving.by == *caller.principal());
            let arriving = arriving.ok_or_else(not_announced)?;
            let mut spool = spool_of(&arriving.spool);
            let taken = spool.as_ref().ok_or(Stop::Refused(Refusal::TooBusy))?.taken();
            if taken < arriving.announced.length {
                return Err(malformed("key", format!("not all has arrived: go on at byte {taken}")));
            }
            (arriving.announced.clone(), arriving.entry, arriving.person_level, spool.take())
        };
        let (flow, caller) = (Arc::clone(self), caller.clone());
        let walk = tokio::spawn(async move {
            let done = match spool {
                Some(spool) => flow.arrived_whole(&caller, announced, spool).await,
                None => Err(Stop::Refused(Refusal::TooBusy)),
            };
            flow.arrivals.all().remove(&name);
            let unused = match &done {
                Ok(acknowledged) => acknowledged.submission != entry,
                Err(Stop::Refused(_)) => true,
                // whether it was recorded is not known, so its key must stay
                Err(Stop::Failed(_)) => false,
            };
            if unused && person_level {
                flow.forget(entry).await;
            }
            done
        });
        walk.await.map_err(|_| Fault::internal("the walk of a large return did not come to an end"))?
    }

    async fn arrived_whole(
        self: &Arc<Self>,
        caller: &Caller,
        announced: Announced,
        spool: Spool,
    ) -> Result<Acknowledged, Stop> {
        let about = About::of(&announced.head);
        let spooled = blocking(move || spool.finish()).await??;
        if spooled.content() != announced.content {
            let refusal = Refusal::Malformed {
                field: "content_digest",
                text: "what arrived is not what was announced: send it again".to_owned(),
            };
            return Err(self.refuse(caller, about, refusal).await);
        }
        let generation = self.generation();
        let permitted = self.permit(&generation, caller, announced.head.clone()).await?;
        let rtype = Arc::clone(&permitted.get().rtype);
        let whole = !rtype.is_streamed()
            || rtype.is_rolling()
            || !generation.catalogue.across_of(&rtype.id).is_empty();
        if whole {
            let received = blocking(move || decoded(announced.head, &spooled)).await?;
            return match received {
                Ok(received) => self.submit(caller, received).await,
                Err(Stop::Refused(refusal)) => Err(self.refuse(caller, about, refusal).await),
                Err(failed) => Err(failed),
            };
        }
        // one at a time: each holds the columns of its tables
        let _turn = self.upload_turn.lock().await;
        let (flow, by, here) = (Arc::clone(self), caller.clone(), Handle::current());
        // it takes seconds, on a thread that serves nobody else
        let walk = blocking(move || here.block_on(flow.walk(&generation, &by, permitted, Some(spooled))));
        match walk.await? {
            Err(Stop::Refused(refusal)) => Err(self.refuse(caller, about, refusal).await),
            other => other,
        }
    }

    /// Drops what nobody went on with.
    pub(crate) async fn forget_arrivals(&self) {
        let now = self.now();
        let old: Vec<Name> = {
            let arrivals = self.arrivals.all();
            let idle = arrivals.iter().filter(|(_, arriving)| {
                now.duration_since(arriving.touched) > KEPT && spool_of(&arriving.spool).is_some()
            });
            idle.map(|(name, _)| name.clone()).collect()
        };
        for name in old {
            self.give_up(&name).await;
        }
    }

    /// Forgets a return on its way, its key too.
    async fn give_up(&self, name: &Name) {
        let arriving = self.arrivals.all().remove(name);
        if let Some(arriving) = arriving.filter(|arriving| arriving.person_level) {
            self.forget(arriving.entry).await;
        }
    }
}

fn not_announced() -> Stop {
    malformed("key", "no return is on its way under this key: announce it first")
}

/// A return that is checked whole, as if it had been sent at once.
fn decoded(head: Received, spooled: &Spooled) -> Result<Received, Stop> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut spooled.read()?, &mut bytes).map_err(Fault::unavailable)?;
    let (identity, nil, tables) =
        content::decode(&bytes).map_err(|fault| malformed("content", fault.to_string()))?;
    if identity != head.identity || nil {
        return Err(malformed("content", content::ContentFault::OtherReturn.to_string()));
    }
    Ok(Received { tables, ..head })
}
