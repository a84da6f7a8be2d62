//! The children in need census: for every rule a message that breaks it and one that keeps it, told as what differs
//! from a message without a fault.

/// A message without a fault.
pub const SOUND: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Message xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <Header>
    <CollectionDetails>
      <Collection>CIN</Collection><Year>2024</Year><ReferenceDate>2024-03-31</ReferenceDate>
    </CollectionDetails>
    <Source>
      <SourceLevel>L</SourceLevel><LEA>204</LEA><SoftwareCode>A &amp; B</SoftwareCode><Release>1</Release>
      <SerialNo>001</SerialNo><DateTime>2024-05-23T11:14:05</DateTime>
    </Source>
  </Header>
  <Children>
    <Child>
      <ChildIdentifiers>
        <LAchildID>X1</LAchildID><UPN>H801200001001</UPN><PersonBirthDate>2015-03-27</PersonBirthDate>
        <GenderCurrent>1</GenderCurrent>
      </ChildIdentifiers>
      <ChildCharacteristics>
        <Ethnicity>WBRI</Ethnicity>
        <Disabilities><Disability>HAND</Disability><Disability>HEAR</Disability></Disabilities>
      </ChildCharacteristics>
      <CINdetails>
        <CINreferralDate>2023-10-06</CINreferralDate><ReferralSource>1A</ReferralSource>
        <PrimaryNeedCode>N4</PrimaryNeedCode><DateOfInitialCPC>2023-12-06</DateOfInitialCPC>
        <Assessments>
          <AssessmentActualStartDate>2023-10-10</AssessmentActualStartDate>
          <AssessmentAuthorisationDate>2023-11-19</AssessmentAuthorisationDate>
          <FactorsIdentifiedAtAssessment>
            <AssessmentFactors>1C</AssessmentFactors><AssessmentFactors>6B</AssessmentFactors>
          </FactorsIdentifiedAtAssessment>
        </Assessments>
        <CINPlanDates><CINPlanStartDate>2023-11-24</CINPlanStartDate></CINPlanDates>
        <Section47>
          <S47ActualStartDate>2023-11-20</S47ActualStartDate><InitialCPCtarget>2023-12-11</InitialCPCtarget>
          <DateOfInitialCPC>2023-12-07</DateOfInitialCPC><ICPCnotRequired>false</ICPCnotRequired>
        </Section47>
        <ReferralNFA>0</ReferralNFA>
        <ChildProtectionPlans>
          <CPPstartDate>2023-12-07</CPPstartDate><CPPendDate>2024-03-14</CPPendDate>
          <InitialCategoryOfAbuse>PHY</InitialCategoryOfAbuse><LatestCategoryOfAbuse>PHY</LatestCategoryOfAbuse>
          <NumberOfPreviousCPP>0</NumberOfPreviousCPP>
          <Reviews><CPPreviewDate>2024-02-15</CPPreviewDate><CPPreviewDate>2024-03-10</CPPreviewDate></Reviews>
        </ChildProtectionPlans>
      </CINdetails>
    </Child>
    <Child>
      <ChildIdentifiers>
        <LAchildID>X2</LAchildID><UPNunknown>UN1</UPNunknown>
        <ExpectedPersonBirthDate>2024-07-01</ExpectedPersonBirthDate><Sex>0</Sex>
      </ChildIdentifiers>
      <ChildCharacteristics><Ethnicity>NOBT</Ethnicity></ChildCharacteristics>
      <CINdetails>
        <CINreferralDate>2024-02-01</CINreferralDate><ReferralSource>3A</ReferralSource><ReferralNFA>true</ReferralNFA>
      </CINdetails>
    </Child>
  </Children>
</Message>
"#;

/// What is written in place of what.
pub type Edit = (&'static str, &'static str);

pub struct Fixture {
    pub rule: &'static str,
    pub breaks: &'static [Edit],
    pub passes: &'static [Edit],
}

const fn fixture(rule: &'static str, breaks: &'static [Edit], passes: &'static [Edit]) -> Fixture {
    Fixture { rule, breaks, passes }
}

