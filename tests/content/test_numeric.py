"""Numbers: how they are read, compared and converted."""

from decimal import Decimal
from time import process_time
from typing import Any

import pytest
from django.utils import translation
from hypothesis import example, given
from hypothesis import strategies as st

from content import item_types
from content.item_types import InvalidAnswer, numeric
from content.marking import number_answers, numbers, units
from tests.content import kind_rules

KIND = item_types.get("numeric")
ANSWERS = [
    {"value": "9.81", "tolerance": {"type": "absolute", "value": 0.02}, "credit": 1, "feedback": "On the ground."},
    {"min": 9, "max": 10, "credit": 0.5, "feedback": "Roughly."},
]
BODY: dict[str, Any] = {"stem": "How fast does it fall?", "answers": ANSWERS, "section": None}
UNITS = {"unit": "m/s^2", "required": True, "penalty": 0.25}
WITH_UNITS = BODY | {"units": UNITS}
LANGUAGES = ("en", "de", "fr", "ar")
TYPED = ["9.81", "9,81", "1,500", "1.500 m", "½", "9.81 m/s²", "981 cm/s^2", "5 foo", "1e999", "−9", "3/0", "9 m 9"]
NUMBERS = st.sampled_from(TYPED) | st.text("0123456789.,' -+eE/×^½²m%°", max_size=30)


@given(
    body=st.sampled_from([BODY, WITH_UNITS]),
    raw=kind_rules.answers(*TYPED, 9.81, 10**400, text=NUMBERS, value=NUMBERS) | NUMBERS,
    language=st.sampled_from(LANGUAGES),
)
@example(body=BODY, raw={"text": "1,500", "value": "1.5", "unit": ""}, language="en")
@example(body=BODY, raw={"text": "1.125", "value": "1.125", "unit": ""}, language="de")
def test_any_answer_is_cleaned_once_for_all_or_refused(body: dict[str, Any], raw: Any, language: str) -> None:
    with translation.override(language):
        kind_rules.check_answer(KIND, body, raw)


@given(fields=kind_rules.fields(*(f"answer-{name}" for name in number_answers.ROW), "unit", "unit_required", "penalty"))
def test_any_fields_of_the_editor_make_a_body(fields: dict[str, list[str]]) -> None:
    kind_rules.check_editor(KIND, fields)


@given(text=NUMBERS, first=st.sampled_from(LANGUAGES), second=st.sampled_from(LANGUAGES))
def test_a_stored_answer_keeps_its_value_in_every_language(text: str, first: str, second: str) -> None:
    with translation.override(first):
        try:
            stored = numeric.clean(WITH_UNITS, text)
        except InvalidAnswer:
            return
    with translation.override(second):
        again = numeric.clean(WITH_UNITS, stored)
        assert [again.get(part) for part in ("value", "unit")] == [stored.get(part) for part in ("value", "unit")]
        filled = numeric.clean(WITH_UNITS, numeric.from_form(WITH_UNITS, numeric.to_form(WITH_UNITS, stored)))
        assert filled.get("value") == stored.get("value")


@given(number=st.decimals(-(10**20), 10**20, allow_nan=False, allow_infinity=False, places=6) | st.integers())
def test_a_number_is_read_back_as_it_was_written_in_any_language(number: Decimal | int) -> None:
    number = Decimal(number)
    if number and abs(number.adjusted()) > 90:
        return
    written = numbers.canonical(number)
    assert numbers.given(written) == number
    assert numbers.canonical(Decimal(written)) == written
    for language in LANGUAGES:
        with translation.override(language):
            own = numbers.local()
            assert numbers.read(numbers.localised(written, own), own) == number


