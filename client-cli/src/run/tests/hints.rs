//! What a person is told to do next.

use super::*;

#[tokio::test]
async fn a_period_that_is_missing_is_asked_for_as_the_type_has_it() {
    let mut office = Office::unenrolled();
    let file = office.file("a.csv", "area\n");
    for (of, period) in [
        ("cds-csc-quarterly", "--period 2022-23/Q4"),
        ("core-data-set-annual", "--period 2022-23"),
        ("lado-attestation-monthly", "--period 2022-04"),
    ] {
        let (code, _, stderr) = office.run(&format!("validate --type {of}"), Some(&file)).await;
        assert_eq!(code, 2, "{stderr}");
        assert!(stderr.contains(&format!("such as {period}\n")), "{of}: {stderr}");
    }
}

#[tokio::test]
async fn a_folder_for_a_return_of_one_file_is_told_to_name_the_file() {
    let mut office = Office::new();
    let folder = office.dir.path().join("returns");
    std::fs::create_dir(&folder).unwrap();
    let (code, _, stderr) = office.run(VALIDATE, Some(&folder)).await;
    assert!(
        code == 2 && stderr.contains("this return is one file: name the file inside the folder"),
        "{stderr}"
    );
}

#[tokio::test]
async fn other_areas_than_those_named_are_told_as_the_option_that_named_them() {
    let mut office = Office::unenrolled();
    let file = office.file("a.csv", "area,period\nE09000012,2022-23/Q4\nE09000001,2022-23/Q4\n");
    let validate = "validate --type cds-csc-quarterly --period 2022-23/Q4 --area";
    for (area, told) in [
        ("E09000012", "for E09000012 (--area), but the file also holds E09000001: leave --area out"),
        ("E09000001,E09000012,E09000013", "but the file holds nothing for E09000013: leave"),
        ("E09000013", "but the file holds E09000001, E09000012 and nothing for E09000013: leave"),
    ] {
        let (code, stdout, _) = office.run(&format!("{validate} {area}"), Some(&file)).await;
        assert!(code == 3 && stdout.contains(told), "{area}: {stdout}");
    }
}

#[tokio::test]
async fn errors_end_with_how_to_have_the_file_back_marked_and_where_row_1_is() {
    let mut office = Office::new();
    let file = office.file("bad.csv", BAD);
    let (_, stdout, stderr) = office.run(VALIDATE, Some(&file)).await;
    assert!(stderr.contains("`--report FILE.xlsx` writes the file back with its cells marked"), "{stderr}");
    assert!(stdout.contains("row 1 is line 2 of the file"), "{stdout}");
    let good = office.file("good.csv", GOOD);
    let (_, _, stderr) = office.run(VALIDATE, Some(&good)).await;
    assert!(!stderr.contains("--report"), "{stderr}");
    // of a file that is no return the rows are told too
    let ragged = office.file("ragged.csv", "\narea,visits,late\nE09000012,1\n");
    let (_, stdout, _) = office.run(VALIDATE, Some(&ragged)).await;
    assert!(
        stdout.contains("row 1  [table-shape]") && stdout.contains("row 1 is line 3 of the file"),
        "{stdout}"
    );
}
