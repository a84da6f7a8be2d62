//! A large return, whose content arrives in pieces: announced, taken piece by piece, then walked like any other. What
//! has arrived stays for a while, so that a sender whose connection broke goes on where it broke off.

use std::sync::Arc;

use concordat_catalogue::bulk::MOST_BYTES;
use concordat_catalogue::{ReturnType, content};
use concordat_core::fault::Fault;
use concordat_core::ids::{Digest, SendKey};
use concordat_core::refusal::Refusal;
use concordat_store::{Spool, Spooled, Store};
use tokio::runtime::Handle;

use crate::arrivals::{Arrived, Name, Ready};
use crate::commit::Sending;
use crate::generation::Generation;
use crate::identify::{Caller, NO_MORE};
use crate::open::Flow;
use crate::random;
use crate::refuse::About;
use crate::seal::content_key;
use crate::stop::{Stop, malformed};
use crate::submit::{Acknowledged, Received};
use crate::unheard::Unheard;

/// The most bytes, and cells, of a return that has to be held whole to be checked.
const MOST_WHOLE: u64 = 64 << 20;
const MOST_CELLS: usize = 1_000_000;

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

pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Stop> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Fault::internal("work on a large return did not come to an end").into())
}

/// Whether a return of a type is checked as it comes, and not whole.
fn is_streamed(generation: &Generation, rtype: &ReturnType) -> bool {
    rtype.is_streamed() && !rtype.is_rolling() && generation.catalogue.across_of(&rtype.id).is_empty()
}

impl<S: Store> Flow<S> {
    /// Announces a large return, or asks where to go on with one announced before.
    ///
    /// # Errors
    /// A refusal, recorded: as for a return that is sent at once, too large, or too many on their way. A fault of ours.
    pub async fn begin_upload(
        self: &Arc<Self>,
        caller: &Caller,
        announced: Announced,
    ) -> Result<Begun, Stop> {
        let about = About::of(&announced.head);
        let generation = self.generation();
        let permitted = self.permit(&generation, caller, announced.head.clone()).await?;
        let rtype = Arc::clone(&permitted.get().rtype);
        self.recorded(caller, about, self.begin(caller, &generation, &rtype, announced).await).await
    }