@pytest.mark.parametrize(
    ("typed", "english", "german"),
    [
        ("1.5", "1.5", "1.5"),
        ("1,5", "1.5", "1.5"),
        ("1,500", "1500", "1.5"),
        ("1.500", "1.5", "1500"),
        ("1,500.25", "1500.25", "1500.25"),
        ("1.500,25", "1500.25", "1500.25"),
        ("1,234,567", "1234567", "1234567"),
        ("12,34,567", "1234567", "1234567"),
        ("0,500", "0.5", "0.5"),
        ("1 500", "1500", "1500"),
        ("1\u202f500,5", "1500.5", "1500.5"),
        ("1'500", "1500", "1500"),
        ("1.5e3", "1500", "1500"),
        ("1,5E-3", "0.0015", "0.0015"),
        ("2×10^3", "2000", "2000"),
        ("2 x 10³", "2000", "2000"),
        ("2·10⁻³", "0.002", "0.002"),
        ("10^3", "1000", "1000"),
        ("½", "0.5", "0.5"),
        ("1½", "1.5", "1.5"),
        ("−1 3/4", "-1.75", "-1.75"),
        ("3/4", "0.75", "0.75"),
        ("+.5", "0.5", "0.5"),
        ("5.", "5", "5"),
        ("٣٫٥", "3.5", "3.5"),
        ("１２", "12", "12"),
        ("-0", "0", "0"),
    ],
)
def test_numbers_are_read_as_people_type_them(typed: str, english: str, german: str) -> None:
    for language, value in (("en", english), ("de", german)):
        with translation.override(language):
            assert numeric.clean(BODY, typed)["value"] == value


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "abc",
        "1,2,3",
        "1..2",
        "1/0",
        "1e301",
        "1e999999999",
        "--5",
        "1_000",
        "nan",
        "inf",
        "0x10",
        "1 2",
        "12 34",
        "5 m",
    ],
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    if typed:
        with pytest.raises(InvalidAnswer):
            numeric.clean(BODY, typed)
    assert numbers.read(typed) is None


@pytest.mark.parametrize(
    "raw", [True, [1], {"text": [1]}, {"value": {}}, float("nan"), float("inf"), 10**4000, "9" * 999]
)
def test_what_is_no_answer_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidAnswer):
        numeric.clean(WITH_UNITS, raw)


def test_json_number_or_value_alone_is_an_answer() -> None:
    with translation.override("de"):
        assert numeric.clean(BODY, 1.125) == {"text": "1,125", "value": "1.125", "unit": ""}
        assert numeric.clean(WITH_UNITS, {"value": "1.125", "unit": "m"}) == {
            "text": "1,125 m",
            "value": "1.125",
            "unit": "m",
        }


def test_a_value_that_the_text_does_not_say_is_not_believed() -> None:
    assert numeric.clean(BODY, {"text": "5", "value": "9.81"})["value"] == "5"


def accepted(credit: float = 1, **answer: Any) -> dict[str, Any]:
    return BODY | {"answers": [answer | {"credit": credit}]}


def within(kind: str, size: float | str) -> dict[str, Any]:
    return {"type": kind, "value": size}


@pytest.mark.parametrize(
    ("answer", "right", "wrong"),
    [
        ({"value": 5}, ["5", "5.0", "10/2"], ["5.0000001", "4.999"]),
        ({"value": "1/3"}, ["1/3", "2/6"], ["0.3333"]),
        ({"value": 0.1, "tolerance": within("absolute", 0.05)}, ["0.05", "0.15", "0.1"], ["0.0499", "0.151", "-0.1"]),
        ({"value": -200, "tolerance": within("relative", "0.05")}, ["-190", "-210"], ["-189.9", "-210.1", "200"]),
        ({"value": 0, "tolerance": within("relative", 0.5)}, ["0"], ["0.01"]),
        ({"value": 3.175, "tolerance": within("significant_figures", 3)}, ["3.18", "3.183"], ["3.174", "3.185"]),
        ({"value": "1500", "tolerance": within("significant_figures", 2)}, ["1450", "1549"], ["1449", "1550"]),
        ({"value": 1.256, "tolerance": within("decimals", 2)}, ["1.26", "1.264", "1.255"], ["1.25", "1.27"]),
        ({"value": 2, "tolerance": within("decimals", 0)}, ["1.5", "2.4"], ["2.5", "1.4"]),
        ({"min": 1, "max": "2"}, ["1", "2", "3/2"], ["0.999", "2.001"]),
        ({"value": "1e300", "tolerance": within("significant_figures", 3)}, ["1.001e300"], ["1.1e300", "1e-300"]),
        ({"value": "1e-300", "tolerance": within("decimals", 30)}, ["0", "1e-300"], ["1e300"]),
    ],
)
def test_tolerance_decides_what_is_right(answer: dict[str, Any], right: list[str], wrong: list[str]) -> None:
    body = accepted(**answer)
    assert numeric.problems(body) == []
    assert [text for text in right if numeric.mark(body, {"text": text}).credit != 1] == []
    assert [text for text in wrong if numeric.mark(body, {"text": text}).credit != 0] == []


