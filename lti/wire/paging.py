"""Lists that come in pages: the address of the next one stands in a Link header (RFC 8288)."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urljoin

from lti.wire import client
from lti.wire.client import Answer


class Endless(client.HttpError):
    """The pages lead in a circle, elsewhere, or on and on: the list cannot be taken for whole."""


def pages(call: Callable[..., Answer], first: str, *, media: str, most: int, **more: Any) -> Iterator[Answer]:
    """The answer for each page, fetched when it is asked for; `call` is an authorised `http.fetch` and takes `more`.

    Addresses are the platform's and opaque; our token never leaves the origin of the first. Raises Endless after the
    last page that may be read, where that is not the end of the list.
    """
    url, read = first, {first}
    while url:
        answer = call("GET", url, headers={"Accept": media}, **more)
        yield answer
        url = next_page(answer, url)
        if url and (url in read or len(read) >= most or not client.same_origin(url, first)):
            raise Endless(f"the page after number {len(read)} leads astray")
        read.add(url)


def next_page(answer: Answer, url: str) -> str:
    """The address with `rel="next"`, empty where there is none. Moodle writes curly quotes in places."""
    for address, parameters in re.findall(r"<([^<>]*)>((?:\s*;[^<]*)?)", answer.headers.get("link", "")):
        relation = re.search(r"\brel\s*=([^;,]*)", parameters, re.IGNORECASE)
        if relation and "next" in re.findall(r"[a-z]+", relation[1].lower()):
            return str(address) if "://" in address else urljoin(url, address)
    return ""
