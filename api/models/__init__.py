"""What programs bring with them and leave behind: keys, applications, answers."""

from api.models.answers import KeptAnswer
from api.models.applications import Application
from api.models.keys import ApiKey

__all__ = ["ApiKey", "Application", "KeptAnswer"]
