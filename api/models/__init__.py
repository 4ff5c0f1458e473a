"""What programs bring with them and leave behind: keys."""

from api.models.keys import ApiKey

__all__ = ["ApiKey"]
