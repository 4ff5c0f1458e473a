"""QTI 1.2 as Canvas and Common Cartridge write it: every type of question, banks, groups and the course export."""

# ruff: noqa: E501

from html import escape
from typing import Any

import pytest

from content.drafts import ItemDraft
from content.formats import table
from content.formats.packages import pack
from content.formats.reading import Draft, Refused, Source
from tests.content.formats.test_xml import PNG

SPACE = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"


def mat(text: str, kind: str = "text/html") -> str:
    return f'<material><mattext texttype="{kind}">{escape(text)}</mattext></material>'


def fields(**named: Any) -> str:
    rows = "".join(
        f"<qtimetadatafield><fieldlabel>{name}</fieldlabel><fieldentry>{value}</fieldentry></qtimetadatafield>"
        for name, value in named.items()
    )
    return f"<itemmetadata><qtimetadata>{rows}</qtimetadata></itemmetadata>"


def lid(name: str, *idents: str, several: str = "Single", title: str = "") -> str:
    labels = "".join(
        f'<response_label ident="{ident}">{mat("Text " + ident, "text/plain")}</response_label>' for ident in idents
    )
    return f'<response_lid ident="{name}" rcardinality="{several}">{title}<render_choice>{labels}</render_choice></response_lid>'


FIB = '<response_str ident="response1" rcardinality="Single"><render_fib><response_label ident="answer1"/></render_fib></response_str>'


def equal(text: str, name: str = "response1", more: str = "") -> str:
    return f'<varequal respident="{name}"{more}>{text}</varequal>'


def when(test: str, *, score: float | None = 100, action: str = "Set", feedback: str = "", more: str = "No") -> str:
    set_ = f'<setvar action="{action}" varname="SCORE">{score}</setvar>' if score is not None else ""
    shown = f'<displayfeedback feedbacktype="Response" linkrefid="{feedback}"/>' if feedback else ""
    return f'<respcondition continue="{more}"><conditionvar>{test}</conditionvar>{set_}{shown}</respcondition>'


def feedback(name: str, text: str) -> str:
    return f'<itemfeedback ident="{name}"><flow_mat>{mat(text)}</flow_mat></itemfeedback>'


def item(
    kind: str, stem: str, responses: str = "", rules: str = "", after: str = "", ident: str = "q1", **more: Any
) -> str:
    outcomes = '<outcomes><decvar maxvalue="100" minvalue="0" varname="SCORE" vartype="Decimal"/></outcomes>'
    return (
        f'<item ident="{ident}" title="Question">{fields(question_type=kind, points_possible="2.5", **more)}'
        f"<presentation>{mat(stem)}{responses}</presentation><resprocessing>{outcomes}{rules}</resprocessing>{after}</item>"
    )


def quiz(*inner: str) -> str:
    return f'<questestinterop xmlns="{SPACE}"><assessment ident="a1" title="A quiz"><section ident="root_section">{"".join(inner)}</section></assessment></questestinterop>'


def read(text: str) -> Draft:
    source = Source("quiz.xml", text.encode())
    assert table.of(source).name == "qti1"
    return table.of(source).read(source)


def only(text: str) -> ItemDraft:
    draft = read(quiz(text))
    assert len(draft.items) == 1
    return draft.items[0]


def test_multiple_choice_with_feedback_for_answers_and_all() -> None:
    rules = (
        when("<other/>", score=None, feedback="general_fb", more="Yes")
        + when(equal("12"), score=None, feedback="12_fb", more="Yes")
        + when(equal("11"), feedback="correct_fb")
        + when("<other/>", score=None, feedback="general_incorrect_fb")
    )
    after = (
        feedback("general_fb", "In general")
        + feedback("12_fb", "<b>Not</b> 12")
        + feedback("correct_fb", "Yes")
        + feedback("general_incorrect_fb", "No")
    )
    draft = read(
        quiz(item("multiple_choice_question", "<p>Pick <b>it</b></p>", lid("response1", "11", "12"), rules, after))
    )
    found = draft.items[0]
    assert (found.kind, found.key_state, str(found.points), found.identifier) == ("choice", "approved", "2.5", "q1")
    assert (found.body["stem"], found.body["feedback"]) == ("Pick **it**", "In general")
    assert [(row["id"], row["text"], row["credit"]) for row in found.body["options"]] == [
        ("11", "Text 11", 1),
        ("12", "Text 12", 0),
    ]
    assert [row["rationale"] for row in found.body["options"]] == ["Yes", "**Not** 12\n\nNo"]
    assert not draft.losses


