use super::*;

fn rules(text: &str) -> Vec<Rule> {
    remarks(text).into_iter().map(|remark| remark.rule).collect()
}

fn breaks(rule: Rule, texts: &[&str]) {
    let wrong: Vec<_> =
        texts.iter().map(|text| (text, rules(text))).filter(|(_, got)| *got != [rule]).collect();
    assert!(wrong.is_empty(), "{rule:?} should break here: {wrong:#?}");
}

fn quiet(texts: &[&str]) {
    let wrong: Vec<_> =
        texts.iter().map(|text| (text, remarks(text))).filter(|(_, got)| !got.is_empty()).collect();
    assert!(wrong.is_empty(), "should stay quiet: {wrong:#?}");
}

#[test]
fn n1_a_percentage_change_is_that_of_its_two_numbers() {
    breaks(
        Rule::N1,
        &[
            "12% from 311 to 355",
            "Contacts with the LADO increased by 12%, from 311 in 2021/22 to 355 in 2022/23.",
            "Contacts rose from 311 to 355 (12%).",
            "Contacts rose from 311 in 2021/22 to 355 in 2022/23, an increase of 12%.",
            "There were 355 contacts, a 12% increase on the 311 of the previous year.",
            "There were 355 contacts, an increase of 12% on 2021/22 (311).",
            "There were 4,148 referrals, an increase of 16% compared with 3,559 in 2021/22.",
            "4,148 referrals were received in 2022/23, compared to 3,559 in 2021/22, an increase of 16%.",
            "Referrals: 4,148, up 16 per cent from 3,559.",
            "Referrals: 4,148, up from 3,559 (16%).",
            "An increase in referrals of 16%, from 3,559 to 4,148",
            "First time entrants fell by 24% (from 67 to 54).",
            "An increase of 19% from 67 to 54",
            "Attendance fell from 89% to 71%, a reduction of 12 percentage points.",
            "Attendance rose from 71% to 89%, an increase of 20%.",
            "Contacts rose by over 15% from 311 to 355.",
            "Contacts rose from 311 to 355 (+12%).",
            "Contacts rose by 12% to 355 from 311.",
            "Contacts rose 12 per cent to 355, from 311 in 2021/22.",
            "Contacts rose from 311 in 2021/22 to 355 in 2022/23. This represents a 12% increase.",
            "Contacts rose from 311 to 355. That is an increase of 12% on the previous year.",
            "A 12% rise (from 311 to 355) was seen.",
            "Contacts grew from 311 to 355, up 12%.",
        ],
    );
    quiet(&[
        "14% from 311 to 355",
        "14.1% from 311 to 355; 14.15% from 311 to 355",
        "Contacts rose by about 15%, from 311 to 355.",
        "Contacts rose by over 12% from 311 to 355 and by nearly 15%.",
        "Referrals rose from 3,559 to 4,148 (16.5%).",
        "Contacts rose from around 300 to 355, an increase of 12%.",
        "Half the change is rounded either way: from 200 to 225, up 12% or, from 200 to 225, up 13%.",
        "Contacts rose from 311 to 355 (12% of all contacts were anonymous).",
        "Contacts rose from 311 to 355, and 12% came from police.",
        "12% from police, and from 2021 to 2022 nothing changed.",
        "Attendance rose from 71% to 89%, an increase of 18 percentage points.",
        "Attendance rose from 71% to 89%, an increase of 25%.",
        "Children aged from 10 to 17 made up 12% of contacts.",
        "Referrals rose 16% on the previous year with 300 from police.",
        "355 contacts came from 311 families, a 12% increase.",
        "From 0 to 12, an increase of 100%",
        "First time entrants fell by 19% (from 67 to 54).",
        "There were 495 children, a decrease of 14.6% over the last 12 months.",
        "Episodes rose by 1.7% from 400,110 to 406,770, whereas endings fell by 1.3% from 353,860 to 349,130.",
        "391,000 children were in need, which is a decrease of 2% from 397,600 last year.",
        "The share was 17.3% in Q3 compared to 16.7% in Q2; 193 in Q3 compared with 171.",
        "Contacts rose from 311 to 355. This is a 12% increase on 2019/20.",
        "Contacts rose from 311 to 355. Referrals show a 12% increase.",
        "Contacts rose from 311 to 355. This was seen in 12% of schools.",
        "Placements dropped from 210 in Sep 2020 to 112 July 2021 (47% reduction).",
    ]);
}

