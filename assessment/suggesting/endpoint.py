"""A language model behind an endpoint of the kind that OpenAI published (POST .../chat/completions). Off by default.

The operator names it (ASSAY_LLM_URL), so it may be in the operator's own network; it is followed nowhere else.
"""

import json
import time
from collections.abc import Sequence
from typing import Any

import requests
from django.conf import settings

CONNECT_SECONDS = 5
SILENCE_SECONDS = 20
WHOLE_SECONDS = 60
LARGEST = 1_000_000  # bytes


class Unavailable(Exception):
    """The endpoint gave no answer in time, or none of the agreed shape. It may do so later."""


def is_configured() -> bool:
    return bool(settings.ASSAY_LLM_URL and settings.ASSAY_LLM_MODEL)


def ask(messages: Sequence[dict[str, str]]) -> str:
    """What the model says. Raises Unavailable."""
    body = {
        "model": settings.ASSAY_LLM_MODEL,
        "messages": list(messages),
        "temperature": 0,
        "response_format": {"type": "json_object"},
    }
    try:
        answer: Any = json.loads(_post(body))
        content = answer["choices"][0]["message"]["content"]
    except (requests.RequestException, ValueError, LookupError, TypeError, RecursionError) as error:
        raise Unavailable(f"{type(error).__name__}: {error}") from error
    if not isinstance(content, str):
        raise Unavailable("the answer has no text")
    return content


def _post(body: dict[str, Any]) -> bytes:
    key = settings.ASSAY_LLM_KEY
    until = time.monotonic() + WHOLE_SECONDS
    with requests.post(
        f"{settings.ASSAY_LLM_URL.rstrip('/')}/chat/completions",
        json=body,
        headers={"Authorization": f"Bearer {key}"} if key else {},
        timeout=(CONNECT_SECONDS, SILENCE_SECONDS),
        allow_redirects=False,
        stream=True,
    ) as response:
        if response.status_code != 200:
            raise Unavailable(f"status {response.status_code}")
        return _read(response, until)


def _read(response: requests.Response, until: float) -> bytes:
    read = bytearray()
    for part in response.iter_content(65_536):
        read += part
        if len(read) > LARGEST or time.monotonic() > until:
            raise Unavailable("the answer is too long or too slow")
    return bytes(read)
