import base64
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from content import item_types, rendering
from content.formats import table
from content.formats.reading import Draft, Media, Pool, Refused, Source
from tests.content.formats.bodies import BODIES, again, drafted
from tests.content.formats.hostile import HOSTILE, mutations
from tests.content.formats.test_markdown import PIXEL

MOODLE = table.named("moodle")
EXACT = ("choice", "true_false", "multiple_response", "short_text", "ordering", "description")


def read(*questions: str) -> Draft:
    return MOODLE.read(Source("bank.xml", f'<?xml version="1.0"?>\n<quiz>{"".join(questions)}</quiz>'.encode()))


def question(kind: str, inside: str, stem: str = "Well?", name: str = "n") -> str:
    return (
        f'<question type="{kind}"><name><text>{name}</text></name>'
        f'<questiontext format="html"><text><![CDATA[{stem}]]></text></questiontext>{inside}</question>'
    )


def only(*questions: str) -> Any:
    (item,) = read(*questions).items
    return item


@pytest.mark.parametrize("kind", EXACT)
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_is_written_is_read_again_equal(kind: str, data: st.DataObject) -> None:
    body = data.draw(BODIES[kind])
    back, losses = again(MOODLE, drafted(kind, body), name="again.xml")
    if kind == "multiple_response" and body["scoring"] != "per_option":
        assert [loss.what for loss in losses] == ["scoring"]
        assert [o["text"] for o in back.items[0].body["options"]] == [o["text"] for o in body["options"]]
        return
    assert not losses
    assert [(found.kind, found.identifier, found.body) for found in back.items] == [(kind, "q1", body)]


@given(body=BODIES["numeric"])
def test_numbers_come_back_and_ranges_as_a_tolerance(body: dict[str, Any]) -> None:
    back, losses = again(MOODLE, drafted("numeric", body))
    for found, given_ in zip(back.items[0].body["answers"], body["answers"], strict=True):
        if "min" in given_:
            assert found["value"] == pytest.approx((given_["min"] + given_["max"]) / 2)
        else:
            assert found == given_
    assert {loss.what for loss in losses} <= {"range"}


@given(body=BODIES["matching"])
def test_pairs_come_back_reading_the_same(body: dict[str, Any]) -> None:
    back, _losses = again(MOODLE, drafted("matching", body))
    found = back.items[0].body
    assert [part["text"] for part in found["prompts"]] == [part["text"] for part in body["prompts"]]
    texts, given_ = ({c["id"]: c["text"] for c in of["choices"]} for of in (found, body))
    for left, right in zip(found["prompts"], body["prompts"], strict=True):
        assert one_line(texts[left["match"]]) == one_line(given_[right["match"]])


def one_line(text: str) -> str:
    return " ".join(rendering.plain(text).split())


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(body=BODIES["cloze"])
def test_a_text_with_gaps_comes_back(body: dict[str, Any]) -> None:
    assume("[[" not in body["stem"] and all("[[" not in part for part in body["text"].split("[[")[:1]))
    back, losses = again(MOODLE, drafted("cloze", body))
    if any(loss.severity == "error" for loss in losses):
        return
    found = back.items[0].body
    assert f"{found['stem']}\n\n{found['text']}".strip() == f"{body['stem']}\n\n{body['text']}".strip()
    for left, right in zip(found["gaps"], body["gaps"], strict=True):
        assert left["kind"] == right["kind"]
        assert left.get("weight", 1) == right.get("weight", 1)
        if left["kind"] == "dropdown":
            assert left["options"] == right["options"]
        if left["kind"] == "text":
            assert left["answers"] == right["answers"]


@pytest.mark.parametrize("kind", ["open_text", "file_upload"])
@given(data=st.data())
def test_what_people_mark_comes_back_with_a_rubric(kind: str, data: st.DataObject) -> None:
    body = data.draw(BODIES[kind])
    back, losses = again(MOODLE, drafted(kind, body))
    (item,) = back.items
    assert (item.kind, item.body["stem"], item.key_state) == (kind, body["stem"], "reviewed")
    assert item.body["rubric"][0]["level"] == "full"
    assert bool([loss for loss in losses if loss.what == "rubric"]) == (len(body["rubric"]) > 1)