def test_true_false() -> None:
    labels = lid("response1", "1", "2").replace("Text 1", "True").replace("Text 2", "False")
    found = only(item("true_false_question", "Is it?", labels, when(equal("2"))))
    assert (found.kind, found.body["correct"]) == ("true_false", False)


def test_multiple_answers_are_all_or_nothing_as_the_file_says() -> None:
    rules = when(f"<and>{equal('1')}<not>{equal('2')}</not>{equal('3')}</and>")
    found = only(item("multiple_answers_question", "Pick", lid("response1", "1", "2", "3", several="Multiple"), rules))
    assert (found.kind, found.body["scoring"]) == ("multiple_response", "all_or_nothing")
    assert [row["credit"] for row in found.body["options"]] == [1, 0, 1]


def test_report_says_that_canvas_credits_several_answers_in_part() -> None:
    rules = when(f"<and>{equal('1')}<not>{equal('2')}</not>{equal('3')}</and>")
    several = lid("response1", "1", "2", "3", several="Multiple")
    draft = read(quiz(item("multiple_answers_question", "Pick", several, rules)))
    assert [loss.what for loss in draft.losses] == ["scoring"]
    assert "its share" in draft.losses[0].why


def test_short_answer_accepts_each_text() -> None:
    found = only(item("short_answer_question", "Capital?", FIB, when(equal("Hà Nội") + equal("Ha Noi"))))
    assert found.kind == "short_text"
    assert [(row["text"], row["credit"]) for row in found.body["answers"]] == [("Hà Nội", 1), ("Ha Noi", 1)]


def test_blanks_and_drop_downs_are_a_cloze() -> None:
    responses = lid("response_big", "1", "2", title="<material><mattext>big</mattext></material>") + lid(
        "response_b_2", "3", title="<material><mattext>b_2</mattext></material>"
    )
    rules = when(equal("1", "response_big"), score=50, action="Add") + when(
        equal("3", "response_b_2"), score=50, action="Add"
    )
    blanks = only(item("fill_in_multiple_blanks_question", "<p>A [big] b [b_2].</p>", responses, rules))
    assert (blanks.kind, blanks.body["text"]) == ("cloze", "A [[big]] b [[b_2]].")
    assert [[row["text"] for row in gap["answers"]] for gap in blanks.body["gaps"]] == [
        ["Text 1", "Text 2"],
        ["Text 3"],
    ]
    drops = only(item("multiple_dropdowns_question", "<p>A [big] b [b_2].</p>", responses, rules))
    assert [[row["credit"] for row in gap["options"]] for gap in drops.body["gaps"]] == [[1, 0], [1]]


def blank(name: str, kind: str, *labels: str, more: str = "") -> str:
    """A gap as New Quizzes exports it: `answer_type` and `scoring_algorithm` stand at the labels."""
    rows = "".join(
        f'<response_label ident="{name}-{at}" {kind} {more}>{mat(text, "text/plain")}</response_label>'
        for at, text in enumerate(labels)
    )
    return f'<response_lid ident="response_{name}">{mat(name, "text/plain")}<render_choice>{rows}</render_choice></response_lid>'


@pytest.mark.parametrize("kind", ["dropdown", "wordbank"])
def test_gap_to_choose_for_accepts_none_of_its_wrong_options(kind: str) -> None:
    responses = blank("b1", f'answer_type="{kind}" scoring_algorithm="Equivalence"', "red", "green")
    rules = when(equal("b1-1", "response_b1"), action="Add", more="Yes")
    found = only(item("fill_in_multiple_blanks_question", "<p>Grass is [b1].</p>", responses, rules))
    (gap,) = found.body["gaps"]
    assert (found.kind, gap["kind"]) == ("cloze", "dropdown")
    assert [(row["text"], row["credit"]) for row in gap["options"]] == [("red", 0), ("green", 1)]


