"""Reads a page as a plain browser without script would: its forms, links and text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """`options` names each radio button: (field, label) to value."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__()
        self.url, self.status, self.html = response.url, response.status_code, response.text
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.options: dict[tuple[str, str], str] = {}
        self._radio: tuple[str, str] | None = None
        self._words: list[str] = []
        self._textarea: str | None = None
        self.feed(response.text)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._words).split())

    def form(self, ending: str) -> Form:
        """The form whose address ends so."""
        return next(form for form in self.forms if form.action.rstrip("/").endswith(ending.rstrip("/")))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in values:
            self.links.append(urljoin(self.url, values["href"]))
        if tag == "form":
            action = urljoin(self.url, values.get("action") or self.url)
            self.forms.append(Form(action, values.get("method", "get").lower()))
        elif self.forms and tag in ("input", "textarea"):
            self._control(tag, values)

    def _control(self, tag: str, values: dict[str, str]) -> None:
        form, name = self.forms[-1], values.get("name", "")
        if name not in form.order:
            form.order.append(name)
        if tag == "textarea":
            form.fields[name] = ""
            self._textarea = name
        elif values.get("type") == "radio":
            self._radio = (name, values.get("value", ""))
            if "checked" in values:
                form.fields[name] = values.get("value", "")
        elif values.get("type") in ("hidden", "text", "number"):
            form.fields[name] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None and self.forms:
            self.forms[-1].fields[self._textarea] += data.lstrip("\n")
        if self._radio and data.strip():
            name, value = self._radio
            self.options[name, " ".join(data.split())] = value
            self._radio = None
        self._words.append(data)