@pytest.mark.parametrize(
    ("typed", "credit", "category"),
    [("9.8", 1, "1"), ("9.83", 1, "1"), ("9.84", Decimal("0.5"), "2"), ("10", Decimal("0.5"), "2"), ("8", 0, "other")],
)
def test_first_answer_with_the_highest_credit_decides(typed: str, credit: Decimal, category: str) -> None:
    assert numeric.mark(BODY, {"text": typed}).credit == credit
    assert numeric.categorise(BODY, {"text": typed}) == [category]


@pytest.mark.parametrize(
    ("typed", "credit"),
    [
        ("9.81 m/s^2", 1),
        ("9.81 m/s²", 1),
        ("9.81m/s2", 1),
        ("981 cm/s^2", 1),
        ("9.81 m s^-2", 1),
        ("9.81 N/kg", 1),
        ("9.81", Decimal("0.75")),
        ("9.81 m/s", Decimal("0.75")),
        ("9.81 foo", Decimal("0.75")),
        ("9.5 m/s", Decimal("0.25")),
        ("9.81 km/s^2", 0),
        ("1", 0),
    ],
)
def test_units_are_converted_and_a_wrong_one_costs_what_the_author_says(typed: str, credit: Decimal) -> None:
    assert numeric.mark(WITH_UNITS, {"text": typed}).credit == credit
    assert ("unit is missing" in numeric.rationale(WITH_UNITS, {"text": typed})) is (0 < credit < 1)


def test_unit_that_is_not_required_may_be_left_out() -> None:
    body = BODY | {"units": UNITS | {"required": False}}
    assert numeric.mark(body, {"text": "9.81"}).credit == 1
    assert numeric.mark(body, {"text": "9.81 s"}).credit == Decimal("0.75")
    assert numeric.public(body)["unit"] == "m/s^2"
    assert numeric.public(WITH_UNITS)["unit"] == ""


@pytest.mark.parametrize(
    ("number", "unit", "wanted", "found"),
    [
        ("5", "km", "m", "5000"),
        ("36", "km/h", "m/s", "10"),
        ("20", "°C", "K", "293.15"),
        ("50", "°F", "degC", "10"),
        ("1", "kWh", "J", "3600000"),
        ("1", "J/(kg K)", "J/kg/K", "1"),
        ("2", "m per s", "m/s", "2"),
        ("3", "µm", "\u03bcm", "3"),
        ("3", "apples", "apples", "3"),
        ("1", "kg", "s", None),
        ("1", "apples", "pears", None),
        ("1", "m^9^9", "m", None),
        ("1", "m**99999", "m", None),
        ("1", "(((m)))", "m", None),
        ("1", "__import__('os')", "m", None),
        ("1", "1e9999 m", "m", None),
        ("1", "m" * 500, "m", None),
    ],
)
def test_units_are_converted(number: str, unit: str, wanted: str, found: str | None) -> None:
    converted = units.convert(Decimal(number), unit, wanted)
    assert (converted is None) is (found is None)
    assert found is None or abs(converted - Decimal(found)) < Decimal("1e-9")  # type: ignore[operator]


@given(
    number=st.decimals(allow_nan=False, allow_infinity=False),
    unit=st.text(max_size=50) | st.text("mskg°CFdBµ/*^()-0123456789 per", max_size=50),
)
def test_no_unit_raises(number: Decimal, unit: str) -> None:
    assert units.convert(number, unit, "m/s^2") is None or unit
    units.convert(number, "degC", unit)


