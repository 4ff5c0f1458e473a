"""QTI 2 and 3: every interaction that a kind of ours holds is read with its key; what is not, is named."""

# ruff: noqa: E501

import re
from decimal import Decimal
from typing import Any

import pytest

from content.drafts import ItemDraft
from content.formats import table
from content.formats.packages import pack
from content.formats.reading import Draft, Refused, Source
from tests.content.formats.test_xml import PNG

SPACE2, SPACE3 = "http://www.imsglobal.org/xsd/imsqti_v2p1", "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
TEMPLATE = '<responseProcessing template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/{}"/>'
MATCH, MAP = TEMPLATE.format("match_correct"), TEMPLATE.format("map_response")
CHOICES = "".join(f'<simpleChoice identifier="{name}">Option {name}</simpleChoice>' for name in "ABC")
SINGLE = f'<choiceInteraction responseIdentifier="RESPONSE" maxChoices="1"><prompt>Which?</prompt>{CHOICES}</choiceInteraction>'
SEVERAL = SINGLE.replace('maxChoices="1"', 'maxChoices="0"')


def declared(
    correct: str = "", *, base: str = "identifier", cardinality: str = "single", name: str = "RESPONSE", more: str = ""
) -> str:
    values = "".join(f"<value>{value}</value>" for value in correct.split("|") if value)
    key = f"<correctResponse>{values}</correctResponse>" if values else ""
    return f'<responseDeclaration identifier="{name}" cardinality="{cardinality}" baseType="{base}">{key}{more}</responseDeclaration>'


def mapped(*, bounds: str = "", **worth: float) -> str:
    entries = "".join(f'<mapEntry mapKey="{key}" mappedValue="{value}"/>' for key, value in worth.items())
    return f'<mapping defaultValue="0" {bounds}>{entries}</mapping>'


def item(declarations: str, body: str, rules: str = MATCH, *, outcomes: str = "", after: str = "") -> str:
    score = '<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>'
    return (
        f'<assessmentItem xmlns="{SPACE2}" identifier="item-1" title="A title" adaptive="false" timeDependent="false">'
        f"{declarations}{score}{outcomes}<itemBody>{body}</itemBody>{rules}{after}</assessmentItem>"
    )


def as_qti3(text: str) -> str:
    """The same item with the names of QTI 3."""
    ours = "p|b|div|img|object|table|tr|td|strong|em|math|mi"

    def kebab(name: str) -> str:
        return re.sub("[A-Z]", lambda found: "-" + found[0].lower(), name)

    text = re.sub(rf"<(/?)(?!(?:{ours})\b)(\w+)", lambda found: f"<{found[1]}qti-{kebab(found[2])}", text)
    text = re.sub(r' (\w+)="', lambda found: f' {kebab(found[1])}="', text)
    return text.replace(SPACE2, SPACE3)


def read(text: str) -> Draft:
    source = Source("item.xml", text.encode())
    return table.of(source).read(source)


def only(text: str) -> ItemDraft:
    draft = read(text)
    assert len(draft.items) == 1
    return draft.items[0]


def credits(found: ItemDraft) -> dict[str, float]:
    return {option["id"]: option["credit"] for option in found.body["options"]}


def if_(test: str, *, value: str = "1") -> str:
    return (
        f'<responseProcessing><responseCondition><responseIf>{test}<setOutcomeValue identifier="SCORE">'
        f'<baseValue baseType="float">{value}</baseValue></setOutcomeValue></responseIf></responseCondition></responseProcessing>'
    )


def member(name: str) -> str:
    return f'<member><baseValue baseType="identifier">{name}</baseValue><variable identifier="RESPONSE"/></member>'