#[test]
fn n2_parts_add_up_to_their_total() {
    breaks(
        Rule::N2,
        &[
            "1,121 + 252 + 345 = 1,719",
            "143 girls + 273 boys = 415",
            "Of 35: 26 and 6.",
            "of 35: 26 and 6",
            "Of the 35 referrals, 26 were male and 6 female.",
            "There were 35 referrals (26 male and 6 female).",
            "35 referrals: 26 (74%) male, 6 (17%) female",
            "A total of 56 courses: 40 virtual and 15 in person",
            "56 courses, made up of 40 virtual and 15 in person.",
            "418,722 was spent, comprising 300,000 on staff, 100,000 on training and 18,721 on reviews.",
            "1,121 attended, 252 cancelled and 345 did not attend, a total of 1,720.",
            "We booked 1,720 places (1,121 attended, 252 cancelled, 345 did not attend).",
            "50.2% + 40.1% = 91%",
            "The nine lines add up to 387,633 against a total of 363,153.",
            "A total of 1,445 notices, comprising of 993 referrals and 453 requests for advice, came in.",
        ],
    );
    quiet(&[
        "1,121 + 252 + 345 = 1,718",
        "143 + 273 = 416",
        "69% + 37% = 106%",
        "33.3% + 33.3% + 33.3% = 100%",
        "Of 32 referrals: 26 male and 6 female.",
        "Of 35: 26 male, 6 female and 3 not known.",
        "Of the 35 referrals, 26 were male and 12 were under 18.",
        "There were 56 courses (25 virtual, 12 in the evening).",
        "Of 100: 12 from police, 40 from schools and the rest from health.",
        "There were 12 sessions for 300 delegates, a total of 36 hours.",
        "1,121 attended, 252 cancelled and 345 did not attend, a total of 1,718.",
        "Of around 35: 26 and 6.",
        "The nine lines add up to 363,153, which is the total of 363,153.",
        "The reports add up to 40 in all, and of 12 courses the total is known.",
        "Three forces made 40 and 60 contacts, a total of 100.",
        "Of 35 referrals: 26 male, 6 female, up from 30 last year.",
    ]);
}

#[test]
fn n3_a_percentage_is_that_of_its_count_and_base() {
    breaks(
        Rule::N3,
        &[
            "34 (17%) of 405",
            "34 children (17%) of the 405 were in residential homes.",
            "34 of 405 (17%)",
            "34 out of the 405 children looked after (17%) lived in residential homes.",
            "34 of 405 children, or 17%, lived in residential homes.",
            "17% (34) of 405",
            "17% (34 of 405)",
            "17% of the 405 children (34)",
            "Of the 405 children looked after, 34 (17%) lived in residential homes.",
            "103 of 166 eligible referrals (66%) were under 18.",
            "103/166 = 66%",
            "13,656 of 21,136 visitors = 81%",
            "765 (5.4%) of a total of 10,847",
            "103 or 66% of 166",
            "103, 66% of the 166 eligible",
            "66% (103/166)",
        ],
    );
    quiet(&[
        "34 (8.4%) of 405",
        "34 of 405 (8%)",
        "103 of 166 (62%) and 111 of 166 (67%)",
        "1 of 8 (12%) or 1 of 8 (13%)",
        "1 of 8 (12.5%) in all",
        "nearly 9% (34) of 405",
        "about 34 (17%) of 405",
        "34 (17% in 2021/22) of 405",
        "34 of 405 children, 17% of whom were new",
        "34 of 405 children and 17% of adults",
        "one of 12 (8%)",
        "69% + 37% = 106% (children in both groups)",
        "missing 1,301/265 = 4.9",
    ]);
}

