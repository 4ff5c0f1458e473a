"""Packages (.zip, .imscc): members read within limits, pictures found by their address. Pure.

Nothing is unpacked to a disk. Every member is checked by what the directory of the archive says before anything is
inflated, and no more is inflated than that.
"""

import base64
import binascii
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Mapping
from urllib.parse import unquote, unquote_to_bytes

import filetype

from content.formats import xml
from content.formats.reading import Media, Refused, Source

MEGABYTE = 1024 * 1024
MOST_MEMBERS = 10_000
LARGEST_MEMBER = 50 * MEGABYTE
LARGEST_TOTAL = 500 * MEGABYTE
LARGEST_KEPT = 80 * MEGABYTE  # of what is inflated altogether: all of it may be in memory at once
HIGHEST_RATIO = 200  # of members over a megabyte; honest XML stays under 100
FILE_BASES = ("$IMS-CC-FILEBASE$", "$IMS_CC_FILEBASE$", "%24IMS-CC-FILEBASE%24", "$CANVAS_FILE_BASE$")
PICTURES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/svg+xml": ".svg",
}
BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError, LookupError,
    OverflowError, MemoryError,
)  # fmt: skip


def is_package(data: bytes) -> bool:
    return data[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def opened(source: Source) -> "Package":
    """The archive, opened once for all formats that look at it. Raises Refused."""
    if "package" not in source.opened:
        source.opened["package"] = Package(source)
    package: Package = source.opened["package"]
    return package


class Package:
    """An opened archive. Raises Refused where it is broken, hostile or too large."""

    def __init__(self, source: Source) -> None:
        if source.data.count(b"PK\x01\x02") > MOST_MEMBERS:
            raise Refused(f"The package holds more than {MOST_MEMBERS} files.")
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(source.data))
            members = [info for info in self._archive.infolist() if not info.is_dir()]
        except (*BROKEN, Exception) as error:  # a broken directory ends in many errors, struct.error among them
            raise Refused("The package cannot be opened: it is not a whole zip file.") from error
        _check(members)
        self._members = {info.filename: info for info in members}
        self._kept = 0
        self._read: set[str] = set()
        self._roots: dict[str, str] = {}

    @property
    def names(self) -> list[str]:
        return list(self._members)

    @property
    def size(self) -> int:
        """What it unpacks to, in bytes."""
        return sum(info.file_size for info in self._members.values())

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        info = self._members[name]
        self._kept += info.file_size if name not in self._read else 0
        self._read.add(name)
        if self._kept > LARGEST_KEPT:
            raise Refused(f"What the questions use of the package is larger than {LARGEST_KEPT // MEGABYTE} MB.")
        try:
            return self._archive.read(info)
        except BROKEN as error:
            raise Refused(f"The package is damaged: {name} cannot be unpacked.") from error

    def start(self, name: str, size: int = 65536) -> bytes:
        """The first bytes of a member, enough to see what it is."""
        try:
            with self._archive.open(self._members[name]) as member:
                return member.read(size)
        except BROKEN as error:
            raise Refused(f"The package is damaged: {name} cannot be unpacked.") from error

    def root(self, name: str) -> str:
        """The name of the first element of a member, empty where it is no XML."""
        if name not in self._roots:
            self._roots[name] = xml.root_name(self.start(name))
        return self._roots[name]

    def manifest(self) -> str:
        """The name of the manifest nearest to the root; empty where there is none."""
        found = [name for name in self._members if posixpath.basename(name).lower() == "imsmanifest.xml"]
        return min(found, key=lambda name: (name.count("/"), name), default="")

    def find(self, href: str, base: str = "") -> str | None:
        """The member that an address means, seen from the member `base`, else from the root."""
        path = _path(href)
        folders = [posixpath.dirname(base), posixpath.dirname(self.manifest()), ""]
        if path is None:
            return None
        for start in FILE_BASES:
            if path.startswith(start):
                path = path.removeprefix(start).lstrip("/")
                folders = [posixpath.join(folders[1], "web_resources"), *folders]
        candidates = [posixpath.normpath(posixpath.join(folder, path.lstrip("/"))) for folder in folders]
        return next((name for name in candidates if name in self._members), None)


class Pictures:
    """Collects the pictures that texts show. `find` names one by its address, or gives None where there is none."""

    def __init__(self, package: Package | None = None) -> None:
        self._package = package
        self._found: dict[str, Media] = {}

    @property
    def media(self) -> list[Media]:
        return list(self._found.values())

    def find(self, href: str, base: str = "") -> str | None:
        """`media:<digest>` of a picture in the package or of a `data:` address."""
        if href.startswith("data:"):
            return self.add("picture", _embedded(href))
        name = self._package.find(href, base) if self._package else None
        return self.add(name, self._package.read(name)) if self._package and name else None

    def add(self, name: str, data: bytes) -> str | None:
        """None where the bytes are no picture that a browser shows."""
        content_type = picture_type(name, data)
        if not content_type:
            return None
        media = Media(posixpath.basename(name), content_type, data)
        self._found.setdefault(media.digest, media)
        return f"media:{media.digest}"


def picture_type(name: str, data: bytes) -> str:
    """The content type by what the bytes are, empty where they are no picture."""
    kind = filetype.guess(data[:8192]) if data else None
    if kind is not None and kind.mime in PICTURES:
        return str(kind.mime)
    if kind is None and xml.root_name(data) == "svg":
        return "image/svg+xml"
    return ""


def pack(members: Mapping[str, bytes]) -> bytes:
    """A zip file, the same bytes for the same members."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return target.getvalue()


def picture_path(media: Media) -> str:
    """Where a picture lies in the packages that we write."""
    return f"media/{media.digest[:16]}{PICTURES.get(media.content_type, '')}"


def _check(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_MEMBERS:
        raise Refused(f"The package holds more than {MOST_MEMBERS} files.")
    for info in members:
        _check_member(info)
    if sum(info.file_size for info in members) > LARGEST_TOTAL:
        raise Refused(f"The package is larger than {LARGEST_TOTAL // MEGABYTE} MB when it is unpacked.")


def _check_member(info: zipfile.ZipInfo) -> None:
    name = info.filename
    if "\\" in info.orig_filename or name.startswith("/") or ".." in name.split("/") or re.match("[A-Za-z]:", name):
        raise Refused("The package names a file outside itself.")
    if info.flag_bits & 0x1:
        raise Refused("The package is encrypted.")
    if info.file_size > LARGEST_MEMBER:
        raise Refused(f"The package holds a file larger than {LARGEST_MEMBER // MEGABYTE} MB.")
    if info.file_size > MEGABYTE and info.file_size > HIGHEST_RATIO * max(info.compress_size, 1):
        raise Refused("The package holds a file that unpacks to over 200 times its size.")


def _path(href: str) -> str | None:
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", href):
        return None
    return unquote(re.split(r"[?#]", href.strip(), maxsplit=1)[0]) or None


def _embedded(href: str) -> bytes:
    about, comma, payload = href.partition(",")
    data = unquote_to_bytes(payload) if comma else b""
    if about.endswith(";base64"):
        try:
            return base64.b64decode(re.sub(rb"\s+", b"", data))
        except (binascii.Error, ValueError):
            return b""
    return data