pub const END: &str = "<AssessmentAuthorisationDate>2023-11-19</AssessmentAuthorisationDate>";
pub const CONFERENCE: &str = "<DateOfInitialCPC>2023-12-07</DateOfInitialCPC>";

pub const FIXTURES: &[Fixture] = &[
    fixture("100", &[("2024-03-31</ReferenceDate>", "2024-03-30</ReferenceDate>")], &[]),
    fixture(
        "1103",
        &[("2023-10-10</AssessmentActual", "2023-10-05</AssessmentActual")],
        &[("2023-10-10</AssessmentActual", "2023-10-06</AssessmentActual")],
    ),
    fixture(
        "1105",
        &[("2023-12-07</CPPstart", "2022-10-05</CPPstart")],
        &[("2023-12-07</CPPstart", "2023-12-06</CPPstart")],
    ),
    fixture("1510", &[("H801200001001", "Z801200001001")], &[("H801200001001", "G80120000101A")]),
    // the check letter of the wrong authority is right
    fixture("1530", &[("H801200001001", "X817558133462")], &[]),
    fixture(
        "2885",
        &[("2023-12-07</CPPstart", "2023-12-08</CPPstart")],
        &[("2023-12-07</CPPstart", "2023-12-06</CPPstart")],
    ),
    fixture("4180", &[("<Sex>0</Sex>", "<Sex>M</Sex>")], &[("<Sex>0</Sex>", "<Sex>9</Sex>")]),
    fixture("8500", &[("<LAchildID>X2</LAchildID>", "<LAchildID/>")], &[]),
    fixture("8510", &[("<LAchildID>X2<", "<LAchildID>X1<")], &[("<LAchildID>X2<", "<LAchildID>x1<")]),
    fixture(
        "8520",
        &[(
            "<ExpectedPersonBirthDate>2024-07-01</ExpectedPersonBirthDate>",
            "<PersonBirthDate>2024-04-01</PersonBirthDate>",
        )],
        &[(
            "<ExpectedPersonBirthDate>2024-07-01</ExpectedPersonBirthDate>",
            "<PersonBirthDate>2024-03-31</PersonBirthDate>",
        )],
    ),
    fixture(
        "8525",
        &[("<ExpectedPersonBirthDate>2024-07-01</ExpectedPersonBirthDate>", "")],
        &[("<ExpectedPersonBirthDate>2024-07-01<", "<ExpectedPersonBirthDate>2024-07-02<")],
    ),
    fixture(
        "8606",
        &[("2024-07-01</Expected", "2024-11-08</Expected")],
        &[("2024-07-01</Expected", "2024-11-07</Expected")],
    ),
    fixture(
        "8670Q",
        &[(END, ""), ("2023-10-10</AssessmentActual", "2024-01-25</AssessmentActual")],
        &[(END, ""), ("2023-10-10</AssessmentActual", "2024-01-26</AssessmentActual")],
    ),
    fixture(
        "8675Q",
        &[
            (CONFERENCE, ""),
            ("2023-11-20</S47", "2024-03-07</S47"),
            ("2023-12-07</CPPstart", "2023-12-06</CPPstart"),
        ],
        &[
            (CONFERENCE, ""),
            ("2023-11-20</S47", "2024-03-08</S47"),
            ("2023-12-07</CPPstart", "2023-12-06</CPPstart"),
        ],
    ),
    fixture(
        "8840",
        &[("2024-03-14</CPPend", "2023-12-07</CPPend")],
        &[("2024-03-14</CPPend", "2023-12-08</CPPend")],
    ),
    fixture(
        "8925",
        &[("2024-03-14</CPPend", "2023-12-01</CPPend")],
        &[("<CPPendDate>2024-03-14</CPPendDate>", "")],
    ),
];

/// The message, changed.
pub fn message(edits: &[Edit]) -> String {
    let mut text = SOUND.to_owned();
    for (from, to) in edits {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text = text.replace(from, to);
    }
    text
}