VARIABLE = '<variable identifier="RESPONSE"/>'
SAYING_B_IN_OTHER_WORDS = {
    "template": MATCH,
    "template of QTI 3": TEMPLATE.format("match_correct")
    .replace("question/qti_v2p1", "spec/qti/v3p0")
    .replace('"/>', '.xml"/>'),
    "match with the correct response": if_(f'<match>{VARIABLE}<correct identifier="RESPONSE"/></match>'),
    "match with a value": if_(f'<match><baseValue baseType="identifier">B</baseValue>{VARIABLE}</match>'),
    "member": if_(member("B")),
    "no rules at all": "",
}


@pytest.mark.parametrize("way", SAYING_B_IN_OTHER_WORDS)
@pytest.mark.parametrize("version", [2, 3])
def test_rules_that_say_the_same_give_the_same_key(way: str, version: int) -> None:
    text = item(declared("B"), SINGLE, SAYING_B_IN_OTHER_WORDS[way])
    found = only(as_qti3(text) if version == 3 else text)
    assert (found.kind, found.key_state, found.points) == ("choice", "approved", 1)
    assert found.body["stem"] == "Which?"
    assert credits(found) == {"A": 0, "B": 1, "C": 0}


def test_mapping_gives_partial_credit_and_points() -> None:
    found = only(item(declared("B", more=mapped(A=2, B=4, C=-1)), SINGLE, MAP))
    assert (credits(found), found.points) == ({"A": 0.5, "B": 1, "C": 0}, 4)


def test_item_without_a_key_stays_unkeyed() -> None:
    found = only(item(declared(), SINGLE, ""))
    assert found.key_state == "unkeyed"
    assert all("credit" not in option for option in found.body["options"])


def test_identifiers_and_the_file_are_kept() -> None:
    found = only(item(declared("B"), SINGLE))
    assert found.identifier == "item-1"
    assert found.provenance["source"] == {"file": "item.xml", "identifier": "item-1", "title": "A title"}


def test_two_options_true_and_false_are_true_or_false() -> None:
    choices = '<simpleChoice identifier="true">True</simpleChoice><simpleChoice identifier="false">False</simpleChoice>'
    body = f'<p>Is it?</p><choiceInteraction responseIdentifier="RESPONSE" maxChoices="1">{choices}</choiceInteraction>'
    found = only(item(declared("false"), body))
    assert (found.kind, found.body["correct"], found.body["stem"]) == ("true_false", False, "Is it?")


@pytest.mark.parametrize(
    ("rules", "more", "scoring", "expected"),
    [
        (MATCH, "", "all_or_nothing", {"A": 1, "B": 0, "C": 1}),
        (MAP, mapped(bounds='lowerBound="0"', A=1, C=1, B=-1), "right_minus_wrong", {"A": 1, "B": 0, "C": 1}),
        (MAP, mapped(bounds='lowerBound="0"', A=3, C=1, B=-1), "per_option", {"A": 0.75, "B": -0.25, "C": 0.25}),
        (if_(f"<and>{member('A')}{member('C')}<not>{member('B')}</not></and>"), "", "all_or_nothing",
         {"A": 1, "B": 0, "C": 1}),
    ],
)  # fmt: skip
def test_multiple_response_is_credited_as_its_rules_say(
    rules: str, more: str, scoring: str, expected: dict[str, float]
) -> None:
    found = only(item(declared("A|C", cardinality="multiple", more=more), SEVERAL, rules))
    assert (found.kind, found.body["scoring"], credits(found)) == ("multiple_response", scoring, expected)


def test_rules_that_no_kind_holds_are_named() -> None:
    rules = if_(f"<or><and>{member('A')}{member('B')}</and><and>{member('A')}{member('C')}</and></or>")
    draft = read(item(declared("A|B", cardinality="multiple"), SEVERAL, rules))
    assert [loss.what for loss in draft.losses] == ["responseProcessing"]


