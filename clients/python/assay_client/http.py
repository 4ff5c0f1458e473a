"""How the client speaks to the server: one session, problems as exceptions, pages turned as they are read."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import requests


class Problem(Exception):
    """The server's answer to a request that it did not fulfil (RFC 9457). `code` names the kind."""

    def __init__(self, answer: requests.Response) -> None:
        try:
            self.body: dict[str, Any] = answer.json()
        except ValueError:
            self.body = {"detail": answer.reason}
        self.status = answer.status_code
        self.code = str(self.body.get("type", "")).rsplit("/", 1)[-1]
        super().__init__(f"{self.status} {self.code}: {self.body.get('detail', '')}")


class Http:
    """`url` is the server's; `key` an API key, without which only published content can be read."""

    def __init__(
        self, url: str, key: str = "", *, timeout: float = 30, session: requests.Session | None = None
    ) -> None:
        self.url, self.timeout = url.rstrip("/"), timeout
        self.session = session or requests.Session()
        self.session.headers["Accept"] = "application/json"
        if key:
            self.session.headers["Authorization"] = f"Bearer {key}"
        self.updated_until = ""
        """Of the list that was begun last: what to give as `updated_since` next time."""

    def _send(self, method: str, path: str, *, once: bool = False, **options: Any) -> requests.Response:
        if "params" in options:
            options["params"] = {name: _text(value) for name, value in self._given(options["params"]).items()}
        if form := options.pop("form", None):
            options |= {"files": {name: _file(value) for name, value in form.items()}}
        if once:
            options["headers"] = {"Idempotency-Key": str(uuid4())}
        url = path if path.startswith("http") else self.url + path
        answer = self.session.request(method, url, timeout=self.timeout, **options)
        if not answer.ok:
            raise Problem(answer)
        return answer

    def _json(self, method: str, path: str, **options: Any) -> Any:
        return self._send(method, path, **options).json()

    def _bytes(self, method: str, path: str, **options: Any) -> bytes:
        return self._send(method, path, headers={"Accept": "*/*"}, **options).content

    def _nothing(self, method: str, path: str, **options: Any) -> None:
        self._send(method, path, **options)

    def _rows(self, method: str, path: str, **options: Any) -> Iterator[Any]:
        answer = self._send(method, path, **options)
        self.updated_until = answer.headers.get("Updated-Until", "")
        while True:
            page = answer.json()
            yield from page["results"]
            if not page["next"]:
                return
            answer = self._send(method, page["next"])

    @staticmethod
    def _given(values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if value is not None}


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else value


def _file(value: Any) -> Any:
    """A file as it is, and any other field of the form as text."""
    return ("file", value) if isinstance(value, bytes) else (None, str(_text(value)))
