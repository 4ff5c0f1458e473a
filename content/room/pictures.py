"""Pictures that authors upload: looked at by content, whatever their names say."""

import filetype
from django.http import HttpRequest
from django.utils.translation import gettext as _

from content import importing, rendering
from content.formats.reading import Media
from content.room import fields
from content.room.doors import Door

TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
MOST = 5  # megabytes


class Unfit(ValueError):
    """The file cannot be used as a picture; says why to its author."""


def markdown(request: HttpRequest, door: Door) -> str:
    """Store the posted picture and give the Markdown that shows it. Raises Unfit."""
    given, alt = request.FILES.get("picture"), fields.text(request.POST, "alt")
    if given is None:
        raise Unfit(_("Choose a picture first."))
    if (given.size or 0) > MOST * 1024 * 1024:
        raise Unfit(_("The picture is larger than {most} MB.").format(most=MOST))
    data = given.read()
    found = filetype.guess(data)
    if found is None or found.mime not in TYPES:
        raise Unfit(_("Only PNG, JPEG, GIF and WebP pictures can be used."))
    if not alt:
        raise Unfit(_("Describe the picture in words, for those who cannot see it."))
    media = Media(fields.clean(given.name or "picture"), found.mime, data)
    importing.store_media([media], door.author)
    return f"![{rendering.escaped(' '.join(alt.split()))}](media:{media.digest})"
