//! Words that are known as places, agencies, months, programmes and the like: none is part of a name here.

use std::collections::HashSet;
use std::sync::LazyLock;

static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| WORDS.split_ascii_whitespace().collect());

/// Whether a word, in lower case, is known as something else than part of a name.
pub(super) fn is_known(word: &str) -> bool {
    KNOWN.contains(word)
}

const WORDS: &str = concat!(
    // agencies and what they are made of
    "police policing constabulary council councils county borough boroughs service services hospital ",
    "hospitals trust foundation nhs board boards commissioning partnership partnerships school ",
    "schools academy college university nursery hub team teams department office command branch ",
    "division directorate unit cabinet government ministry authority authorities national local home ",
    "ofsted inspectorate probation prison court courts crown cafcass ambulance fire rescue housing ",
    "jobcentre benefit benefits charity church mosque synagogue gp camhs icb bcu mash lado marac mace ",
    "mappa niche merlin nspcc barnardo barnardos mencap childline kooth whiz redthread brook ",
    // roles
    "officer officers chief executive director directors manager head lead leader designated doctor ",
    "nurse professional professionals practitioner independent scrutineer chair commissioner ",
    "commissioners guardian caldicott mayor minister secretary member members lord lady royal prime ",
    "deputy assistant senior interim acting associate principal specialist consultant coordinator ",
    "administrator staff volunteer volunteers worker workers advocate ",
    // places
    "city london england wales britain kingdom united british metropolitan north south east west ",
    "northern southern eastern western central greater inner outer upper lower new great st saint ",
    "hackney islington tower hamlets newham camden haringey enfield barking dagenham barnet bexley ",
    "brent bromley croydon ealing greenwich hammersmith fulham harrow havering hillingdon hounslow ",
    "kensington chelsea kingston lambeth lewisham merton redbridge richmond southwark sutton waltham ",
    "forest wandsworth westminster thames essex kent surrey sussex hertfordshire lincolnshire ",
    "yorkshire manchester birmingham liverpool leeds bristol grimsby cleethorpes scunthorpe hull ",
    "stamford hill stoke newington dalston shoreditch hoxton clapton homerton haggerston woodberry ",
    "down finsbury park square mile bishopsgate barts whittington ormond street road lane house ",
    "centre place green common market station town hall afghanistan ukraine syria world international ",
    "european ",
    // people and peoples
    "family families child children childrens young people youth parent parents carer carers mother ",
    "father baby babies infant unborn girl girls boy boys men women adult adults english french irish ",
    "afghan ukrainian syrian arabic turkish kurdish bengali somali polish roma traveller gypsy black ",
    "asian white mixed african caribbean jewish orthodox charedi muslim christian hindu sikh ",
    // days and months
    "january february march april may june july august september october november december monday ",
    "tuesday wednesday thursday friday saturday sunday spring summer autumn winter christmas easter ",
    "ramadan day week month year quarter quarterly annual monthly ",
    // the trade
    "justice social care health healthcare integrated safeguarding education primary secondary early ",
    "years help multi agency inspection report review reviews practice serious case rapid learning ",
    "plan plans planning protection conference conferences initial assessment assessments referral ",
    "referrals contact contacts strategy strategic action group groups forum panel committee meeting ",
    "meetings sub working together keeping safe safer safety safeguard right door act acts bill code ",
    "guidance framework policy policies procedure procedures standard standards programme programmes ",
    "project projects initiative campaign course courses training workshop development improvement ",
    "quality assurance performance data set domestic abuse violence intervention female genital ",
    "mutilation fgm sexual exploitation criminal missing contextual modern slavery trafficking ",
    "radicalisation prevent channel counter terrorism online harm harms neglect emotional physical ",
    "mental wellbeing substance misuse drug alcohol offending community communities voluntary sector ",
    "faith special educational needs disability disabilities disabled inclusion virtual elective ",
    "exclusion attendance welfare looked after leaver leavers fostering foster adoption adopted ",
    "residential private unaccompanied asylum seeking operation encompass makesafe signs systemic ",
    "think rise first time entrants stop search core information system systems sharing agreement ",
    "protocol pathway toolkit model tool approach priority priorities theme vision mission values ",
    "voice key stage level tier phase section part chapter appendix annex table figure page civic ",
    "business support general medical dental pharmacy employment covid coronavirus pandemic legal law ",
    "regulation human rights equality diversity newly corporate parenting statutory neighbours ",
    "statistical public major crime roads transport allegation allegations financial arrangement ",
    "arrangements breast flattening attachment trauma informed supervision introduction awareness ",
    "managing understanding effective recognising parental conflict complex strengths based ",
    "restorative transitional gangs knife weapon hate lines self suicide bereavement obesity diabetes ",
    "vaping ",
    // products
    "microsoft excel word zoom google facebook instagram tiktok twitter youtube snapchat whatsapp ",
    "internet ",
    // small words
    "the a an in on at of for and or to from with by as is are was were this that these those there ",
    "their our we it its all both each no not one two three four five six seven eight nine ten last ",
    "next second third total average number percentage increase decrease over under more less other ",
    "against ",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_words_are_small_letters_and_stand_once() {
        let words: Vec<&str> = WORDS.split_ascii_whitespace().collect();
        assert!(words.iter().all(|word| word.bytes().all(|b| b.is_ascii_lowercase())));
        assert_eq!(words.len(), KNOWN.len());
    }
}
