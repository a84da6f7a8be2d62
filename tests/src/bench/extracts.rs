//! Large returns about made-up children: a folder of the looked-after children's files and a census message,
//! with rows in the proportions of the sample and faults in some of them.

use std::fmt::Write as _;

/// A small generator of numbers, the same for the same seed.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides.max(1)
    }

    fn one<'w>(&mut self, words: &[&'w str]) -> &'w str {
        let at = self.roll(words.len() as u64) as usize;
        words.get(at).copied().unwrap_or_default()
    }

    fn uk_date(&mut self, years: std::ops::Range<u64>) -> String {
        let (day, month) = (1 + self.roll(28), 1 + self.roll(12));
        let year = years.start + self.roll(years.end - years.start);
        format!("{day:02}/{month:02}/{year}")
    }

    fn iso_date(&mut self, years: std::ops::Range<u64>) -> String {
        let (day, month) = (1 + self.roll(28), 1 + self.roll(12));
        let year = years.start + self.roll(years.end - years.start);
        format!("{year}-{month:02}-{day:02}")
    }

    fn upn(&mut self) -> String {
        format!("{}{:012}", self.one(&["A", "H", "R", "X"]), self.roll(1_000_000_000_000))
    }
}

/// A folder of the looked-after children's return: names and texts. About two episodes a child.
#[must_use]
pub fn looked_after(episodes: usize) -> Vec<(String, String)> {
    let dice = &mut Dice(903);
    let mut header = String::from("CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n");
    let mut episode = String::from(
        "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n",
    );
    let mut reviews = String::from("CHILD,DOB,REVIEW,REVIEW_CODE\n");
    let mut oc2 = String::from(
        "CHILD,DOB,SDQ_SCORE,SDQ_REASON,CONVICTED,HEALTH_CHECK,IMMUNISATIONS,TEETH_CHECK,HEALTH_ASSESSMENT,\
         SUBSTANCE_MISUSE,INTERVENTION_RECEIVED,INTERVENTION_OFFERED\n",
    );
    let mut permanence = String::from("CHILD,DOB,PREV_PERM,LA_PERM,DATE_PERM\n");
    let mut missing = String::from("CHILD,DOB,MISSING,MIS_START,MIS_END\n");
    let (mut child, mut done) = (100_000_u64, 0);
    // writing to a string cannot fail
    while done < episodes {
        child += 1 + dice.roll(3);
        let born = dice.uk_date(2004..2018);
        let (sex, ethnic, upn) =
            (dice.one(&["1", "2"]), dice.one(&["WBRI", "BCRB", "MOTH", "REFU"]), dice.upn());
        let _ = writeln!(header, "{child},{sex},{born},{ethnic},{upn},,");
        let _ = writeln!(permanence, "{child},{born},Z1,,");
        let tick = |dice: &mut Dice| dice.roll(2);
        let ticks: Vec<String> = (0..8).map(|_| tick(dice).to_string()).collect();
        let _ = writeln!(oc2, "{child},{born},{},,{}", dice.roll(41), ticks.join(","));
        let years = 1 + dice.roll(3);
        for (year, _) in (2018..).zip(0..years) {
            let (began, ended) = (dice.uk_date(year..year + 1), dice.uk_date(year + 1..year + 2));
            let reason = if dice.roll(4) == 0 { "" } else { "X1" };
            let (status, need) = (dice.one(&["C2", "V2", "E1"]), dice.one(&["N1", "N4", "N8"]));
            let place = dice.one(&["U1", "U4", "K2", "P1", "R2", "T0", "A3"]);
            let provider = dice.one(&["PR0", "PR1", "PR2", "PR3", "PR4", "PR5", "PR1"]);
            let why = dice.one(&["CARPL", "CLOSE", "CHILD"]);
            let (home, placed, urn) =
                (10 + dice.roll(80), 10 + dice.roll(80), 1_000_000 + dice.roll(8_000_000));
            let _ = writeln!(
                episode,
                "{child},{began},S,{status},{need},{place},{provider},{ended},{reason},{why},EG{home} 7TT,WV{placed} 9FW,{urn}"
            );
            done += 1;
        }
        for _ in 0..4 + dice.roll(2) {
            let (day, code) = (dice.uk_date(2018..2022), dice.one(&["PN1", "PN4", "PN6"]));
            let _ = writeln!(reviews, "{child},{born},{day},{code}");
        }
        if dice.roll(50) == 0 {
            let _ = writeln!(
                missing,
                "{child},{born},M,{},{}",
                dice.uk_date(2018..2019),
                dice.uk_date(2019..2020)
            );
        }
    }
    [
        ("header.csv", header),
        ("episodes.csv", episode),
        ("reviews.csv", reviews),
        ("oc2.csv", oc2),
        ("previous_permanence.csv", permanence),
        ("missing.csv", missing),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .into()
}

/// A message of the children in need census.
#[must_use]
pub fn in_need(children: usize) -> String {
    let dice = &mut Dice(2_000);
    let mut out = String::from(
        "<Message>\n  <Header>\n    <CollectionDetails>\n      <Collection>CIN</Collection>\n      <Year>2022</Year>\n      \
         <ReferenceDate>2022-03-31</ReferenceDate>\n    </CollectionDetails>\n    <Source>\n      <LEA>204</LEA>\n    \
         </Source>\n  </Header>\n  <Children>\n",
    );
    for child in 0..children {
        let (upn, born, sex) = (dice.upn(), dice.iso_date(2006..2021), dice.one(&["1", "2", "9"]));
        let _ = write!(
            out,
            "    <Child>\n      <ChildIdentifiers>\n        <LAchildID>RND{child:012}</LAchildID>\n        <UPN>{upn}</UPN>\n        \
             <PersonBirthDate>{born}</PersonBirthDate>\n        <GenderCurrent>{sex}</GenderCurrent>\n      </ChildIdentifiers>\n      \
             <ChildCharacteristics>\n        <Ethnicity>WBRI</Ethnicity>\n      </ChildCharacteristics>\n"
        );
        for _ in 0..1 + dice.roll(2) {
            details(dice, &mut out);
        }
        out.push_str("    </Child>\n");
    }
    out.push_str("  </Children>\n</Message>\n");
    out
}

fn details(dice: &mut Dice, out: &mut String) {
    let (referred, source, need) =
        (dice.iso_date(2020..2022), dice.one(&["1A", "4", "6", "10"]), dice.one(&["N1", "N4", "N8"]));
    let (start, end) = (dice.iso_date(2021..2022), dice.iso_date(2022..2023));
    let _ = write!(
        out,
        "      <CINdetails>\n        <CINreferralDate>{referred}</CINreferralDate>\n        \
         <ReferralSource>{source}</ReferralSource>\n        <PrimaryNeedCode>{need}</PrimaryNeedCode>\n        \
         <Assessments>\n          <AssessmentActualStartDate>{start}</AssessmentActualStartDate>\n          \
         <AssessmentAuthorisationDate>{end}</AssessmentAuthorisationDate>\n          <FactorsIdentifiedAtAssessment>\n            \
         <AssessmentFactors>3B</AssessmentFactors>\n            <AssessmentFactors>4B</AssessmentFactors>\n          \
         </FactorsIdentifiedAtAssessment>\n        </Assessments>\n"
    );
    if dice.roll(3) == 0 {
        let day = dice.iso_date(2021..2022);
        let _ = write!(
            out,
            "        <Section47>\n          <S47ActualStartDate>{start}</S47ActualStartDate>\n          \
             <DateOfInitialCPC>{day}</DateOfInitialCPC>\n          <ICPCnotRequired>false</ICPCnotRequired>\n        </Section47>\n"
        );
    }
    out.push_str("        <ReferralNFA>false</ReferralNFA>\n");
    if dice.roll(4) == 0 {
        let (review, other) = (dice.iso_date(2021..2022), dice.iso_date(2022..2023));
        let _ = write!(
            out,
            "        <ChildProtectionPlans>\n          <CPPstartDate>{start}</CPPstartDate>\n          \
             <InitialCategoryOfAbuse>NEG</InitialCategoryOfAbuse>\n          <LatestCategoryOfAbuse>EMO</LatestCategoryOfAbuse>\n          \
             <NumberOfPreviousCPP>0</NumberOfPreviousCPP>\n          <Reviews>\n            <CPPreviewDate>{review}</CPPreviewDate>\n            \
             <CPPreviewDate>{other}</CPPreviewDate>\n          </Reviews>\n        </ChildProtectionPlans>\n"
        );
    }
    out.push_str("      </CINdetails>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_of_the_size_that_was_asked_for_and_the_same_each_time() {
        let folder = looked_after(1_000);
        let episodes = folder.iter().find(|(name, _)| name == "episodes.csv").unwrap();
        assert!((1_001..=1_004).contains(&episodes.1.lines().count()));
        assert_eq!(folder, looked_after(1_000));
        assert_eq!(in_need(100).matches("<Child>").count(), 100);
    }
}
