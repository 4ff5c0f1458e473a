"""What each request of an attempt costs the web process: CPU and SQL statements of a start, the player, a save, a
submission and the result page, each with the time of all its middleware.

In one process through WSGI, in a database of its own, which goes afterwards. PostgreSQL's own CPU does not count here
(`attempts` counts it); the marking between submission and result page is shown beside.
"""

import io
import json
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any
from urllib.parse import urlencode

import django

KINDS = ("first page", "start", "player", "save", "submit", "marking", "result")


def measure(learners: int) -> Iterator[str]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["LOG_LEVEL"] = "WARNING"
    django.setup()
    from bench.analytics import database

    with database(), _static_files():
        spent = Spent()
        for learner in _in_class(learners):
            learner.take(spent)
        for kind in KINDS:
            costs = spent.seconds[kind][len(spent.seconds[kind]) // 5 :]  # the first ones build what stays
            yield (
                f"{kind:<10} {sum(costs) / len(costs) * 1000:5.2f} ms of CPU (median {median(costs) * 1000:.2f}),"
                f" {spent.statements[kind]} statements"
            )


class Spent:
    """Seconds of CPU of each request by kind, and the statements of the last one, those of transactions too."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.statements: dict[str, int] = {}

    def of(self, kind: str, work: Callable[[], Any], *, count: bool) -> Any:
        if count:
            return self._counted(kind, work)
        before = time.process_time()
        made = work()
        self.seconds[kind].append(time.process_time() - before)
        return made

    def _counted(self, kind: str, work: Callable[[], Any]) -> Any:
        from django.db import connection, reset_queries
        from django.test.utils import CaptureQueriesContext

        reset_queries()
        with CaptureQueriesContext(connection) as captured:
            made = work()
        self.statements[kind] = len(captured)
        return made


class Learner:
    """A launch with its key in hand; the last one of the class counts statements."""

    def __init__(self, launch: Any, *, counts: bool) -> None:
        from tests.pages.conftest import key_of

        self.base, self.counts = f"/s/{key_of(launch)}", counts

    def take(self, spent: Spent) -> None:
        from django.utils import timezone

        from assessment import marking

        self.spent = spent
        self.ask("first page", "GET", f"{self.base}/")
        player = self.ask("start", "POST", f"{self.base}/check/")["Location"]
        attempt = player.rstrip("/").rsplit("/", 1)[1]
        self.ask("player", "GET", player)
        items = _items(attempt)
        for item in items:
            body = {"responses": [{"item": item, "fields": [["", "a"]], "seq": 1}], "seen": {item: 3}}
            self.ask("save", "POST", f"{player}responses", json.dumps(body), "application/json")
        form = urlencode({f"seq-{item}": "1" for item in items} | {f"answer-{item}": "a" for item in items})
        self.ask("submit", "POST", f"{player}submit", form)
        spent.of("marking", lambda: marking.mark_attempt(attempt, timezone.now()), count=self.counts)
        self.ask("result", "GET", f"{player}result")

    def ask(self, kind: str, method: str, path: str, body: str = "", content: str = "") -> dict[str, str]:
        """The headers of the answer."""
        return dict(self.spent.of(kind, lambda: _request(method, path, body.encode(), content), count=self.counts))


def _request(method: str, path: str, body: bytes, content: str) -> list[tuple[str, str]]:
    from config.wsgi import application

    answered: list[Any] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SCRIPT_NAME": "",
        "CONTENT_TYPE": content or "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_ACCEPT_ENCODING": "gzip, deflate",
        "HTTP_ACCEPT_LANGUAGE": "en",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    response: Any = application(environ, lambda status, headers, _=None: answered.append((status, headers)))
    b"".join(response)
    response.close()  # as servers do: gives the connection back
    [(status, headers)] = answered
    assert status[:3] in ("200", "303"), (status, path)
    return list(headers)


@contextmanager
def _static_files() -> Iterator[None]:
    """Pages name them by their content."""
    from django.conf import settings
    from django.core.management import call_command

    with tempfile.TemporaryDirectory() as folder:
        settings.STATIC_ROOT = folder
        call_command("collectstatic", verbosity=0, interactive=False)
        yield


def _items(attempt: str) -> list[str]:
    from assessment.models import Response

    found = Response.objects.filter(attempt=attempt).order_by("position").values_list("item_version", flat=True)
    return [str(item) for item in found]


def _in_class(learners: int) -> list[Learner]:
    """Learners of one course with a check of ten questions."""
    from tests import cast

    made = cast.make_cast(quiz=cast.published_quiz("the-check"))
    link, named = made.assignment.resource_link, {"custom": {"quiz": made.quiz.slug}}
    launches = [cast.make_launch(link, cast.make_person(link, f"L{at}"), **named) for at in range(learners)]
    return [Learner(launch, counts=at == learners - 1) for at, launch in enumerate(launches)]