def test_text_is_accepted_as_the_mapping_says() -> None:
    entries = '<mapEntry mapKey="York" mappedValue="1" caseSensitive="false"/><mapEntry mapKey="york town" mappedValue="0.5" caseSensitive="false"/>'
    body = '<p>Where? <textEntryInteraction responseIdentifier="RESPONSE"/> is it.</p>'
    found = only(item(declared("York", base="string", more=f"<mapping>{entries}</mapping>"), body, MAP))
    assert (found.kind, found.body["case_sensitive"]) == ("short_text", False)
    assert found.body["stem"] == r"Where? \_\_\_\_\_ is it."
    assert [(answer["text"], answer["credit"]) for answer in found.body["answers"]] == [("York", 1), ("york town", 0.5)]


@pytest.mark.parametrize(("said", "sensitive"), [("true", True), ("false", False)])
def test_case_counts_where_the_rules_compare_it(said: str, sensitive: bool) -> None:
    rules = if_(
        f'<stringMatch caseSensitive="{said}">{VARIABLE}<baseValue baseType="string">rek</baseValue></stringMatch>'
    )
    found = only(
        item(declared("rek", base="string"), '<p><textEntryInteraction responseIdentifier="RESPONSE"/></p>', rules)
    )
    assert found.body["case_sensitive"] is sensitive


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (f'<equal toleranceMode="absolute" tolerance="0.1 0.1">{VARIABLE}<baseValue baseType="float">2.5</baseValue></equal>',
         {"value": 2.5, "tolerance": {"type": "absolute", "value": 0.1}}),
        (f'<equal toleranceMode="relative" tolerance="1 1">{VARIABLE}<correct identifier="RESPONSE"/></equal>',
         {"value": 2.5, "tolerance": {"type": "relative", "value": 0.01}}),
        (f'<equalRounded roundingMode="decimalPlaces" figures="1">{VARIABLE}<correct identifier="RESPONSE"/></equalRounded>',
         {"value": 2.5, "tolerance": {"type": "decimals", "value": 1}}),
        (f'<and><gte>{VARIABLE}<baseValue baseType="float">2</baseValue></gte>'
         f'<lte>{VARIABLE}<baseValue baseType="float">3</baseValue></lte></and>', {"min": 2, "max": 3}),
        (f'<match>{VARIABLE}<correct identifier="RESPONSE"/></match>', {"value": 2.5}),
    ],
)  # fmt: skip
def test_number_is_read_with_its_tolerance(test: str, expected: dict[str, Any]) -> None:
    body = '<p>How much? <textEntryInteraction responseIdentifier="RESPONSE"/></p>'
    found = only(item(declared("2.5", base="float"), body, if_(test)))
    assert found.kind == "numeric"
    assert found.body["answers"] == [{**expected, "credit": 1, "feedback": ""}]


def test_gaps_in_a_text_are_a_cloze() -> None:
    inline = '<inlineChoice identifier="X">cat</inlineChoice><inlineChoice identifier="Y">dog</inlineChoice>'
    body = (
        f'<p>The <inlineChoiceInteraction responseIdentifier="R1">{inline}</inlineChoiceInteraction> says '
        '<textEntryInteraction responseIdentifier="R2"/>.</p>'
    )
    found = only(item(declared("X", name="R1") + declared("meow", base="string", name="R2"), body, ""))
    assert (found.kind, found.points, found.body["text"]) == ("cloze", 2, "The [[R1]] says [[R2]].")
    drop, typed = found.body["gaps"]
    assert [option["credit"] for option in drop["options"]] == [1, 0]
    assert typed["answers"][0]["text"] == "meow"


def test_gap_match_is_a_cloze_with_drop_downs() -> None:
    texts = "".join(f'<gapText identifier="{name}" matchMax="1">{name}</gapText>' for name in ("winter", "summer"))
    body = (
        f'<gapMatchInteraction responseIdentifier="RESPONSE"><prompt>Fill in</prompt>{texts}'
        '<p>Now is the <gap identifier="G1"/> and <gap identifier="G2"/>.</p></gapMatchInteraction>'
    )
    more = mapped(**{"winter G1": 1, "summer G2": 2})
    found = only(
        item(declared("winter G1|summer G2", base="directedPair", cardinality="multiple", more=more), body, MAP)
    )
    assert (found.kind, found.body["stem"], found.body["text"]) == ("cloze", "Fill in", "Now is the [[G1]] and [[G2]].")
    assert [[option["credit"] for option in gap["options"]] for gap in found.body["gaps"]] == [[1, 0], [0, 1]]


