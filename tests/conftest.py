"""What every test shares."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.system import System

CHROMIUM = Path("/usr/bin/chromium")


def pytest_configure() -> None:
    """Quick passwords, and static files straight from the rooms: nothing is collected for tests in this process."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.WHITENOISE_USE_FINDERS = True


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The whole system as processes, started once; every test makes a course of its own in it."""
    with System(tmp_path_factory.mktemp("system")) as running:
        yield running


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the whole system run in one worker, so that it is started once."""
    for item in items:
        if "system" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("system"))
            item.add_marker(pytest.mark.stack)
        if item.get_closest_marker("browser") and not CHROMIUM.exists():
            item.add_marker(pytest.mark.skip(reason=f"needs Chromium at {CHROMIUM} (`apt install chromium`)"))
