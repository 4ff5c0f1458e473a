"""What a program that calls may see, however it proved who it is."""

from collections.abc import Collection
from dataclasses import dataclass

from roster.models import Institution


@dataclass(frozen=True)
class Access:
    """One institution's rows within `scopes`. `caller` names the API key or the application."""

    institution: Institution
    scopes: Collection[str]
    caller: str