def associable(*names: str) -> str:
    return "".join(
        f'<simpleAssociableChoice identifier="{name}" matchMax="1">{name}</simpleAssociableChoice>' for name in names
    )


@pytest.mark.parametrize(("rules", "scoring"), [(MATCH, "all_or_nothing"), (MAP, "per_pair")])
def test_match_is_matching(rules: str, scoring: str) -> None:
    sets = f"<simpleMatchSet>{associable('C', 'P')}</simpleMatchSet><simpleMatchSet>{associable('M', 'R', 'T')}</simpleMatchSet>"
    body = f'<matchInteraction responseIdentifier="RESPONSE"><prompt>Match</prompt>{sets}</matchInteraction>'
    more = mapped(**{"C R": 1, "P M": 1})
    found = only(item(declared("C R|P M", base="directedPair", cardinality="multiple", more=more), body, rules))
    assert (found.kind, found.body["scoring"]) == ("matching", scoring)
    assert {prompt["id"]: prompt["match"] for prompt in found.body["prompts"]} == {"C": "R", "P": "M"}
    assert [choice["id"] for choice in found.body["choices"]] == ["M", "R", "T"]


def test_pairs_among_equals_are_matching() -> None:
    body = f'<associateInteraction responseIdentifier="RESPONSE" maxAssociations="2">{associable("A", "B", "C", "D")}</associateInteraction>'
    found = only(item(declared("A C|B D", base="pair", cardinality="multiple"), f"<p>Pair</p>{body}"))
    assert {prompt["id"]: prompt["match"] for prompt in found.body["prompts"]} == {"A": "C", "B": "D"}


def test_order_is_read_in_the_right_order() -> None:
    body = f'<orderInteraction responseIdentifier="RESPONSE"><prompt>Sort</prompt>{CHOICES}</orderInteraction>'
    found = only(item(declared("C|A|B", cardinality="ordered"), body))
    assert (found.kind, found.body["scoring"]) == ("ordering", "exact")
    assert [entry["id"] for entry in found.body["entries"]] == ["A", "B", "C"]
    assert found.body["key"] == ["C", "A", "B"]


def test_essay_and_upload_wait_for_a_person_with_their_rubric() -> None:
    rubric = '<rubricBlock view="scorer"><p>Names the cause</p></rubricBlock>'
    essay = only(
        item(
            declared(base="string"), f'<p>Why?</p>{rubric}<extendedTextInteraction responseIdentifier="RESPONSE"/>', ""
        )
    )
    assert (essay.kind, essay.key_state, essay.body["stem"]) == ("open_text", "approved", "Why?")
    assert [line["idea"] for line in essay.body["rubric"]] == ["Names the cause"]
    upload = only(
        item(
            declared(base="file"),
            '<p>Send</p><uploadInteraction responseIdentifier="RESPONSE" type="application/pdf"/>',
            "",
        )
    )
    assert (upload.kind, upload.key_state, upload.body["types"]) == ("file_upload", "unkeyed", [".pdf"])


def test_feedback_stands_with_the_option_that_shows_it() -> None:
    outcomes = '<outcomeDeclaration identifier="FEEDBACK" cardinality="single" baseType="identifier"/>'
    rules = '<responseProcessing><responseCondition><responseIf><match><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></match><setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue></responseIf></responseCondition><setOutcomeValue identifier="FEEDBACK"><variable identifier="RESPONSE"/></setOutcomeValue></responseProcessing>'
    after = (
        '<modalFeedback outcomeIdentifier="FEEDBACK" identifier="A" showHide="show"><p>Not <b>A</b></p></modalFeedback>'
    )
    inside = SINGLE.replace(
        "Option B",
        'Option B<feedbackInline outcomeIdentifier="FEEDBACK" identifier="B" showHide="show">Yes</feedbackInline>',
    )
    draft = read(item(declared("B"), inside, rules, outcomes=outcomes, after=after))
    assert [option["rationale"] for option in draft.items[0].body["options"]] == ["Not **A**", "Yes", ""]
    assert [option["text"] for option in draft.items[0].body["options"]] == ["Option A", "Option B", "Option C"]
    assert not draft.losses


