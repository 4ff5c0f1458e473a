"""The printed sheet: a lesson and its check for everybody, and the key for teachers alone."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from assessment.models import Attempt
from content import item_types, pdf, printing, publishing, rendering
from content.drafts import ItemDraft
from content.models import Item, KeyState, Quiz, QuizVersion
from content.publishing import Layout, Pool
from content.room.previews import Place
from roster.models import Enrollment, Institution, Role
from tests.axe import violations
from tests.cast import NOW, Cast, choice, make_cast, publish, published_quiz, quiz_of
from tests.content import test_cloze, test_hotspot, test_matching, test_ordering
from tests.pages.conftest import Visit, key_of

KINDS: list[tuple[str, dict[str, Any], str]] = [
    ("choice", choice()["body"], 'class="box"'),
    ("multiple_response", choice()["body"] | {"scoring": "all_or_nothing"}, "Choose all that apply."),
    ("true_false", {"stem": "So?", "correct": True, "rationales": {"true": "secret", "false": "secret"}}, "False"),
    ("short_text", {"stem": "Who?", "answers": [{"text": "secret", "credit": 1, "match": "exact"}]}, 'class="line"'),
    ("numeric", {"stem": "How many?", "answers": [{"value": 7391, "credit": 1}]}, 'class="line"'),
    ("matching", test_matching.BODY, "Write the letter that fits on each line."),
    ("ordering", test_ordering.BODY, "The letters in the right order:"),
    ("hotspot", test_hotspot.BODY, "The number of the area:"),
    ("cloze", test_cloze.BODY, 'class="blank"'),
    ("open_text", {"stem": "Why?", "rubric": [{"level": "full", "idea": "secret", "example": "secret"}]}, "line"),
    ("file_upload", {"stem": "Hand it in.", "types": [".pdf"], "max_size": 9999, "max_files": 1, "rubric": []}, "file"),
    ("description", {"stem": "Read this first."}, "Read this first."),
]


def public_sheet(quiz: Quiz) -> str:
    assert quiz.lesson is not None
    answer = Client().get(f"/learn/lesson/{quiz.lesson.slug}/print")
    assert answer.status_code == 200
    assert not answer.cookies
    return answer.content.decode()


def current(quiz: Quiz) -> QuizVersion:
    assert quiz.current is not None
    return quiz.current


def test_lesson_prints_with_its_check_the_version_and_a_code_to_practise(cast: Cast) -> None:
    page = public_sheet(cast.quiz)
    assert "A lesson" in page
    assert page.count('class="asked"') == 10
    assert f"Version 1 · {current(cast.quiz).pk}" in page
    assert f"{settings.BASE_URL}/learn/quiz/the-check" in page
    assert "<svg" in page
    assert "style=" not in page, "the content security policy allows none"


def test_public_sheet_never_has_the_key(cast: Cast) -> None:
    assert cast.quiz.lesson
    for query in ("", "?key=1", "?format=html&key=1"):
        page = Client().get(f"/learn/lesson/{cast.quiz.lesson.slug}/print{query}").content.decode()
        assert "The right one" in page
        for secret in ("Because it is so.", "It is not so.", "Names the secret idea.", "100 %"):
            assert secret not in page


def test_check_without_public_practice_stays_off_the_public_sheet(cast: Cast) -> None:
    Quiz.objects.filter(pk=cast.quiz.pk).update(practice=False)
    page = public_sheet(cast.quiz)
    assert "A lesson" in page
    assert "which is right?" not in page
    assert "<svg" not in page
    mine = Visit(cast.tess).get("/print/").content.decode()
    assert "which is right?" in mine
    assert "<svg" not in mine, "there is nothing that a code could lead to"


def test_lesson_that_is_not_public_does_not_print(db: None) -> None:
    assert Client().get("/learn/lesson/nothing/print").status_code == 404
    quiz = published_quiz()
    assert quiz.lesson is not None
    quiz.lesson.institution = Institution.objects.create(name="North", slug="north")
    quiz.lesson.save()
    assert Client().get(f"/learn/lesson/{quiz.lesson.slug}/print").status_code == 404


def test_code_of_a_schools_check_names_the_school(cast: Cast) -> None:
    cast.quiz.institution = cast.tess.institution
    cast.quiz.save()
    page = Visit(cast.tess).get("/print/").content.decode()
    assert f"{settings.BASE_URL}/learn/{cast.tess.institution.slug}/quiz/the-check" in page


@pytest.mark.parametrize("path", ["/print/", "/print/?key=1", "/print/?format=pdf"])
def test_learners_print_nothing_from_a_launch(cast: Cast, path: str) -> None:
    assert Visit(cast.alice).get(path).status_code == 403


def test_class_page_leads_to_the_sheet_and_the_key(cast: Cast) -> None:
    tess = Visit(cast.tess)
    page = tess.get("/class/").content.decode()
    for path in ("/print/", "/print/?key=1"):
        assert f'href="{tess.base}{path}"' in page
        assert tess.get(path).status_code == 200
    assert "A lesson" not in tess.get("/print/").content.decode()
    assert "A lesson" in tess.get("/print/?lesson=1").content.decode()


def test_key_sheet_has_rationales_and_says_draft_until_every_key_is_approved(cast: Cast) -> None:
    tess = Visit(cast.tess)
    page = tess.get("/print/?key=1").content.decode()
    for text in ("Because it is so.", "Only half of it is so.", "Names the secret idea.", "50 %"):
        assert text in page
    assert "Draft key" not in page
    assert 'class="blank' not in page
    publish(cast.quiz, q8={"key_state": KeyState.PROPOSED})
    page = tess.get("/print/?key=1").content.decode()
    assert '<div class="across" aria-hidden="true" data-words="Draft key">' in page
    assert "Draft key" not in tess.get("/print/").content.decode()


@pytest.mark.parametrize(("kind", "body", "room"), KINDS)
def test_every_kind_has_room_for_its_answer_and_keeps_its_key(
    db: None, kind: str, body: dict[str, Any], room: str
) -> None:
    cast = make_cast(quiz=quiz_of(choice(), {"kind": kind, "points": "1", "body": body}).quiz)
    tess = Visit(cast.tess)
    page = tess.get("/print/").content.decode().split('class="check')[1]
    assert room in page.split('class="asked"')[-1] or "Read this first." in page
    assert "secret" not in page
    assert "7391" not in page
    key = tess.get("/print/?key=1").content.decode()
    rules = item_types.get(kind)
    if "image" in body:
        assert rendering.media_address(body["image"].removeprefix("media:")) in page
    for text, _credit in rules.key(body):
        assert text.split("\n")[0][:20] in re.sub(r"&#x27;", "'", key)
    assert ("secret" in key) is ("secret" in str((body, choice())))


def test_every_kind_is_printed_here() -> None:
    assert {kind for kind, _body, _room in KINDS} == set(item_types.KINDS)


def test_order_that_is_the_key_is_not_the_order_printed(db: None) -> None:
    entries = [{"id": f"e{number}", "text": f"Step {number}"} for number in range(8)]
    body = {"stem": "Order.", "entries": entries, "key": [one["id"] for one in entries], "scoring": "exact"}
    cast = make_cast(quiz=quiz_of({"kind": "ordering", "points": "1", "body": body}).quiz)
    pages = [Visit(cast.tess).get("/print/").content.decode() for _ in range(2)]
    orders = [re.findall(r"Step \d", page) for page in pages]
    assert orders[0] == orders[1], "everybody gets the same sheet"
    assert orders[0] != sorted(orders[0])


def test_pools_and_shuffled_checks_print_whole_and_in_order(db: None) -> None:
    items = [
        ItemDraft(f"q{place}", "choice", choice()["body"] | {"stem": f"Stem {place}"}, key_state=KeyState.APPROVED)
        for place in range(1, 6)
    ]
    layout = Layout([Pool("Facts", 2, ["q2", "q3", "q4", "q5"])], shuffle_questions=True, shuffle_options=True)
    version = publishing.publish_quiz(
        slug="pooled", title="Pooled", items=items, lesson_version=None, provenance={}, now=NOW, layout=layout
    )
    page = Visit(make_cast(quiz=version.quiz).tess).get("/print/").content.decode()
    assert re.findall(r"Stem \d", page) == [f"Stem {place}" for place in range(1, 6)]
    assert re.findall(r"Option \d", page) == ["Option 0", "Option 1", "Option 2"] * 5
    assert page.count("Pool “Facts”: answer 2 of its 4 questions") == 4


def test_without_weasyprint_a_pdf_is_refused_in_a_sentence(cast: Cast) -> None:
    if pdf.is_installed():
        pytest.skip("WeasyPrint is installed")
    answer = Visit(cast.tess).get("/print/?format=pdf")
    assert answer.status_code == 404
    assert answer.content.decode().startswith("This server makes no PDF files.")
    assert "format=pdf" not in Visit(cast.tess).get("/print/").content.decode()


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/x.css", "file:///etc/passwd", "/static/../../manage.py", "/learn/media/none"]
)
def test_pdf_fetches_nothing_but_our_own_files(db: None, url: str) -> None:
    with pytest.raises(pdf.NotOurs):
        pdf.fetched(url)
    data, content_type = pdf.fetched("https://here.example/static/assay/print.css")
    assert b"@page" in data
    assert content_type == "text/css"


@pytest.mark.skipif(not pdf.is_installed(), reason="WeasyPrint, an optional extra, is not installed")
@pytest.mark.parametrize("path", ["/print/?format=pdf&lesson=1", "/print/?format=pdf&key=1&paper=letter"])
def test_pdf_of_the_sheet_and_of_the_key_is_tagged_and_has_our_styles(cast: Cast, path: str) -> None:
    answer = Visit(cast.tess).get(path)
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    for sign in (b"/StructTreeRoot", b"/MarkInfo", b"pdfuaid"):
        assert sign in answer.content
    size = b"/MediaBox [0 0 612 792]" if "letter" in path else b"/MediaBox [0 0 595"
    assert size in answer.content, "the paper is said by print.css"


@pytest.fixture
def long_cast(transactional_db: None) -> Cast:
    return make_cast(quiz=quiz_of(*({"kind": kind, "points": "1", "body": body} for kind, body, _room in KINDS)).quiz)


@pytest.mark.parametrize(("paper", "size"), [("a4", (595, 842)), ("letter", (612, 792))])
def test_sheet_fits_the_paper(
    long_cast: Cast, chromium: Browser, live_server: LiveServer, tmp_path: Path, paper: str, size: tuple[int, int]
) -> None:
    page = chromium.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(f"{live_server.url}/s/{key_of(long_cast.tess)}/print/?paper={paper}")
    assert violations(page) == []
    made = page.pdf(prefer_css_page_size=True, tagged=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", made)
    assert len(boxes) >= 2
    assert all((abs(float(w) - size[0]) < 2, abs(float(h) - size[1]) < 2) == (True, True) for w, h in boxes)
    assert [fault for fault in faults if "Security Policy" in fault] == []
    page.close()


def upload(visit: Visit, data: bytes) -> tuple[int, str]:
    file = SimpleUploadedFile("answers.csv", data, content_type="text/csv")
    answer = visit.post("/class/paper", {"file": file})
    return answer.status_code, answer.content.decode()


def test_teacher_uploads_answers_from_paper_and_reads_what_became_of_each_row(cast: Cast) -> None:
    place = {"institution": cast.alice.institution, "course": cast.alice.course}
    Enrollment.objects.create(person=cast.alice.person, role=Role.LEARNER, **place)
    tess = Visit(cast.tess)
    assert f'href="{tess.base}/class/paper"' in tess.get("/class/").content.decode()
    assert "<code>q10</code>" in tess.get("/class/paper").content.decode()

    status, page = upload(tess, b"name,q1,q2\nAlice,A,B\n<i>Nobody</i>,A,\n")

    assert status == 200
    assert "1 row was handed in." in page
    assert "&lt;i&gt;Nobody&lt;/i&gt;</bdi>: No learner of this class fits." in page
    assert Attempt.objects.get().person == cast.alice.person
    assert "1 row was here already and changed nothing." in upload(tess, b"name,q1,q2\nAlice,A,B\n")[1]
    assert Attempt.objects.count() == 1


@pytest.mark.parametrize("data", [b"", b"q1\nA\n", b"x" * 5_000_001])
def test_upload_that_is_no_table_says_so_and_stores_nothing(cast: Cast, data: bytes) -> None:
    status, page = upload(Visit(cast.tess), data)
    assert status == 422
    assert "Nothing was read" in page
    assert Visit(cast.tess).post("/class/paper").status_code == 422
    assert not Attempt.objects.exists()


def test_learners_and_other_classes_hand_in_nothing_from_paper(cast: Cast) -> None:
    assert Visit(cast.alice).get("/class/paper").status_code == 403
    assert upload(Visit(cast.alice), b"name,q1\nAlice,A\n")[0] == 403
    place = {"institution": cast.charlie.institution, "course": cast.charlie.course}
    Enrollment.objects.create(person=cast.charlie.person, role=Role.LEARNER, **place)
    assert "No learner of this class fits." in upload(Visit(cast.tess), b"name,q1\nCharlie,A\n")[1]
    assert not Attempt.objects.exists()


def test_draft_of_the_writing_room_prints_as_such_before_it_is_published(cast: Cast, rf: RequestFactory) -> None:
    draft: Any = [Place(item_version=item, pool="Facts") for item in written(cast.quiz)]
    version = QuizVersion(quiz=cast.quiz, title="Half done", pools={"Facts": 2})
    shown = [
        printing.sheet(rf.get("/"), version=version, draft=draft, key=key).content.decode() for key in (False, True)
    ]
    for page in shown:
        assert "Draft, not published" in page
        assert page.count("Pool “Facts”: answer 2 of its 10 questions") == 10
    assert ["Draft key" in page for page in shown] == [False, True]
    assert ["Because it is so." in page for page in shown] == [False, True]


def written(quiz: Quiz) -> list[Item]:
    """The questions of the quiz as the writing room holds them."""
    places = current(quiz).places.select_related("item_version__item").order_by("position")
    for place in places:
        item, version = place.item_version.item, place.item_version
        item.kind, item.body, item.points, item.key_state = (
            version.kind,
            version.body,
            version.points,
            version.key_state,
        )
    return [place.item_version.item for place in places]