@given(body=BODIES["hotspot"])
def test_a_hotspot_is_named(body: dict[str, Any]) -> None:
    _back, losses = again(MOODLE, drafted("hotspot", body))
    assert [loss.severity for loss in losses] == ["error"]


def test_points_tags_title_category_pictures_and_shuffling_come_back() -> None:
    media = Media("dot.png", "image/png", PIXEL)
    body = {
        "stem": f"![a dot](media:{media.digest})",
        "options": [
            {"id": "a", "text": "This", "credit": 1, "rationale": ""},
            {"id": "b", "text": f"![dot](media:{media.digest})", "credit": 0, "rationale": ""},
        ],
    }
    provenance = {"source": {"title": "Of <dots>", "category": "top/A & B"}}
    item = drafted("choice", body, points=Decimal("2.5"), provenance=provenance, tags=("x", "y & z"))
    assert MOODLE.write is not None
    written = MOODLE.write(Draft([item], media=[media], shuffle_options=True))
    assert not written.losses
    back = MOODLE.read(Source("again.xml", written.data))
    assert back.items[0].body == body
    assert back.items[0].points == Decimal("2.5")
    assert back.items[0].tags == ("x", "y & z")
    assert back.items[0].provenance["source"]["title"] == "Of <dots>"
    assert back.items[0].provenance["source"]["category"] == "top/A & B"
    assert [found.data for found in back.media] == [PIXEL]
    assert back.shuffle_options
    assert not back.losses


def test_html_with_embedded_files_is_taken_as_markdown() -> None:
    data = base64.b64encode(PIXEL).decode()
    item = only(
        '<question type="description"><name><text>n</text></name><questiontext format="html">'
        '<text><![CDATA[<p>See <b>this</b>:</p><p><img src="@@PLUGINFILE@@/a%20b/d%C3%B6t.png" alt="dot"></p>]]></text>'
        f'<file name="döt.png" path="/a b/" encoding="base64">{data}</file></questiontext></question>'
    )
    assert item.body["stem"] == f"See **this**:\n\n![dot](media:{Media('', '', PIXEL).digest})"


def test_markup_that_stands_in_the_text_without_quotes_is_kept() -> None:
    file = f'<file name="a.png" path="/" encoding="base64">{base64.b64encode(PIXEL).decode()}</file>'
    inside = f'<text>So &amp; <b>so</b>, <img src="@@PLUGINFILE@@/a.png" alt="a dot"/></text>{file}'
    draft = read(f'<question type="description"><questiontext format="html">{inside}</questiontext></question>')
    assert draft.items[0].body["stem"].startswith(r"So \& **so**, ![a dot](media:")
    assert not draft.losses


def test_files_that_cannot_be_shown_are_named() -> None:
    draft = read(
        '<question type="description"><name><text>n</text></name><questiontext format="html"><text>a</text>'
        '<file name="a.exe" path="/" encoding="base64">AAAA</file>'
        f'<file name="b.png" path="/" encoding="base64">{base64.b64encode(PIXEL).decode()}</file>'
        "</questiontext></question>"
    )
    assert [loss.what for loss in draft.losses] == ["file", "file"]


ANSWERS = (
    '<answer fraction="100" format="html"><text>a &amp;lt; b</text>'
    '<feedback format="html"><text>Yes</text></feedback></answer>'
    '<answer fraction="33.33333"><text>b</text></answer><answer fraction="-50"><text>c</text></answer>'
)


def test_fractions_of_options_are_credits() -> None:
    assert [o["credit"] for o in only(question("multichoice", ANSWERS)).body["options"]] == [1, 0.3333333, 0]
    several = only(question("multichoice", f"<single>false</single>{ANSWERS}"))
    assert several.kind == "multiple_response"
    assert several.body["scoring"] == "per_option"
    assert [o["credit"] for o in several.body["options"]] == [1, 0.3333333, -0.5]
    assert rendering.plain(several.body["options"][0]["text"]) == "a < b"


def test_a_statement_goes_by_its_words_or_its_order() -> None:
    false = '<answer fraction="100"><text>false</text></answer><answer fraction="0"><text>true</text></answer>'
    assert only(question("truefalse", false)).body["correct"] is False
    local = '<answer fraction="0"><text>Wahr</text></answer><answer fraction="100"><text>Falsch</text></answer>'
    assert only(question("truefalse", local)).body["correct"] is False
    right = '<answer fraction="100"><text>true</text></answer><answer fraction="0"><text>false</text></answer>'
    assert only(question("truefalse", right)).body["correct"] is True