@pytest.mark.parametrize(
    "name", ["drawingInteraction", "graphicOrderInteraction", "positionObjectInteraction", "customInteraction"]
)
def test_interaction_that_no_kind_holds_is_listed_and_named(name: str) -> None:
    draft = read(item(declared("A"), f'<p>Do it</p><{name} responseIdentifier="RESPONSE"/>'))
    assert [(found.identifier, found.kind, found.key_state) for found in draft.items] == [
        ("item-1", "open_text", "unkeyed")
    ]
    assert [(loss.what, loss.severity) for loss in draft.losses] == [(name, "error")]


def test_item_without_interaction_is_a_description() -> None:
    found = only(item("", "<p>Read this.</p>", ""))
    assert (found.kind, found.points, found.body["stem"]) == ("description", 0, "Read this.")


def test_points_are_those_of_the_item() -> None:
    most = '<outcomeDeclaration identifier="MAXSCORE" cardinality="single" baseType="float"><defaultValue><value>5</value></defaultValue></outcomeDeclaration>'
    assert only(item(declared("B"), SINGLE, outcomes=most)).points == 5
    assert only(item(declared("B"), SINGLE, if_(member("B"), value="2.5"))).points == Decimal("2.5")


def test_results_of_learners_are_refused_by_name() -> None:
    with pytest.raises(Refused, match="results of learners"):
        read(f'<assessmentResult xmlns="{SPACE2}"><itemResult identifier="x"/></assessmentResult>')


TEST = f"""<assessmentTest xmlns="{SPACE2}" identifier="t" title="A test"><testPart identifier="p" navigationMode="linear" submissionMode="individual">
<assessmentSection identifier="s1" title="Drawn" visible="true"><selection select="1"/><ordering shuffle="true"/>
<assessmentItemRef identifier="a" href="items/a.xml"><weight identifier="W" value="3"/></assessmentItemRef>
<assessmentItemRef identifier="b" href="items/b.xml"/></assessmentSection>
<assessmentSection identifier="s2" title="All" visible="true"><rubricBlock view="candidate"><p>Read on.</p></rubricBlock>
<assessmentItemRef identifier="c" href="items/c.xml"/><assessmentItemRef identifier="d" href="items/gone.xml"/></assessmentSection>
</testPart></assessmentTest>"""


def test_package_is_read_in_the_order_of_its_test_with_pools_weights_and_pictures() -> None:
    picture = item(declared("B"), f'<p><img src="../images/x.png" alt="An x"/></p>{SINGLE}')
    members = {name: picture.replace("item-1", f"item-{name}").encode() for name in "abc"}
    files = {f"items/{name}.xml": data for name, data in members.items()}
    data = pack({"imsmanifest.xml": b"<manifest/>", "test.xml": TEST.encode(), "images/x.png": PNG, **files})
    source = Source("quiz.zip", data)
    draft = table.of(source).read(source)
    assert [found.identifier for found in draft.items] == ["item-a", "item-b", "s2-text", "item-c"]
    assert [(pool.name, pool.draw, list(pool.items)) for pool in draft.pools] == [("Drawn", 1, ["item-a", "item-b"])]
    assert (draft.title, draft.shuffle_questions, [found.points for found in draft.items][:2]) == (
        "A test",
        True,
        [3, 1],
    )
    assert draft.items[0].body["stem"].startswith(f"![An x](media:{draft.media[0].digest})")
    assert [(loss.item, loss.severity) for loss in draft.losses] == [("d", "error")]
