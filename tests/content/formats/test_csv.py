from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content import item_types
from content.formats import table
from content.formats.reading import Draft, Pool, Refused, Source
from tests.content.formats.bodies import BODIES, again, drafted
from tests.content.formats.hostile import HOSTILE, mutations

CSV = table.named("csv")
HEAD = "identifier,kind,stem,points,key,option_1,option_2,option_3"


def read(*rows: str, head: str = HEAD) -> Draft:
    return CSV.read(Source("bank.csv", "\n".join([head, *rows]).encode()))


@pytest.mark.parametrize("kind", sorted(BODIES))
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_kind_comes_back_equal(kind: str, data: st.DataObject) -> None:
    item = drafted(kind, data.draw(BODIES[kind]))
    back, losses = again(CSV, item, name="again.csv")
    assert [loss.what for loss in losses] == ["pictures"] * (kind == "hotspot")
    assert [(found.kind, found.identifier, found.body, found.points, found.key_state) for found in back.items] == [
        (item.kind, item.identifier, item.body, item.points, item.key_state)
    ]


def test_what_the_columns_can_say_needs_no_body() -> None:
    body = {
        "stem": "Which?",
        "options": [
            {"id": "a", "text": "This", "credit": 0, "rationale": "No."},
            {"id": "b", "text": "That", "credit": 1, "rationale": ""},
        ],
    }
    assert CSV.write is not None
    written = CSV.write(Draft([drafted("choice", body, points=Decimal("2.5"))])).data.decode("utf-8-sig")
    assert written.splitlines() == [
        "identifier,kind,stem,points,key,key_state,option_1,rationale_1,option_2",
        "q1,choice,Which?,2.5,2,approved,This,No.,That",
    ]


@pytest.mark.parametrize(
    ("row", "kind", "key"),
    [
        ("1,,Which?,1,B,x,y,z", "choice", [0, 1, 0]),
        ("1,,Which?,1,2,x,y,z", "choice", [0, 1, 0]),
        ('1,,Which?,1,"A, C",x,y,z', "multiple_response", [1, 0, 1]),
        ('1,choice,Which?,1,"A, C=50",x,y,z', "choice", [1, 0, 0.5]),
    ],
)
def test_the_key_names_options_by_letter_or_number(row: str, kind: str, key: list[float]) -> None:
    (item,) = read(row).items
    assert item.kind == kind
    assert [option["credit"] for option in item.body["options"]] == key


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("1,,So?,1,true,,,", "true_false"),
        ("1,,Who?,1,Grant,,,", "short_text"),
        ("1,numeric,How many?,1,3.14:0.01,,,", "numeric"),
        ("1,matching,Which?,1,,a -> b,c -> d,-> e", "matching"),
        ("1,ordering,Which?,1,,a,b,c", "ordering"),
        ("1,open_text,Why?,1,,an idea,,", "open_text"),
        ("1,description,So it is.,,,,,", "description"),
    ],
)
def test_a_row_as_people_write_it_can_be_published(row: str, kind: str) -> None:
    draft = read(row)
    assert not draft.losses
    assert draft.items[0].kind == kind
    if kind in item_types.KINDS:
        assert item_types.get(kind).problems(draft.items[0].body) == []
        assert draft.items[0].key_state in item_types.get(kind).PUBLISHABLE


def test_a_choice_without_key_is_unkeyed() -> None:
    assert read("1,choice,Which?,1,,x,y,z").items[0].key_state == "unkeyed"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_tables_of_every_spreadsheet_are_read(delimiter: str, encoding: str) -> None:
    rows = [["Question", "Key", "Option 1", "Option 2"], ["Wo?", "1", "Köln", "Bonn"]]
    data = "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)
    assert CSV.detect(Source("x.csv", data))
    assert [o["text"] for o in CSV.read(Source("x.csv", data)).items[0].body["options"]] == ["Köln", "Bonn"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "'=1", "''-x", "'quoted'"])
def test_no_cell_begins_like_a_formula_and_every_text_comes_back(text: str) -> None:
    item = drafted("description", {"stem": text})
    assert CSV.write is not None
    data = CSV.write(Draft([item])).data
    assert not any(
        cell.startswith(("=", "+", "-", "@")) for cell in data.decode("utf-8-sig").splitlines()[1].split(",")
    )
    assert CSV.read(Source("x.csv", data)).items[0].body == item.body


def test_pools_come_back() -> None:
    items = [drafted("description", {"stem": "a"}, identifier=name) for name in ("q1", "q2", "q3")]
    pools = [Pool("easy", 1, ["q1", "q3"])]
    assert CSV.write is not None
    back = CSV.read(Source("x.csv", CSV.write(Draft(items, pools=pools)).data))
    assert back.pools == pools


@pytest.mark.parametrize(
    "row",
    [
        "1,choice,Which?,1,D,x,y,z",
        "1,riddle,Which?,1,A,x,y,z",
        "1,numeric,x,1,three,,,",
        "1,cloze,x,1,,,,",
        "1,choice,,1,A,x,y,z",
    ],
)
def test_a_row_that_is_no_question_is_named(row: str) -> None:
    draft = read(row, "2,,Which?,1,B,x,y,z")
    assert [item.identifier for item in draft.items] == ["2"]
    assert [(loss.item, loss.severity) for loss in draft.losses] == [("1", "error")]


def test_unknown_columns_and_unfit_points_are_named() -> None:
    draft = read("Which?,A,x,y,many,?", head="stem,key,option_1,option_2,points,mood")
    assert [loss.what for loss in draft.losses] == ["column", "points"]


def test_a_body_may_not_be_nested_without_end() -> None:
    for body in ("[" * 100_000, '{"a":' * 100 + "1" + "}" * 100, '{"a": NaN}', "[]"):
        draft = CSV.read(Source("x.csv", f'stem,kind,body\na,cloze,"{body.replace(chr(34), chr(34) * 2)}"'.encode()))
        assert [loss.severity for loss in draft.losses] == ["error"]


@pytest.mark.parametrize("data", HOSTILE)
def test_a_hostile_file_is_read_or_refused(data: bytes) -> None:
    for whole in (data, b"stem,key,option_1,option_2\n" + data, b"stem,kind,body\na,cloze," + data):
        try:
            CSV.read(Source("hostile.csv", whole))
        except Refused:
            continue


@given(data=mutations(f'{HEAD},body,pool,draw\n1,,Which?,1,"A, C=50",x,y,z,,p,1\n2,numeric,a,1,3:1,,,,"{{}}"'.encode()))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    CSV.detect(Source("x", data))
    try:
        CSV.read(Source("x", data))
    except Refused:
        return