@pytest.mark.parametrize(
    ("algorithm", "more", "expected", "cased"),
    [
        ("TextContainsAnswer", "", {"text": "*sun*", "match": "wildcard"}, False),
        ("TextCloseEnough", 'levenshtein_distance="2" ignore_case="true"', {"text": "sun", "match": "close", "distance": 2}, False),
        ("TextCloseEnough", "", {"text": "sun", "match": "close", "distance": 1}, True),
        ("TextEquivalence", "", {"text": "sun", "match": "exact"}, True),
        ("TextRegex", "", {"text": "sun", "match": "regex"}, False),
        ("TextInChoices", "", {"text": "sun", "match": "exact"}, False),
    ],
)  # fmt: skip
def test_typed_gap_of_new_quizzes_compares_as_it_says(
    algorithm: str, more: str, expected: dict[str, Any], cased: bool
) -> None:
    responses = blank("b1", f'answer_type="openEntry" scoring_algorithm="{algorithm}"', "sun", more=more)
    rules = when(equal("b1-0", "response_b1"), action="Add", more="Yes")
    (gap,) = only(item("fill_in_multiple_blanks_question", "<p>The [b1].</p>", responses, rules)).body["gaps"]
    assert gap["answers"] == [{**expected, "credit": 1, "feedback": ""}]
    assert gap["case_sensitive"] is cased


def test_words_above_the_entries_of_an_ordering_belong_to_the_question() -> None:
    labels = "".join(f'<response_label ident="{at}">{mat(f"Step {at}")}</response_label>' for at in "21")
    ordered = (
        f'<response_lid ident="response1" rcardinality="Ordered"><render_extension><material position="top"><mattext>First</mattext></material>'
        f'<ims_render_object shuffle="No"><flow_label>{labels}</flow_label></ims_render_object>'
        '<material position="bottom"><mattext>Last</mattext></material></render_extension></response_lid>'
    )
    found = only(item("ordering_question", "Order!", ordered, when(equal("1") + equal("2"))))
    assert (found.kind, found.body["stem"], found.body["key"]) == ("ordering", "Order!\n\nFirst\n\nLast", ["1", "2"])


def test_item_of_blackboard_has_its_text_key_and_points() -> None:
    def said(text: str) -> str:
        return f'<material><mat_extension><mat_formattedtext type="HTML">{escape(text)}</mat_formattedtext></mat_extension></material>'

    labels = "".join(
        f'<flow_label><response_label ident="{name}"><flow_mat>{said(name)}</flow_mat></response_label></flow_label>'
        for name in ("red", "yellow")
    )
    rules = (
        when(equal("yellow", "response"), feedback="correct")
        .replace(">100.0<", ">SCORE.max<")
        .replace(">100<", ">SCORE.max<")
    )
    text = (
        "<item maxattempts='0'><itemmetadata><bbmd_questiontype>Multiple Choice</bbmd_questiontype>"
        "<qmd_absolutescore_max>3.0</qmd_absolutescore_max><qmd_weighting>0.0</qmd_weighting></itemmetadata>"
        f"<presentation><flow><flow>{said('Between <b>orange</b> and green?')}</flow><flow><response_lid ident='response' rcardinality='Single'>"
        f"<render_choice>{labels}</render_choice></response_lid></flow></flow></presentation>"
        f"<resprocessing>{rules}{when('<other/>', score=0, feedback='incorrect')}</resprocessing>"
        f"<itemfeedback ident='correct'><flow_mat>{said('Yes.')}</flow_mat></itemfeedback></item>"
    )
    found = only(text)
    assert (found.kind, found.body["stem"], found.points) == ("choice", "Between **orange** and green?", 3)
    assert [(row["text"], row["credit"], row["rationale"]) for row in found.body["options"]] == [
        ("red", 0, ""),
        ("yellow", 1, "Yes."),
    ]


def test_matching_keeps_distractors() -> None:
    responses = lid("response_5", "8", "9", "7", title=mat("Left")) + lid(
        "response_6", "8", "9", "7", title=mat("Other")
    )
    rules = when(equal("9", "response_5"), score=50, action="Add") + when(
        equal("8", "response_6"), score=50, action="Add"
    )
    found = only(item("matching_question", "Match", responses, rules))
    assert (found.kind, found.body["scoring"]) == ("matching", "per_pair")
    assert [(row["id"], row["text"], row["match"]) for row in found.body["prompts"]] == [
        ("5", "Left", "9"),
        ("6", "Other", "8"),
    ]
    assert [row["id"] for row in found.body["choices"]] == ["8", "9", "7"]


