//! A folder of tables about children goes through a real broker, and what the analyst reads names none of them.

use concordat_cli::workbook;
use concordat_tests::Scene;

/// Invented from end to end: one child, one row in each table.
const FOLDER: &[(&str, &str)] = &[
    ("header", "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n903771,2,17/02/2010,WBRI,A000000000001,,\n"),
    (
        "episodes",
        "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n\
         903771,01/04/2022,S,C2,N1,U1,PR1,,,,E8 1EA,E8 1EA,SC000001\n",
    ),
    ("reviews", "CHILD,DOB,REVIEW,REVIEW_CODE\n903771,17/02/2010,01/05/2022,PN1\n"),
    ("missing", "CHILD,DOB,MISSING,MIS_START,MIS_END\n903771,17/02/2010,M,01/06/2022,02/06/2022\n"),
];

fn folder(scene: &Scene, name: &str, change: impl Fn(&str) -> String) -> String {
    let folder = scene.folder(name);
    std::fs::create_dir_all(&folder).unwrap();
    for (table, text) in FOLDER {
        std::fs::write(folder.join(format!("{table}.csv")), change(text)).unwrap();
    }
    folder.to_string_lossy().into_owned()
}

#[test]
fn a_folder_about_children_is_checked_twice_and_read_without_what_names_a_child() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let analyst = scene.person("chscp/analyst", &["partnership-analyst"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let send = |folder: &str, more: &[&str]| {
        let args = ["submit", "--type", "ssda903-extract", "--period", "2022-23", folder, "-o", "json"];
        council.run(&[&args, more].concat())
    };
    // an end without a reason: by the client, and by the broker of what was sent unchecked
    let broken = folder(&scene, "broken", |text| text.replace("PR1,,,", "PR1,02/04/2022,,"));
    for (at, more) in [&[][..], &["--no-check"]].into_iter().enumerate() {
        let copy = scene.folder("copies").join(format!("{at}.xlsx"));
        let shown = copy.to_string_lossy().into_owned();
        let refused = send(&broken, &[more, &["--report", &shown]].concat()).ended(3);
        let listed = workbook::rows_of(&std::fs::read(&copy).unwrap(), "findings", 100).unwrap().unwrap();
        assert!(listed.iter().any(|row| row[1] == "148"), "{more:?}: {listed:?}");
        assert!(refused.out.contains("\"148\""), "{more:?}: {refused:?}");
        // the sender is told which child; nothing else of the child, and nothing in what may end up in a log
        assert!(refused.out.contains("903771") && !refused.err.contains("903771"), "{refused:?}");
        assert!(!refused.out.contains("17/02/2010") && !refused.out.contains("02/04/2022"), "{refused:?}");
    }
    let sound = folder(&scene, "sound", str::to_owned);
    let sent = send(&sound, &[]).ended(0);
    let id = super::submission_of(&sent.data());

    let read = analyst.run(&["inbox", "fetch", &id, "--purpose", "P9-child-level-analysis"]).ended(0);
    for shown in ["DECOM", "01/04/2022", "01/06/2022"] {
        assert!(read.out.contains(shown), "{shown}: {read:?}");
    }
    for hidden in ["903771", "A000000000001", "17/02/2010", "E8 1EA", "WBRI"] {
        assert!(!read.out.contains(hidden), "{hidden}: {read:?}");
    }
    let denied = manager.run(&["inbox", "fetch", &id, "--purpose", "P9-child-level-analysis"]);
    assert_eq!(denied.code, 5, "{denied:?}");
}
