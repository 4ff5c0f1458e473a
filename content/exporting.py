"""Published checks and drafts as files of every format that can be written."""

from collections.abc import Iterable
from dataclasses import replace

from content import rendering, writing
from content.drafts import ItemDraft
from content.formats import table
from content.formats.reading import Draft, Media, Pool, Written
from content.formats.table import UnknownFormat
from content.models import Media as StoredMedia
from content.models import Quiz, QuizVersion


def export(*, quiz: Quiz, to: str, draft: bool = False) -> Written:
    """The quiz as a file: its current version, or what is being written. Raises UnknownFormat, Quiz.DoesNotExist."""
    known = table.named(to)
    if known.write is None:
        raise UnknownFormat(to)
    return known.write(of_draft(quiz) if draft or quiz.current is None else of_version(quiz.current))


def writable_formats() -> list[table.Format]:
    return [known for known in table.FORMATS if known.write is not None]


def of_version(version: QuizVersion) -> Draft:
    """The published version with its lesson and its pictures, as writers take it."""
    places = list(version.places.select_related("item_version__item").order_by("position"))
    items = [
        ItemDraft(
            identifier=place.item_version.item.identifier,
            kind=place.item_version.kind,
            body=place.item_version.body,
            points=place.item_version.points,
            key_state=place.item_version.key_state,
            provenance=place.item_version.provenance,
            tags=place.item_version.item.tags,
        )
        for place in places
    ]
    items = _distinct(items)
    pools = [
        Pool(name, draw, [item.identifier for item, place in zip(items, places, strict=True) if place.pool == name])
        for name, draw in version.pools.items()
    ]
    lesson = version.lesson_version
    return Draft(
        items=items,
        lesson=lesson.body if lesson else None,
        slug=version.quiz.slug,
        title=version.title,
        pools=pools,
        shuffle_questions=version.shuffle_questions,
        shuffle_options=version.shuffle_options,
        media=media_of(items),
        provenance=version.provenance,
    )


def of_draft(quiz: Quiz) -> Draft:
    """The draft as writers take it."""
    draft, items, given_out = writing.open_draft(quiz), writing.drafts(quiz), writing.layout(quiz)
    return Draft(
        items=items,
        slug=quiz.slug,
        title=draft["title"],
        pools=given_out.pools,
        shuffle_questions=given_out.shuffle_questions,
        shuffle_options=given_out.shuffle_options,
        media=media_of(items),
    )


def media_of(items: Iterable[ItemDraft]) -> list[Media]:
    """The stored files that the questions show."""
    digests = {
        found for item in items for text in rendering.strings(item.body) for found in rendering.MEDIA.findall(text)
    }
    stored = StoredMedia.objects.filter(digest__in=digests).order_by("digest")
    return [Media(one.name, one.content_type, one.file.read()) for one in stored]


def _distinct(items: Iterable[ItemDraft]) -> list[ItemDraft]:
    """Questions of several quizzes may share an identifier."""
    taken: set[str] = set()
    made = []
    for item in items:
        name = next(name for name in writing.names(item.identifier) if name not in taken)
        taken.add(name)
        made.append(replace(item, identifier=name))
    return made