def bounds(low: str, high: str, strict: str = "vargte") -> str:
    return f'<{strict} respident="response1">{low}</{strict}><varlte respident="response1">{high}</varlte>'


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (equal("4.0"), {"value": 4}),
        (f"<or>{equal('10.6652')}<and>{bounds('10.1652', '11.1652')}</and></or>",
         {"value": 10.6652, "tolerance": {"type": "absolute", "value": 0.5}}),
        (bounds("9.0", "11.0"), {"min": 9, "max": 11}),
        (f"<or>{equal('13.4')}<and>{bounds('13.395', '13.405', 'vargt')}</and></or>",
         {"value": 13.4, "tolerance": {"type": "absolute", "value": 0.005}}),
        (f"<or>{equal('5.0', more=' margintype=&quot;percent&quot; margin=&quot;1&quot;'.replace('&quot;', chr(34)))}"
         f"<and>{bounds('4.95', '5.05')}</and></or>", {"value": 5, "tolerance": {"type": "relative", "value": 0.01}}),
    ],
)  # fmt: skip
def test_numerical_answers_keep_their_bounds(test: str, expected: dict[str, Any]) -> None:
    found = only(item("numerical_question", "How much?", FIB, when(test)))
    assert (found.kind, found.key_state) == ("numeric", "approved")
    assert found.body["answers"] == [{**expected, "credit": 1, "feedback": ""}]


def test_formula_question_is_taken_as_one_of_its_variants_and_named() -> None:
    variants = '<itemproc_extension><calculated><answer_tolerance>10%</answer_tolerance><formulas><formula>x*2</formula></formulas><var_sets><var_set ident="1"><var name="x">21</var><answer>42</answer></var_set></var_sets></calculated></itemproc_extension>'
    draft = read(quiz(item("calculated_question", "<p>Twice [x]?</p>", FIB, after=variants)))
    found = draft.items[0]
    assert (found.kind, found.body["stem"]) == ("numeric", "Twice 21?")
    assert found.body["answers"][0]["tolerance"] == {"type": "relative", "value": 0.1}
    assert [loss.what for loss in draft.losses] == ["calculated_question"]


def test_essay_upload_and_text() -> None:
    essay, upload, text = (
        only(item(kind, "Words", FIB)) for kind in ("essay_question", "file_upload_question", "text_only_question")
    )
    assert [found.kind for found in (essay, upload, text)] == ["open_text", "file_upload", "description"]
    assert (essay.key_state, upload.key_state, text.points) == ("unkeyed", "unkeyed", 0)


def test_type_that_no_kind_holds_is_listed_and_named() -> None:
    draft = read(quiz(item("hot_spot_question", "Where?", lid("response1", "1"))))
    assert [(found.identifier, found.kind, found.key_state) for found in draft.items] == [
        ("q1", "open_text", "unkeyed")
    ]
    assert [(loss.what, loss.severity) for loss in draft.losses] == [("hot_spot_question", "error")]


@pytest.mark.parametrize(
    ("profile", "responses", "rules", "kind"),
    [
        ("cc.multiple_choice.v0p1", lid("r", "1", "2"), when(equal("1", "r")), "choice"),
        ("cc.multiple_response.v0p1", lid("r", "1", "2", several="Multiple"), when(f"<and>{equal('1', 'r')}<not>{equal('2', 'r')}</not></and>"), "multiple_response"),
        ("cc.true_false.v0p1", lid("r", "true", "false").replace("Text ", ""), when(equal("true", "r")), "true_false"),
        ("cc.fib.v0p1", FIB, when(equal("x")), "short_text"),
        ("cc.pattern_match.v0p1", FIB, when('<varsubstring respident="response1">x</varsubstring>'), "short_text"),
        ("cc.essay.v0p1", FIB, "", "open_text"),
    ],
)  # fmt: skip
def test_profiles_of_common_cartridge(profile: str, responses: str, rules: str, kind: str) -> None:
    found = only(item("", "Stem", responses, rules, cc_profile=profile))
    assert (found.kind, found.key_state) == (kind, "unkeyed" if kind == "open_text" else "approved")