    async fn begin(
        self: &Arc<Self>,
        caller: &Caller,
        generation: &Generation,
        rtype: &ReturnType,
        announced: Announced,
    ) -> Result<Begun, Stop> {
        if announced.head.type_digest != rtype.digest {
            return Err(Stop::Refused(Refusal::CatalogueChanged));
        }
        let most = if is_streamed(generation, rtype) { MOST_BYTES as u64 } else { MOST_WHOLE };
        if announced.length > most {
            return Err(malformed("length", format!("a return of this type has up to {} MiB", most >> 20)));
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
        let name = (caller.agency().id.clone(), announced.head.key);
        let (flow, by, person_level) = (Arc::clone(self), caller.principal().clone(), rtype.person_level);
        // it goes on though its caller hangs up, so that no key and no place is left to nobody
        let arriving = tokio::spawn(async move {
            let entry = random::entry_id()?;
            let arrived =
                flow.arrivals.begin(name.clone(), announced, by, (entry, person_level), flow.now())?;
            let Arrived::Anew { instead } = arrived else { return Ok(arrived.taken()) };
            if let Some(older) = instead {
                flow.forget(older).await;
            }
            let made = flow.make_spool(entry, person_level).await;
            let placed = made.and_then(|spool| flow.arrivals.place(&name, entry, spool));
            if placed.is_err() {
                flow.give_up(&name, entry, person_level).await;
            }
            placed.map(|()| 0)
        });
        let taken = arriving.await.map_err(|_| Fault::internal("a large return could not be begun"))?;
        taken.map(Begun::At)
    }

    async fn make_spool(
        &self,
        entry: concordat_core::ids::EntryId,
        person_level: bool,
    ) -> Result<Spool, Stop> {
        let (ring, day) = (Arc::clone(&self.ring), self.today());
        let key = blocking(move || content_key(&ring, person_level, entry, day)).await?;
        Ok(self.store.spool(entry, key.map_err(Fault::unavailable)?)?)
    }

    /// Takes a piece of the content that begins at a byte of it. Tells how much has arrived: a piece that begins
    /// elsewhere is left.
    ///
    /// # Errors
    /// A refusal when no such return is on its way, its sender may not send it any more, or more comes than was
    /// announced; a fault when it cannot be written, after which the return has to be announced anew.
    pub async fn take_piece(
        &self,
        caller: &Caller,
        key: SendKey,
        at: u64,
        piece: impl AsRef<[u8]> + Send + 'static,
    ) -> Result<u64, Stop> {
        let name = (caller.agency().id.clone(), key);
        let Some(held) = self.arrivals.held(&name, caller.principal(), self.now()) else {
            return Err(self.not_announced(caller));
        };
        let (about, entry, person_level) = (About::of(&held.head), held.entry, held.person_level);
        // what was allowed when it was announced may not be any more, and whoever sends it may be revoked
        let Some(now) = self.identify_again(caller) else {
            self.unheard(Unheard::Revoked, caller.principal().to_string());
            return Err(Stop::Refused(Refusal::Unauthenticated(NO_MORE)));
        };
        let _permitted = self.permit(&self.generation(), &now, held.head.clone()).await?;
        let taken = blocking(move || held.push(at, piece.as_ref())).await?;
        if let Err(Stop::Failed(_)) = &taken {
            self.give_up(&name, entry, person_level).await;
        }
        self.recorded(caller, about, taken).await
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
        let ready = match self.arrivals.finish(&name, caller.principal(), self.now()) {
            None => return Err(self.not_announced(caller)),
            Some((about, Err(stop))) => return self.recorded(caller, about, Err(stop)).await,
            Some((_, Ok(ready))) => ready,
        };
        let (flow, caller) = (Arc::clone(self), caller.clone());
        let walk = tokio::spawn(async move {
            let (entry, person_level) = (ready.entry, ready.person_level);
            // dropped however this ends: what is over is on its way no more
            let _place = Leaving { flow: Arc::clone(&flow), name, entry };
            let mut is_used = false;
            let done = flow.arrived_whole(&caller, ready, &mut is_used).await;
            let is_recorded = match &done {
                Ok(acknowledged) => acknowledged.submission == entry,
                Err(Stop::Refused(_) | Stop::Denied { .. }) => false,
                // once it was to be appended it is not known whether it was, so its key must stay
                Err(Stop::Failed(_)) => is_used,
            };
            if person_level && !is_recorded {
                flow.forget(entry).await;
            }
            done
        });
        walk.await.map_err(|_| Fault::internal("the walk of a large return did not come to an end"))?
    }

    async fn arrived_whole(
        self: &Arc<Self>,
        caller: &Caller,
        Ready { announced, spool, .. }: Ready,
        is_used: &mut bool,
    ) -> Result<Acknowledged, Stop> {
        let about = About::of(&announced.head);
        let spooled = blocking(move || spool.finish()).await??;
        if spooled.content() != announced.content {
            let other = malformed("content_digest", "what arrived is not what was announced: send it again");
            return self.recorded(caller, about, Err(other)).await;
        }
        let generation = self.generation();
        let permitted = self.permit(&generation, caller, announced.head.clone()).await?;
        // one at a time: each holds its tables, or their columns
        let _turn = self.upload_turn.lock().await;
        let (flow, by, here) = (Arc::clone(self), caller.clone(), Handle::current());
        if !is_streamed(&generation, &permitted.get().rtype) {
            let received = blocking(move || decoded(announced.head, &spooled)).await?;
            let received = match received {
                Ok(received) => received,
                Err(stop) => return self.recorded(caller, about, Err(stop)).await,
            };
            return blocking(move || here.block_on(flow.submit_in_turn(&by, received))).await?;
        }
        *is_used = true;
        // it takes seconds, on a thread that serves nobody else
        let walk = blocking(move || here.block_on(flow.walk(&generation, &by, permitted, Some(spooled))));
        self.recorded(caller, about, walk.await?).await
    }

    /// Records it where a walk ended in a refusal.
    pub(crate) async fn recorded<T>(
        &self,
        caller: &Caller,
        about: About,
        ended: Result<T, Stop>,
    ) -> Result<T, Stop> {
        match ended {
            Err(Stop::Refused(refusal)) => Err(self.refuse(caller, about, refusal).await),
            other => other,
        }
    }

    // whose return it would be is not known: it is counted
    fn not_announced(&self, caller: &Caller) -> Stop {
        self.unheard(Unheard::Malformed, caller.principal().to_string());
        malformed("key", "no return is on its way under this key: announce it first")
    }

    /// Drops what nobody went on with.
    pub(crate) async fn forget_arrivals(&self) {
        for (name, entry, person_level) in self.arrivals.idle(self.now()) {
            tracing::debug!(agency = %name.0, "a large return that nobody went on with was dropped");
            if person_level {
                self.forget(entry).await;
            }
        }
    }

    /// Forgets a return on its way, its key too.
    async fn give_up(&self, name: &Name, entry: concordat_core::ids::EntryId, person_level: bool) {
        if self.arrivals.remove(name, entry) && person_level {
            self.forget(entry).await;
        }
    }
}

/// The place of a return that is being ended.
struct Leaving<S: Store> {
    flow: Arc<Flow<S>>,
    name: Name,
    entry: concordat_core::ids::EntryId,
}

impl<S: Store> Drop for Leaving<S> {
    fn drop(&mut self) {
        self.flow.arrivals.remove(&self.name, self.entry);
    }
}

/// A return that is checked whole, as if it had been sent at once.
fn decoded(head: Received, spooled: &Spooled) -> Result<Received, Stop> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut spooled.read()?, &mut bytes).map_err(Fault::unavailable)?;
    let (identity, nil, tables) = content::decode_within(&bytes, MOST_CELLS)
        .map_err(|fault| malformed("content", fault.to_string()))?;
    if identity != head.identity || nil {
        return Err(malformed("content", content::ContentFault::OtherReturn.to_string()));
    }
    Ok(Received { tables, ..head })
}
