"""The receiver in docs/webhooks.md does what the page says, as it is printed there."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from socket import socket

import pytest
import requests
from django.conf import settings
from django.utils import timezone

from events.models import DeliveryState, Event, EventDelivery, Type
from feeds import endpoints, sending
from tests.cast import Cast, all_right, hand_in
from tests.feeds.conftest import Receiver, listen

pytestmark = pytest.mark.django_db
PAGE = (Path(settings.BASE_DIR) / "docs" / "webhooks.md").read_text()
PRINTED = re.findall(r"```python\n(.*?)```", PAGE, re.S)


def free_port() -> int:
    with socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def printed(cast: Cast, tmp_path: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The receiver, running; its address."""
    (source,) = PRINTED
    (tmp_path / "receiver.py").write_text(source)
    port = free_port()
    endpoint, secret = endpoints.create(
        institution=cast.alice.institution,
        name="Printed",
        url=f"http://127.0.0.1:{port}/",
        types=[str(Type.GRADE_CHANGED)],
    )
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "receiver.py")],
        env={**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    while process.poll() is None:
        try:
            requests.get(endpoint.url, timeout=60)
            break
        except requests.ConnectionError:
            pass
    yield endpoint.url, process
    process.terminate()
    process.wait()


def test_the_printed_receiver_takes_what_is_signed_once_and_refuses_the_rest(
    cast: Cast, printed: tuple[str, "subprocess.Popen[str]"]
) -> None:
    url, process = printed
    hand_in(cast.alice, **all_right())
    sending.drain(EventDelivery.objects.get().endpoint_id, clock=timezone.now)
    assert EventDelivery.objects.get().state == DeliveryState.DELIVERED
    sending.send_again(EventDelivery.objects.all(), now=timezone.now())
    sending.drain(EventDelivery.objects.get().endpoint_id, clock=lambda: timezone.now() + timedelta(seconds=1))
    assert EventDelivery.objects.get().tries == 2
    assert requests.post(url, json={"type": "grade.changed"}, timeout=60).status_code == 400
    process.terminate()
    assert process.stdout is not None
    (line,) = process.stdout.read().splitlines()
    assert line.startswith("grade.changed {")
    assert str(cast.alice.person_id) in line


def test_every_event_and_each_of_its_fields_is_documented(cast: Cast, receiver: Receiver) -> None:
    listen(cast, receiver)
    hand_in(cast.alice, **all_right())
    for type in [*Type.values, "test"]:
        assert f"| `{type}` |" in PAGE
    for event in Event.objects.all():
        assert [name for name in event.data if f"`{name}`" not in PAGE] == []
