"""Web CPU per launch: login, launch and first page.

Two figures. In a rush, as when a class starts at once, requests wait for the web processes; one after the other, the
processes sleep between requests and find their caches cold, which costs them more CPU for the same work.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import requests

from bench import cpu
from sandbox import client
from tests.learner import Course, browser, new_course
from tests.system import System

AT_ONCE = 8
Form = tuple[str, dict[str, str]]
In, Out = TypeVar("In"), TypeVar("Out")


@dataclass
class Launch:
    """One learner's launch on its way, and the browser it happens in."""

    start: dict[str, Any]
    browser: requests.Session


def warm_up(system: System) -> None:
    alone(system, 40)


def alone(system: System, count: int) -> float:
    """Mean CPU milliseconds of the web processes per launch, each learner after the other."""
    course = new_course(system)
    before = cpu.web(system)
    for number in range(count):
        course.launch(_learner(number))
    return (cpu.web(system) - before) / count * 1000


def in_a_rush(system: System, count: int) -> float:
    """Mean CPU milliseconds of the web processes per launch, with every step of all learners at once.

    The sandbox signs between the steps, so that its work does not slow the requests that are counted.
    """
    course = new_course(system)
    launches = [_begin(course, number) for number in range(count)]
    before = cpu.web(system)
    redirects = _all(lambda launch: system.sandbox.log_in(launch.start, launch.browser), launches)
    spent = cpu.web(system) - before
    forms = _all(lambda pair: _form(system, *pair), zip(launches, redirects, strict=True))
    before = cpu.web(system)
    _all(lambda pair: _open(*pair), zip(launches, forms, strict=True))
    return (spent + cpu.web(system) - before) / count * 1000


def _learner(number: int) -> str:
    return f"learner-{number % 20}"


def _begin(course: Course, number: int) -> Launch:
    return Launch(course.system.sandbox.start_launch(course.person(_learner(number)), course.activity), browser())


def _form(system: System, launch: Launch, redirect: requests.Response) -> Form:
    return client.form(system.sandbox.authorize(redirect.headers["Location"], launch.start, launch.browser).text)


def _open(launch: Launch, form: Form) -> None:
    """Post the token and follow to the first page."""
    action, fields = form
    page = launch.browser.post(action, data=fields, timeout=30)
    assert page.status_code == 200, (page.status_code, page.url, page.text[:500])


def _all(step: Callable[[In], Out], over: Iterable[In]) -> list[Out]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(step, over))