#[test]
fn n4_a_rate_is_that_of_its_count_and_population() {
    breaks(
        Rule::N4,
        &[
            "65 per 10,000 looked after, 392 of 55,059",
            "A rate of 65 per 10,000 children (392 of 55,059).",
            "There were 392 children looked after in a population of 55,059, a rate of 65 per 10,000.",
            "The rate was 65 per 10k. There were 392 children looked after out of a population of 55,059.",
            "392 children of 55,059 were looked after. That is 65 per 10,000.",
            "718 assessments per 10,000 (3,998 of 55,059)",
            "6.5 per 1,000 (392 of 55,059)",
            "65 per 10,000 (392 children, population 55,059)",
        ],
    );
    quiet(&[
        "71 per 10,000 looked after, 392 of 55,059",
        "71.2 per 10,000 (392 of 55,059)",
        "7.1 per 1,000 (392 of 55,059)",
        "over 70 per 10,000 (392 of 55,059)",
        "about 70 per 10,000 (392 of 55,059)",
        "65 per 10,000 in London and 71 per 10,000 here (392 of 55,059)",
        "Referrals: 453 per 10,000. Of the survey, 392 of 5,505 answered.",
        "65 per 10,000 of 55,059 children",
        "The rate per 10,000 is 71, down from 75 per 10,000, with 392 of 55,059 children looked after.",
    ]);
}

#[test]
fn n5_a_change_fits_the_value_it_led_to() {
    breaks(
        Rule::N5,
        &[
            "181, a reduction of 211",
            "At the end of March 2023, 181 children were on a plan, a reduction of 211 from 2021/22.",
            "181 (a reduction of 211)",
            "14 health checks were made, an increase of 20 on last year.",
            "Care leavers: an increase of 20 from 391 to 409",
            "Care leavers rose from 391 to 409, an increase of 20.",
            "There were 409 care leavers, an increase of 20 from 391.",
            "Plans fell by 211 from 392 to 182.",
        ],
    );
    quiet(&[
        "181, a reduction from 211",
        "181, a reduction of 211 from 392",
        "181, a reduction of 30 on last year",
        "14 health checks, an increase of 4",
        "Care leavers: an increase of 18 from 391 to 409",
        "Care leavers rose from 391 to 409, an increase of about 20.",
        "The 3 courses brought a reduction of 40 in cancellations.",
        "20 courses, a reduction of 40 delegates",
        "1 case, a reduction of 2",
        "181, a reduction of 14.2%",
    ]);
}

#[test]
fn n6_a_period_exists() {
    breaks(
        Rule::N6,
        &[
            "in 2010/22",
            "2022/24",
            "the year 2022/22",
            "2023-22",
            "31 June",
            "by 31st of June 2022",
            "June 31st",
            "June 31, 2022",
            "29 February 2023",
            "30 February",
            "2022-06-31",
            "31/06/2022",
            "31.9.2022",
            "Q5 2022/23",
            "2022/23 Q0",
        ],
    );
    quiet(&[
        "2022/23, 2021-22 and 2022–23, 1999/00",
        "Strategy 2021-24, 2017/2021, 2022-10, 2022/23 Q4",
        "30 June, 31st May, 29 February 2024, 29 February",
        "2022-06-30, 30/06/2022, 06/30/2022, 1.2.2023",
        "We received 40 March referrals and 31 may be repeated.",
        "24/7 support, 9:30, 10-17, Q5 of the survey, 2022/23/24",
        "3/4 of cases; a ratio of 1:4; 7/12",
    ]);
}

