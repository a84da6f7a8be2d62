//! Is the return right? All findings at once, and a value only a passed check can make.

use std::io::Read;
use std::sync::Arc;

use concordat_catalogue::content::stream::ReadFault;
use concordat_catalogue::{
    Checked as Outcome, Context, Draft, ReturnType, Valid, check, check_beside, check_stream, content,
    explain, leave_out_of_stream,
};
use concordat_core::apply::{Key, Row};
use concordat_core::clock::Clock;
use concordat_core::explanation::Explanation;
use concordat_core::fault::Fault;
use concordat_core::ids::{EntryId, SendKey};
use concordat_core::record::LeftOut;
use concordat_core::refusal::Refusal;
use concordat_core::submission::{Covers, Identity, Replaces};
use concordat_core::table::Table;
use concordat_policy::Permitted;
use concordat_store::{Content, Spooled, Store};
use zeroize::Zeroizing;

use crate::authorise::Typed;
use crate::generation::Generation;
use crate::open::Flow;
use crate::parted::{Parted, Told};
use crate::stop::{Stop, malformed};
use crate::submit::Received;

/// A return that passed its checks, with what goes along with it.
#[derive(Debug)]
pub struct Checked {
    /// The return.
    pub valid: Valid,
    /// Its type.
    pub rtype: Arc<ReturnType>,
    /// The client's key.
    pub key: SendKey,
    /// What it replaces.
    pub replaces: Option<Replaces>,
    /// The return of the period before, with which it was compared.
    pub compared: Option<EntryId>,
    /// What its sender answers to the queries.
    pub explanations: Vec<Explanation>,
    /// Where it is accepted in part, how much was left out.
    pub left_out: Option<LeftOut>,
    /// Where its content lies, if that came in pieces.
    pub spooled: Option<Spooled>,
}

/// An agency's own return of the period before: which submission, and what is in it.
type Earlier = (EntryId, Content);

impl<S: Store> Flow<S> {
    /// What the agency itself last sent for the period before, where a rule of the type looks back.
    fn earlier(&self, typed: &Typed) -> Result<Option<Earlier>, Stop> {
        let identity = &typed.received.identity;
        let Covers::Period(period) = identity.covers else { return Ok(None) };
        let before = period.previous().filter(|_| !typed.received.nil && typed.rtype.needs_previous());
        let Some(before) = before else { return Ok(None) };
        let key = Key::Version(Identity { covers: Covers::Period(before), ..identity.clone() });
        let version = match self.store.row(&key)? {
            Some(Row::Version(version)) if !version.withdrawn => version,
            _ => return Ok(None),
        };
        let content = self.store.own_content(version.index, &identity.agency)?;
        Ok(content.map(|content| (version.submission, content)))
    }

    /// Checks a return; where its content came in pieces, by reading those.
    pub(crate) fn validate(
        &self,
        generation: &Generation,
        permitted: Permitted<Typed>,
        mut spooled: Option<Spooled>,
    ) -> Result<(Permitted<Checked>, Told), Stop> {
        let now = self.clock.now();
        let mut told = None;
        let (compared, mut earlier) = self.earlier(permitted.get())?.unzip();
        let decoded = match &mut earlier {
            // one of several tables may be large, and is read as it comes
            Some(earlier) if !permitted.get().rtype.has_several_tables() => Some(tables_of(earlier)?),
            _ => None,
        };
        let previous = decoded.as_deref();
        let typed = permitted.get();
        let across = match typed.received.explanations.as_slice() {
            [] => &[],
            _ => generation.catalogue.across_of(&typed.rtype.id),
        };
        let all_or_nothing = typed.received.all_or_nothing;
        let checked = permitted.try_map(|Typed { received, rtype }| {
            let Received { identity, key, type_digest, nil, replaces, tables, explanations, .. } = received;
            if type_digest != rtype.digest {
                return Err(Stop::Refused(Refusal::CatalogueChanged));
            }
            if nil && !rtype.nil {
                return Err(Stop::Refused(Refusal::NilNotAllowed));
            }
            let context = Context {
                now,
                previous,
                offline: false,
                calendar: Some(&generation.calendar),
                sender: generation.partnership.agency(&identity.agency).map(|agency| agency.kind),
            };
            let earlier = earlier.as_mut().map(|earlier| earlier as &mut dyn Read);
            let draft = Draft { identity, nil, tables };
            let outcome = match (&mut spooled, earlier) {
                (Some(spooled), earlier) => {
                    let input = (spooled.read()?, earlier);
                    let outcome = check_stream(&rtype, &draft.identity, input, &context).map_err(unread)?;
                    self.left_of(&rtype, spooled, outcome)?
                }
                (None, Some(earlier)) => check_beside(&rtype, draft, earlier, &context).map_err(unread)?,
                (None, None) => check(&rtype, draft, &context),
            };
            match outcome.valid {
                Some(_) if all_or_nothing && outcome.in_part.is_some() => {
                    Err(Stop::Refused(Refusal::Invalid(outcome.findings)))
                }
                Some(valid) => {
                    explain::check(&explanations, &outcome.findings, across)
                        .map_err(|text| malformed("explanations", text))?;
                    let found = told.insert(Told::of(outcome.findings, outcome.in_part));
                    let left_out = found.parted.as_ref().map(Parted::left_out);
                    Ok(Checked { valid, rtype, key, replaces, compared, explanations, left_out, spooled })
                }
                None => Err(Stop::Refused(Refusal::Invalid(outcome.findings))),
            }
        });
        let checked = checked?;
        Ok((checked, told.ok_or_else(|| Fault::internal("a return passed a check that said nothing"))?))
    }
}

impl<S: Store> Flow<S> {
    /// Of a return that came in pieces and is accepted in part: what is left, sealed anew in the place of what came.
    fn left_of(&self, rtype: &ReturnType, spooled: &mut Spooled, outcome: Outcome) -> Result<Outcome, Stop> {
        let Some(part) = &outcome.in_part else { return Ok(outcome) };
        let mut left = self.store.spool(spooled.entry(), spooled.key())?;
        let put = |bytes: &[u8]| {
            left.push(bytes).map_err(|fault| std::io::Error::other(fault.operator().to_string()))
        };
        let valid = leave_out_of_stream(rtype, part, (spooled.read()?, spooled.content()), put);
        let valid = valid.map_err(unread)?;
        *spooled = left.finish()?;
        Ok(Outcome { valid: Some(valid), ..outcome })
    }
}

/// What was recorded before is whole, or was altered.
pub(crate) fn tables_of(content: &mut Content) -> Result<Vec<Table>, Fault> {
    let mut bytes = Zeroizing::new(Vec::new());
    content.read_to_end(&mut bytes).map_err(Fault::unavailable)?;
    let (_, _, tables) = content::decode(&bytes).map_err(Fault::tampered)?;
    Ok(tables)
}

/// Content that is no return is its sender's, content that cannot be read is ours.
pub(crate) fn unread(fault: ReadFault) -> Stop {
    match fault {
        ReadFault::Content(fault) => malformed("content", fault.to_string()),
        ReadFault::Io(why) => Fault::unavailable(why).into(),
    }
}