def test_long_nonsense_is_refused_at_once() -> None:
    started = process_time()
    for text in ("9" * 20_000, "1," * 10_000, "1/" * 10_000, " " * 20_000 + "1", "1e" + "9" * 20_000, "½" * 20_000):
        numbers.read(text)
        units.read(text)
        kind_rules.check_answer(KIND, WITH_UNITS, text)
    assert process_time() - started < 2


def test_right_answer_is_shown_as_the_language_writes_it() -> None:
    with translation.override("de"):
        assert numeric.expected(WITH_UNITS) == ["9,81 m/s^2"]
    assert numeric.expected(WITH_UNITS) == ["9.81 m/s^2"]
    assert [text for text, _ in numeric.key(BODY)] == ["9.81 (± 0.02)", "9 to 10"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stem": ""}, "no text"),
        ({"answers": []}, "full credit"),
        ({"answers": None}, "needs a number"),
        ({"answers": [{"value": "x", "credit": 1}]}, "needs a number"),
        ({"answers": [{"value": True, "credit": 1}]}, "needs a number"),
        ({"answers": [{"value": float("nan"), "credit": 1}]}, "needs a number"),
        ({"answers": [{"min": 1, "credit": 1}]}, "needs a number"),
        ({"answers": [{"min": 2, "max": 1, "credit": 1}]}, "above its upper end"),
        ({"answers": [{"value": 1, "credit": 2}]}, "between 0 and 1"),
        ({"answers": [{"value": 1, "credit": 1}] * 101}, "more than 100"),
        ({"answers": [{"value": 1, "credit": 1, "tolerance": within("absolute", -1)}]}, "tolerance"),
        ({"answers": [{"value": 1, "credit": 1, "tolerance": within("decimals", 0.5)}]}, "tolerance"),
        ({"answers": [{"value": 1, "credit": 1, "tolerance": within("significant_figures", 0)}]}, "tolerance"),
        ({"answers": [{"value": 1, "credit": 1, "tolerance": within("most", 1)}]}, "tolerance"),
        ({"units": "m"}, "unit"),
        ({"units": UNITS | {"unit": " "}}, "unit"),
        ({"units": UNITS | {"unit": "2 m"}}, "digit"),
        ({"units": UNITS | {"penalty": 2}}, "100 %"),
        ({"units": UNITS | {"required": 1}}, "required"),
    ],
)
def test_question_that_cannot_be_published_says_why(change: dict[str, Any], words: str) -> None:
    assert words in " ".join(numeric.problems(BODY | change))
    assert numeric.problems(BODY) == numeric.problems(WITH_UNITS) == []


def test_what_a_careful_author_looks_at_again() -> None:
    assert numeric.warnings(WITH_UNITS, shuffled=False) == []
    loose = BODY | {"units": {"unit": "apples", "required": True}}
    assert len(numeric.warnings(loose, shuffled=False)) == 2
    covered = BODY | {"answers": [*ANSWERS, {"value": 9.82, "credit": 0.1}]}
    assert "never decides" in numeric.warnings(covered, shuffled=False)[0]


@pytest.mark.parametrize(("language", "value", "low"), [("en", "9.81", "9"), ("de", "9,81", "9"), ("de", "9.81", "9")])
def test_body_goes_through_the_editor_unchanged(language: str, value: str, low: str) -> None:
    fields = {
        "answer-value": [value, low],
        "answer-max": ["", "10"],
        "answer-tolerance_type": ["absolute", ""],
        "answer-tolerance": ["0.02", ""],
        "answer-credit": ["100", "50"],
        "answer-feedback": ["On the ground.", "Roughly."],
        "unit": ["m/s^2"],
        "unit_required": ["1"],
        "penalty": ["25"],
    }
    with translation.override(language):
        body = numeric.from_editor(fields)
    first = ANSWERS[0] | {"tolerance": {"type": "absolute", "value": "0.02"}}
    assert body == {"answers": [first, ANSWERS[1] | {"min": "9", "max": "10"}], "units": UNITS}
