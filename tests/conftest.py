"""What every test shares."""

import functools
import gc
import itertools
import math
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from xdist.scheduler import LoadScopeScheduling

from tests import database
from tests.patience import PATIENCE
from tests.system import System

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# No test may depend on the machine's speed: neither on that of an example nor on that of making one. Nor on chance:
# every run tries the same examples.
hypothesis_settings.register_profile(
    "assay", deadline=None, max_examples=25, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("assay")

CHROMIUM = Path("/usr/bin/chromium")
BROWSER_SIZE = 25  # a test in the browser takes as long as so many others
FEATURES_OFF = [
    # Pages for the suggestions under the address bar: every new window loads them, hidden, for most of a second of CPU.
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"),
    # What Playwright switches off; a list given here takes the place of its own.
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "LensOverlay"),
    *("HttpsFirstBalancedModeAutoEnable", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning", "AimEnabled"),
    *("AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "PreconnectToSearch"),
]
FLAGS = [
    f"--disable-features={','.join(FEATURES_OFF)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--test-third-party-cookie-phaseout",
    # Now and then Playwright loses a frame that goes from site to site, and so from process to process, in an instant.
    "--disable-site-isolation-trials",
]


def pytest_configure(config: pytest.Config) -> None:
    """Quick passwords, and static files straight from the rooms: nothing is collected for tests in this process."""
    config.option.testrunuid = config.option.testrunuid or uuid4().hex
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = PATIENCE
    settings.ASSAY_API_RATE = settings.ASSAY_API_ADDRESS_RATE = 0  # else the tests would be cut off
    settings.WHITENOISE_USE_FINDERS = True
    settings.WHITENOISE_AUTOREFRESH = True  # else every new client looks through all static files


@pytest.fixture(scope="session", autouse=True)
def few_keys() -> Iterator[None]:
    """Real RSA keys in turn from a small store: making one takes a while, and every empty database wants one."""
    from lti.platform import keys

    make = functools.lru_cache(lambda number, **options: generate_private_key(**options))
    numbers = itertools.cycle(range(16))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "generate_private_key", lambda **options: make(next(numbers), **options))
        patch.setattr(keys, "load_pem_private_key", functools.cache(keys.load_pem_private_key))
        yield


@pytest.fixture(scope="session")
def migrated_database(pytestconfig: pytest.Config) -> str:
    return database.migrated(_template(pytestconfig))


def _template(config: pytest.Config) -> str:
    return f"assay_template_{config.option.testrunuid[:12]}"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, migrated_database: str) -> None:
    connection.settings_dict["TEST"]["TEMPLATE"] = migrated_database


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Tests that commit are cleared away quickly.

    Dropping a database waits ten seconds for a session that some thread of a server under test still holds.
    """
    with pytest.MonkeyPatch.context() as patch:
        if database.may_leave_triggers_out():
            patch.setattr(TransactionTestCase, "_fixture_teardown", database.empty)
        yield
    with database.beside() as other:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        other.execute(others, [connection.settings_dict["NAME"]])


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, migrated_database: str) -> Iterator[System]:
    """The whole system as processes, started once; every test makes a course of its own in it."""
    with System(tmp_path_factory.mktemp("system"), template=migrated_database) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """A real browser that blocks third-party cookies, as most learners have it.

    Playwright's loop runs in this thread, and while it does, Django would take every query for unsafe.
    """
    from playwright.sync_api import expect, sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        expect.set_options(timeout=PATIENCE * 1000)
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def _no_endpoint_is_known() -> None:
    """A process looks every few seconds which institutions have endpoints; tests that count queries do not meet it."""
    from events import listeners

    listeners.remember(frozenset(), seconds=math.inf)


@pytest.fixture(autouse=True)
def _what_a_failure_left_is_mended(request: pytest.FixtureRequest) -> Iterator[None]:
    """A process that hangs or ended fails one test; it is replaced for the next."""
    failed = request.session.testsfailed
    yield
    for name in {"system", "sandbox"} & set(request.fixturenames):
        if request.session.testsfailed > failed:
            request.getfixturevalue(name).mend()


class OneSystem(LoadScopeScheduling):
    """Files are dealt out whole; those that need the whole system go to one worker, so that it is started once.

    (`--dist loadgroup` would say the same, but has no effect with this pytest.)
    """

    def _split_scope(self, nodeid: str) -> str:
        return _unit(nodeid)


def _unit(nodeid: str) -> str:
    path = nodeid.split("::")[0]
    return "system" if path.startswith(("tests/browser/", "tests/chaos/", "tests/stack/")) else path


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """The whole system ends with its last test: to the end of the run, its sweeps would take a tenth of the CPU."""
    if _unit(item.nodeid) == "system" and nextitem is not None and _unit(nextitem.nodeid) != "system":
        for running in System.running:
            running.close()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneSystem:
    config.option.loadscopereorder = False  # which would put mypy last, as one test among few
    return OneSystem(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and os.environ.get("DATABASE_URL"):
        with suppress(psycopg.OperationalError):  # a server that is gone keeps nothing
            database.drop(_template(config))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, so that no worker waits for the other at the end."""
    sizes: Counter[str] = Counter()
    for item in items:
        sizes[_unit(item.nodeid)] += BROWSER_SIZE if "chromium" in getattr(item, "fixturenames", ()) else 1
    first = {"system": -2, "tests/ops/test_lint.py": -1}
    items.sort(key=lambda item: (first.get(unit := _unit(item.nodeid), 0), -sizes[unit], unit))


def pytest_collection_finish() -> None:
    """What is loaded now stays: looking through it for garbage, again and again, took a tenth of the CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_itemcollected(item: pytest.Item) -> None:
    names = getattr(item, "fixturenames", ())
    if "system" in names:
        item.add_marker(pytest.mark.stack)
    if "chromium" in names:
        item.add_marker(pytest.mark.browser)
        if not CHROMIUM.exists():
            item.add_marker(pytest.mark.skip(reason=f"needs Chromium at {CHROMIUM} (`apt install chromium`)"))