def test_units_and_tolerances_are_read() -> None:
    inside = (
        '<answer fraction="100"><text>9.81</text><tolerance>0.01</tolerance></answer>'
        "<units><unit><multiplier>1</multiplier><unit_name>m/s^2</unit_name></unit></units>"
        "<unitgradingtype>1</unitgradingtype><unitpenalty>0.2</unitpenalty><showunits>0</showunits>"
    )
    body = only(question("numerical", inside)).body
    assert body["units"] == {"unit": "m/s^2", "required": True, "penalty": 0.2}
    assert body["answers"][0]["tolerance"] == {"type": "absolute", "value": 0.01}


def test_embedded_answers_become_gaps() -> None:
    stem = (
        "<p>Read on.</p><p>Paris is in {1:MULTICHOICE:=France#Yes\\}~%50%Europe~Spain}"
        " on the {2:SHORTANSWER_C:=Seine~%50%Sein*}"
        " with {:NM:=2.1:0.2~%50%3:1#near} million.</p>"
    )
    item = only(question("cloze", "", stem))
    assert item.body["stem"] == "Read on."
    assert item.body["text"] == "Paris is in [[a]] on the [[b]] with [[c]] million."
    assert item.points == 4
    gaps = item.body["gaps"]
    assert [gap["kind"] for gap in gaps] == ["dropdown", "text", "number"]
    assert [(o["text"], o["credit"], o["rationale"]) for o in gaps[0]["options"]] == [
        ("France", 1, "Yes}"), ("Europe", 0.5, ""), ("Spain", 0, "")
    ]  # fmt: skip
    assert [(a["text"], a["match"], a["credit"]) for a in gaps[1]["answers"]] == [
        ("Seine", "exact", 1), ("Sein*", "wildcard", 0.5)
    ]  # fmt: skip
    assert gaps[1]["case_sensitive"] is True
    assert gaps[1]["weight"] == 2
    assert gaps[2]["answers"][1] == {
        "value": 3, "tolerance": {"type": "absolute", "value": 1}, "credit": 0.5, "feedback": "near"
    }  # fmt: skip


def test_words_dragged_into_a_text_become_lists_of_their_group() -> None:
    boxes = "".join(
        f"<dragbox><text>{text}</text><group>{group}</group></dragbox>"
        for text, group in (("a", 1), ("b", 2), ("c", 1))
    )
    body = only(question("ddwtos", boxes, "<p>One [[3]] and [[2]].</p>")).body
    assert body["text"] == "One [[a]] and [[b]]."
    assert [[(o["text"], o["credit"]) for o in gap["options"]] for gap in body["gaps"]] == [
        [("a", 0), ("c", 1)],
        [("b", 1)],
    ]


def test_an_essay_takes_its_rubric_from_the_information_for_those_who_mark() -> None:
    with_info = only(question("essay", '<graderinfo format="html"><text>Two causes</text></graderinfo>'))
    assert with_info.body["rubric"] == [{"level": "full", "idea": "Two causes", "example": ""}]
    draft = read(question("essay", "<responseformat>noinline</responseformat><attachments>2</attachments>"))
    assert draft.items[0].kind == "file_upload"
    assert draft.items[0].body["max_files"] == 2
    assert [loss.what for loss in draft.losses] == ["rubric"]
    assert draft.items[0].key_state in item_types.get("open_text").PUBLISHABLE


def test_a_random_question_draws_from_its_category() -> None:
    category = '<question type="category"><category><text>top/Easy</text></category></question>'
    text = question("truefalse", '<answer fraction="100"><text>true</text></answer>')
    draft = read(category, text, text, '<question type="random"/>')
    assert draft.pools == [Pool("Easy", 1, ["n", "n-2"])]
    assert [item.provenance["source"]["category"] for item in draft.items] == ["top/Easy"] * 2