#[test]
fn n7_a_count_of_1_to_5_is_not_told_of_people() {
    breaks(
        Rule::N7,
        &[
            "one child",
            "One child was in a residential school.",
            "2 children",
            "two looked after children moved",
            "Three of the girls were under 12.",
            "Of those who left, 5 were boys.",
            "1 young person aged 16",
            "4 families were helped and 90 schools visited.",
            "Numbers fell from 9 to 3 children.",
            "one unaccompanied asylum-seeking child",
            "Only four people came.",
            "26 male and 2 female",
        ],
    );
    quiet(&[
        "0 children, 6 children, 12 children",
        "fewer than 6 children; up to 5 children; between 1 and 5 children; more than 3 children",
        "one in five children; 2 per 1,000 children",
        "one child protection conference, two children's homes, one family support worker",
        "one-to-one work with children; one of the schools",
        "three courses for children, 4 social workers",
        "children aged 5, under 5 children, 5 year old children",
        "the one thing children need; each one child can",
        "1 to 5 children",
        "2022 children",
        "5 of 9 schools; one practitioner; one person-centred plan",
    ]);
}

#[test]
fn what_was_compared_is_told_to_the_sender_in_figures_never_in_words() {
    let figures = |text: &str| remarks(text).remove(0).figures.unwrap();
    assert_eq!(figures("12% from 311 to 355"), "12% stated; from 311 to 355 is 14.1%");
    assert_eq!(figures("of 35: 26 and 6"), "the parts add up to 32; the total says 35");
    assert_eq!(figures("34 (17%) of 405"), "17% stated; 34 of 405 is 8.4%");
    assert_eq!(figures("65 per 10,000, 392 of 55,059"), "65 per 10,000 stated; 392 of 55,059 is 71.2");
    assert_eq!(figures("181, a reduction of 211"), "a change of 211 beside 181");
    assert_eq!(figures("from 391 to 409, an increase of 20"), "20 stated; from 391 to 409 is 18");
    assert_eq!(figures("in 2010/22"), "2010/22");
    // a date or a small count may be about someone
    assert_eq!(remarks("31 June")[0].figures, None);
    assert_eq!(remarks("2 children")[0].figures, None);
    assert!(remarks(&"34 (17%) of 405, 35 (17%) of 405; ".repeat(9)).len() <= MOST);
}

// from domain.md, section 5: what is right in the report, and stays quiet
#[test]
fn the_good_ones_stay_quiet() {
    quiet(&[
        "Training: 1,121 attended, 252 cancelled and 345 did not attend (1,121 + 252 + 345 = 1,718).",
        "There were 1,301 missing episodes of 265 children, an average of 4.9 (1,301/265 = 4.9).",
        "416 disabled children (143 girls and 273 boys; 143 + 273 = 416).",
        "69% + 37% = 106%, because children may be in both groups.",
        "69% of children were in the first group and 37% in the second.",
    ]);
}

#[test]
fn looking_is_linear_in_the_length_of_the_text() {
    let looks = |text: &str| {
        let passage = Passage::of(text);
        let _ = of(&passage);
        passage.looks.get()
    };
    for unit in [
        "1 ",
        "1+",
        "1 + ",
        "1=",
        "of 35: ",
        "of ",
        "from 1 to ",
        "from ",
        "12% ",
        "(",
        "(1%",
        "1 (2%) of ",
        "a ",
        "1, ",
        "1 and ",
        "a reduction of 9, ",
        "per 10,000 ",
        "of 5 of ",
        "2022/24 ",
        "31 June ",
        "total of 3, ",
        "one child ",
        "comprising 1 ",
        "1 a, ",
        "a,",
        ".",
        "1.",
        "increase of ",
        "9 of 9,999 ",
        "£",
        "é",
        "２ ",
        "of the ",
        "a 1 to ",
        "up from 3 ",
        "in all ",
        "and 1 male ",
        ": 1 ",
    ] {
        let (short, long) = (unit.repeat(1_000 / unit.len()), unit.repeat(2_000 / unit.len()));
        assert!(looks(&long) <= 700 * 2_000, "{unit}: {}", looks(&long));
        assert!(
            looks(&long) <= looks(&short) * 5 / 2 + 2_000,
            "{unit}: {} then {}",
            looks(&short),
            looks(&long)
        );
    }
}
