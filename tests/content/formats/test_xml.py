"""Hostile XML and packages are refused in one sentence, within bounds; a broken file never raises anything else."""

import io
import os
import subprocess
import sys
import zipfile
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.formats import xml
from content.formats.packages import Package, Pictures, pack
from content.formats.reading import Refused, Source

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63600000020000"
    "01e221bc330000000049454e44ae426082"
)
LAUGHS = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><a>&b;</a>'
EXTERNAL = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'

HOSTILE = {
    "nothing": b"",
    "no XML": b"hello",
    "NUL bytes": b"<a>\x00</a>",
    "billion laughs": LAUGHS,
    "external entity": EXTERNAL,
    "external entity in UTF-16": EXTERNAL.decode().encode("utf-16"),
    "entity without a definition": b"<!DOCTYPE a SYSTEM 'a.dtd'><a>&unknown;</a>",
    "wrong encoding": b"<?xml version='1.0' encoding='utf-8'?><a>\xe9</a>",
    "unknown encoding": b"<?xml version='1.0' encoding='klingon'?><a/>",
    "encoding that is no text": b"<?xml version='1.0' encoding='base64'?><a/>",
    "deep nesting": b"<a>" * 200_000,
    "too many elements": b"<a>" + b"<b/>" * 2_000_000 + b"</a>",
    "too many attributes": b"<a>" + b"<b c=''/>" * 500_000 + b"</a>",
    "cut off": b"<a><b>",
}


def zipped(members: dict[str, bytes], **how: Any) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return target.getvalue()


def claiming(size: int) -> bytes:
    """A zip whose directory says that its one member is that large."""
    data = bytearray(zipped({"a.png": b"x" * 100}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = size.to_bytes(4, "little")
    return bytes(data)


def encrypted() -> bytes:
    data = bytearray(zipped({"a.xml": b"<a/>"}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


PACKAGES = {
    "not a zip": b"PK\x03\x04 nothing more",
    "cut off": zipped({"a.xml": b"<a/>"})[:-20],
    "zip slip": zipped({"../a.xml": b"<a/>"}),
    "absolute path": zipped({"/etc/a.xml": b"<a/>"}),
    "drive": zipped({"C:/a.xml": b"<a/>"}),
    "zip bomb": zipped({"a.xml": b"0" * (20 * 1024 * 1024)}),
    "picture of 500 MB": claiming(500 * 1024 * 1024),
    "encrypted": encrypted(),
    "too many members": zipped({f"{n}.xml": b"" for n in range(10_001)}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_xml_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(Refused) as refusal:
        xml.parse(HOSTILE[name])
    sentence = str(refusal.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 300


@pytest.mark.parametrize("name", PACKAGES)
def test_hostile_package_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(Refused) as refusal:
        Package(Source("a.zip", PACKAGES[name]))
    assert str(refusal.value).endswith(".")


def test_package_that_lies_about_its_sizes_is_refused_when_it_is_read() -> None:
    data = bytearray(zipped({"a.xml": b"<a>" + b"x" * 1000 + b"</a>"}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    package = Package(Source("a.zip", bytes(data)))
    with pytest.raises(Refused):
        package.read("a.xml")


def test_hostile_files_are_refused_within_two_seconds_and_200_megabytes() -> None:
    """Measured in a process of its own: processor time, and how far the memory grows."""
    script = """
import resource, sys, time, django
django.setup()
from content.formats import table
from content.formats.reading import Refused, Source
from tests.content.formats.test_xml import HOSTILE, PACKAGES
kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name, data in [*HOSTILE.items(), *PACKAGES.items()]:
    for known in table.FORMATS:
        began = time.process_time()
        try:
            known.read(Source("quiz.xml", data))
        except Refused:
            pass
        print(time.process_time() - began, name, known.name, sep="|")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - kilobytes)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=os.environ, check=True)
    *lines, grown = run.stdout.splitlines()
    slow = [line for line in lines if float(line.split("|")[0]) > 2]
    assert len(lines) > 20
    assert not slow
    assert int(grown) < 200 * 1024


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_xml_is_read_in_the_encoding_that_it_declares(encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    text = f"<?xml version='1.0' encoding='{declared}'?><a>é</a>"
    assert xml.text(xml.parse(text.encode(encoding))) == "é"


def test_utf_8_that_says_it_is_utf_16_is_read() -> None:
    assert xml.text(xml.parse("<?xml version='1.0' encoding='utf-16'?><a>é</a>".encode())) == "é"


def test_characters_that_only_html_names_are_read() -> None:
    assert xml.text(xml.parse(b"<a>1&nbsp;&euro; &lt;b&gt; &amp;</a>")) == "1 € <b> &"


def test_namespaces_and_comments_are_gone() -> None:
    root = xml.parse(b"<x:a xmlns:x='urn:x'><!-- c --><x:b/><?pi?></x:a>")
    assert root.tag == "a"
    assert [child.tag for child in root] == ["b"]


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_but_refused(data: bytes) -> None:
    for prefix in (b"", b"<?xml version='1.0'?><a>", b"PK\x03\x04"):
        with suppress(Refused):
            xml.parse(prefix + data)
        with suppress(Refused):
            Package(Source("a.zip", prefix + data))


@settings(deadline=None)
@given(st.data())
def test_no_damage_to_a_package_raises_anything_but_refused(data: st.DataObject) -> None:
    whole = bytearray(zipped({"imsmanifest.xml": b"<manifest/>", "a/b.xml": b"<b/>" * 50}))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        package = Package(Source("a.zip", bytes(whole)))
        for name in package.names:
            package.read(name)
    except Refused:
        pass


@pytest.mark.parametrize(
    ("href", "found"),
    [
        ("images/a%20b.png", "items/images/a b.png"),
        ("../images/c.png?x=1#y", "images/c.png"),
        ("images/c.png", "images/c.png"),
        ("$IMS-CC-FILEBASE$/media/d.png?canvas_download=1", "web_resources/media/d.png"),
        ("https://example.org/c.png", None),
        ("missing.png", None),
        ("../../../etc/passwd", None),
    ],
)
def test_picture_is_found_by_its_address_in_the_file_that_shows_it(href: str, found: str | None) -> None:
    names = ("items/images/a b.png", "images/c.png", "web_resources/media/d.png", "imsmanifest.xml")
    package = Package(Source("a.zip", pack(dict.fromkeys(names, PNG))))
    assert package.find(href, "items/q.xml") == found


def test_picture_is_taken_by_what_its_bytes_are() -> None:
    members = {"a.png": PNG, "b.png": b"no picture", "c.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}
    pictures = Pictures(Package(Source("a.zip", pack(members))))
    assert [pictures.find(name) is not None for name in members] == [True, False, True]
    assert [media.content_type for media in pictures.media] == ["image/png", "image/svg+xml"]


def test_embedded_picture_is_taken() -> None:
    pictures = Pictures()
    found = pictures.find(
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgAAIAAAUAAXpeqz8AAAAASUVORK5CYII="
    )
    assert found == f"media:{pictures.media[0].digest}"
    assert pictures.find("data:image/png;base64,%%%") is None
