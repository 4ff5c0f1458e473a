"""A course at the sandbox and people who go through the check as a browser without script would."""

import itertools
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, cast

import requests

from sandbox.client import CANVAS_ISSUER
from tests.page import Form, Page
from tests.patience import PATIENCE
from tests.system import System, wait_for

CLIENT_ID = "assay-sandbox"
NUMBERS = itertools.count(1)

# The option of each choice question that earns full credit, and one that does not, by its printed text.
RIGHT = (
    "Fine-tuning is expensive and slow to iterate on.",
    "decision framework",
    "Try prompt engineering first — well-engineered prompts often match fine-tuning performance at zero cost",
    "Make a bad use case good with fine-tuning",
    "Use AI to draft or organize ideas about prompt engineering, then verify before acting.",
    "Use AI for drafting and comparison, but verify before publishing or relying on it.",
    "As a draft or helper output that still needs human judgment and verification",
    "Look it up in the official docs for the model.",
    "Try RAG second when knowledge or domain context is the gap",
    "Substitute for high-quality training data — fine-tuning amplifies data quality, good or bad",
)


def browser() -> requests.Session:
    """A browser: like Chromium it sends Secure cookies to this machine over plain http."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(secure_protocols=("http", "https")))
    return session


@dataclass
class Course:
    """A course of its own with one activity, so that tests do not meet."""

    system: System
    id: int
    activity: int
    line_item: int
    people: dict[str, int]

    def person(self, name: str, role: str = "learner") -> int:
        if name not in self.people:
            username = f"{name}-{next(NUMBERS)}"
            self.people[name] = self.system.sandbox.add_person(
                username, course=self.id, role=role, given_name=name.title(), family_name="Tester"
            )
        return self.people[name]

    def launch(self, name: str, role: str = "learner", session: requests.Session | None = None) -> "Visit":
        """The first page after a launch."""
        session = session or browser()
        answer = self.system.sandbox.launch(self.person(name, role), self.activity, session)
        assert answer.status_code == 200, (answer.status_code, answer.url, answer.text[:1500])
        return Visit(session, Page(answer))

    def score(self, name: str) -> Any:
        """What the gradebook of the sandbox shows for this person, or None."""
        return self.system.sandbox.grade(self.line_item, self.people[name], self.id)

    def history(self, name: str) -> list[dict[str, Any]]:
        return self.system.sandbox.history(self.id, self.people[name])


def new_course(system: System, mode: str = "strict", **more: Any) -> Course:
    """A course that follows this mode's habits. One like Canvas comes by a client of its own, as from another LMS.

    A registration has the habits of one platform, and what suits Canvas clears grades in Moodle.
    """
    client_id = canvas_client(system) if mode == "canvas" else CLIENT_ID
    course = system.sandbox.create_course(f"Course {next(NUMBERS)}", mode, **more)
    activity = system.sandbox.add_activity(course, "When to Fine-Tune", client_id=client_id)
    return Course(system, course, activity["id"], activity["line_item"], {})


def canvas_client(system: System) -> str:
    """The client of the platform like Canvas, registered on both sides when it is first asked for."""
    lms, client_id = system.sandbox_url, "assay-canvas"
    if not system.query("SELECT 1 FROM lti_registration WHERE client_id = %s", client_id):
        system.manage(
            *("register_platform", "--name", "Like Canvas", "--issuer", CANVAS_ISSUER, "--client-id", client_id),
            *("--auth-url", f"{lms}/lti/authorize", "--token-url", f"{lms}/lti/token"),
            *("--jwks-url", f"{lms}/lti/jwks", "--deployment-id", "1", "--institution", "test"),
        )
    return client_id


class Visit:
    """One launched session in a browser; `page` is what it shows."""

    def __init__(self, session: requests.Session, page: Page) -> None:
        self.session, self.page = session, page

    def get(self, url: str) -> Page:
        self.page = Page(self.session.get(url, timeout=PATIENCE))
        return self.page

    def press(self, form: Form, **fields: str) -> Page:
        where = "params" if form.method == "get" else "data"
        answer = self.session.request(form.method, form.action, timeout=PATIENCE, **{where: {**form.fields, **fields}})
        self.page = Page(answer)
        return self.page

    def start(self) -> Page:
        """From the overview to the questions."""
        return self.press(self.page.form("/check/"))

    def answer(self, texts: tuple[str, ...] = RIGHT) -> Form:
        """The player's form, filled in; an empty text leaves its question alone."""
        form = self.page.form("/submit")
        for name, text in zip(self._questions(form), texts, strict=True):
            if text:
                form.fields[name] = self.page.options.get((name, text), text)
        return form

    def submit(self, texts: tuple[str, ...] = RIGHT) -> Page:
        page = self.press(self.answer(texts))
        if page.url.rstrip("/").endswith("/submit"):  # asked once, because something was unanswered
            page = self.press(page.form("/submit"))
        return page

    def result(self) -> Page:
        """The result once marking is done."""
        return cast(Page, wait_for(lambda: "Being marked" not in self.get(self.page.url).text and self.page))

    @staticmethod
    def _questions(form: Form) -> list[str]:
        return [name for name in form.order if name.startswith("answer-")]
