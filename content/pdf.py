"""PDF files by WeasyPrint, an optional extra (`pip install assay[pdf]`): tagged, as PDF/UA asks."""

from importlib import import_module
from importlib.util import find_spec
from mimetypes import guess_type
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import SuspiciousFileOperation

from content.models import Media


class NotOurs(ValueError):
    """A page may show what we serve and nothing else: no file is fetched over the network."""


def is_installed() -> bool:
    return find_spec("weasyprint") is not None


def made(html: str, base_url: str) -> bytes:
    """The page as a tagged PDF. Raises ImportError where WeasyPrint is not installed."""
    weasyprint = import_module("weasyprint")
    page = weasyprint.HTML(string=html, base_url=base_url, url_fetcher=_fetcher())
    formulas = weasyprint.CSS(string=_static("assay/pdf.css").decode())
    return bytes(page.write_pdf(stylesheets=[formulas], pdf_variant="pdf/ua-1"))


def _fetcher() -> Any:
    """What WeasyPrint asks for every file that a page names; made here, since its class may not be installed."""
    urls = import_module("weasyprint.urls")

    class Fetcher(urls.URLFetcher):  # type: ignore[misc, name-defined]
        def fetch(self, url: str, headers: object = None) -> Any:
            data, content_type = fetched(url)
            return urls.URLFetcherResponse(url, data, {"Content-Type": content_type})

    return Fetcher()


def fetched(url: str) -> tuple[bytes, str]:
    """A style sheet or picture of ours with its content type, straight from where we keep it. Raises NotOurs."""
    path = unquote(urlsplit(url).path)
    if path.startswith(settings.STATIC_URL):
        return _static(path.removeprefix(settings.STATIC_URL)), guess_type(path)[0] or "application/octet-stream"
    media = Media.objects.filter(digest=path.rpartition("/")[2]).first()
    if media is None:
        raise NotOurs(url)
    with media.file.open("rb") as file:
        return file.read(), media.content_type


def _static(name: str) -> bytes:
    """As collected, else from the rooms, as during development. Raises NotOurs."""
    try:
        if staticfiles_storage.exists(name):
            with staticfiles_storage.open(name) as file:
                return bytes(file.read())
        found = finders.find(name)
    except SuspiciousFileOperation as error:
        raise NotOurs(name) from error
    if not isinstance(found, str):
        raise NotOurs(name)
    with open(found, "rb") as source:
        return source.read()