def test_options_are_pinned_where_only_other_questions_shuffle() -> None:
    draft = read(
        question("multichoice", f"<shuffleanswers>true</shuffleanswers>{ANSWERS}"),
        question("multichoice", f"<shuffleanswers>0</shuffleanswers>{ANSWERS}"),
    )
    assert draft.shuffle_options
    assert [[o.get("pinned", False) for o in item.body["options"]] for item in draft.items] == [[False] * 3, [True] * 3]


@pytest.mark.parametrize(
    "kind", ["calculated", "calculatedmulti", "ddmarker", "ddimageortext", "coderunner", "", "randomsamatch"]
)
def test_a_type_that_has_no_kind_is_named(kind: str) -> None:
    draft = read(question(kind, ""), question("description", ""))
    assert [item.kind for item in draft.items] == ["description"]
    assert [loss.severity for loss in draft.losses] == ["error"]


def test_what_has_no_place_is_named() -> None:
    inside = (
        "<penalty>0.3333333</penalty><hidden>1</hidden><hint format='html'><text>Think</text></hint>"
        "<correctfeedback format='html'><text>Bravo</text></correctfeedback>"
        "<partiallycorrectfeedback format='html'>"
        "<text>Your answer is partially correct.</text></partiallycorrectfeedback>"
        "<defaultgrade>0.33333</defaultgrade><shownumcorrect/>"
    )
    draft = read(question("multichoice", inside + ANSWERS))
    assert {loss.what for loss in draft.losses} == {
        "penalty", "hidden", "hint", "correctfeedback", "points", "credit", "shownumcorrect"
    }  # fmt: skip


def test_identifiers_are_those_of_moodle() -> None:
    item = only(question("description", "<idnumber>GEO 1</idnumber>", name="Geography"))
    assert item.identifier == "GEO-1"
    assert item.provenance["source"]["identifier"] == "GEO 1"
    assert item.provenance["source"]["title"] == "Geography"


def test_the_file_is_recognised() -> None:
    assert (
        table.of(Source("x.xml", b"<?xml version='1.0'?><quiz><question type='description'/></quiz>")).name == "moodle"
    )


@pytest.mark.parametrize(
    "xml",
    [
        b'<!DOCTYPE q [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><quiz>&b;</quiz>',
        b'<!DOCTYPE q [<!ENTITY a SYSTEM "file:///etc/passwd">]><quiz>&a;</quiz>',
        b"<quiz>" + b"<question>" * 100_000,
        b"<quiz><question></quiz>",
        b"<assessment/>",
    ],
)
def test_xml_that_means_no_good_is_refused(xml: bytes) -> None:
    with pytest.raises(Refused):
        MOODLE.read(Source("x.xml", xml))


@pytest.mark.parametrize("data", HOSTILE)
def test_a_hostile_text_is_read_or_refused(data: bytes) -> None:
    stem = data.decode("utf-8", "replace").replace("\x00", "").replace("]]>", "")
    for given_ in (data, f"<quiz>{question('cloze', '', stem)}{question('description', '', stem)}</quiz>".encode()):
        try:
            MOODLE.read(Source("hostile.xml", given_))
        except Refused:
            continue


@pytest.mark.parametrize(
    "text", ["{1:MC:" * 100_000, "{1:MC:" + "~" * 1_000_000 + "}", "{1:SA:" + "\\" * 1_000_000, "[[1]]" * 100_000]
)
def test_hostile_gaps_are_named_in_linear_time(text: str) -> None:
    draft = read(question("cloze", "", text), question("gapselect", "", text))
    assert not draft.items
    assert {loss.severity for loss in draft.losses} == {"error"}


GOOD = (
    "<quiz>" + question("cloze", "", "<b>x</b> {1:MC:=a#b~%5%c} {NM:=1:2}") + question("multichoice", ANSWERS)
    + question("numerical", '<answer fraction="100"><text>1</text><tolerance>1</tolerance></answer>')
    + question("matching", "<subquestion><text>a</text><answer><text>b</text></answer></subquestion>")
    + question("ddwtos", "<dragbox><text>a</text><group>1</group></dragbox>", "[[1]]")
    + question("essay", "") + "</quiz>"
)  # fmt: skip


@given(data=mutations(GOOD.encode()))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    MOODLE.detect(Source("x", data))
    try:
        MOODLE.read(Source("x", data))
    except Refused:
        return