def test_kind_without_any_profile_follows_the_presentation() -> None:
    rules = when(equal("1"))
    assert only(item("", "S", lid("response1", "1", "2"), rules)).kind == "choice"
    assert only(item("", "S", FIB, when(equal("x")))).kind == "short_text"
    assert only(item("", "S", FIB)).kind == "open_text"
    assert only(item("", "S")).kind == "description"


def test_formula_pictures_and_delimiters_are_mathematics() -> None:
    found = only(
        item(
            "text_only_question",
            r'<p>\(x^2\) <img class="equation_image" data-equation-content="\sqrt{2}" src="/equation_images/x"></p>',
        )
    )
    assert found.body["stem"] == r"$x^2$ $\sqrt{2}$"


ONE = item("multiple_choice_question", "One", lid("response1", "1", "2"), when(equal("1")), ident="i1")
TWO = item("multiple_choice_question", "Two", lid("response1", "1", "2"), when(equal("1")), ident="i2")


def group(bank: str = "", *inner: str) -> str:
    bank = f"<sourcebank_ref>{bank}</sourcebank_ref>" if bank else ""
    selection = f"<selection>{bank}<selection_number>1</selection_number><selection_extension><points_per_item>3</points_per_item></selection_extension></selection>"
    return f'<section ident="g" title="Group"><selection_ordering>{selection}</selection_ordering>{"".join(inner)}</section>'


def test_group_is_a_pool_with_its_points() -> None:
    draft = read(quiz(group("", ONE, TWO)))
    assert [(pool.name, pool.draw, list(pool.items)) for pool in draft.pools] == [("Group", 1, ["i1", "i2"])]
    assert {found.points for found in draft.items} == {3}


def test_bank_that_is_not_in_the_file_is_named() -> None:
    draft = read(quiz(group("bank-9"), ONE))
    assert [(loss.what, loss.severity) for loss in draft.losses] == [("sourcebank_ref", "error")]


META = '<quiz xmlns="http://canvas.instructure.com/xsd/cccv1p0"><title>Its title</title><shuffle_answers>true</shuffle_answers><time_limit>30</time_limit></quiz>'
MANIFEST = '<manifest xmlns="http://www.imsglobal.org/xsd/imsccv1p3/imscp_v1p1"><metadata><schema>{}</schema></metadata><resources><resource type="webcontent"/><resource type="imswl_xmlv1p3"/></resources></manifest>'


def test_course_export_is_read_once_with_its_banks_pictures_and_settings() -> None:
    shown = item("text_only_question", '<img src="$IMS-CC-FILEBASE$/media/x.png" alt="An x">', ident="i3")
    bank = f'<questestinterop xmlns="{SPACE}"><objectbank ident="b1">{ONE}{TWO}</objectbank></questestinterop>'
    data = pack({
        "imsmanifest.xml": MANIFEST.format("IMS Common Cartridge").encode(),
        "a1/assessment_qti.xml": quiz(ONE).encode(),
        "a1/assessment_meta.xml": META.encode(),
        "non_cc_assessments/a1.xml.qti": quiz(group("b1"), shown).encode(),
        "non_cc_assessments/b1.xml.qti": bank.encode(),
        "web_resources/media/x.png": PNG,
    })  # fmt: skip
    source = Source("course.imscc", data)
    assert table.of(source).name == "cc"
    draft = table.of(source).read(source)
    assert [found.identifier for found in draft.items] == ["i1", "i2", "i3"]
    assert [list(pool.items) for pool in draft.pools] == [["i1", "i2"]]
    assert (draft.title, draft.shuffle_options) == ("Its title", True)
    assert draft.items[2].body["stem"] == f"![An x](media:{draft.media[0].digest})"
    assert [loss.what for loss in draft.losses] == ["time_limit", "resource"]


def test_quiz_export_of_canvas_is_no_cartridge() -> None:
    data = pack({"imsmanifest.xml": MANIFEST.format("IMS Content").encode(), "a1/a1.xml": quiz(ONE).encode()})
    assert table.of(Source("quiz.zip", data)).name == "qti1"


def test_file_without_a_question_is_refused() -> None:
    with pytest.raises(Refused):
        read(quiz())
