"""How often one client may begin the public check. Counted in PostgreSQL, so that all web processes share it."""

from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.db.models import F
from django.utils.crypto import salted_hmac

from assessment.models import PracticeClient

HOUR = timedelta(hours=1)


class TooManyPractices(Exception):
    """The client has begun as many as an hour allows; `until` is when it may go on."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(f"again from {until:%H:%M} UTC")


def count(*, address: str, now: datetime) -> None:
    """Count one more practice of the client at this network address. Raises TooManyPractices."""
    most = settings.ASSAY_PRACTICES_PER_HOUR
    if not most:
        return
    hour = now.replace(minute=0, second=0, microsecond=0)
    row, _ = PracticeClient.objects.get_or_create(client=_hash(address, hour), hour=hour)
    if not PracticeClient.objects.filter(pk=row.pk, begun__lt=most).update(begun=F("begun") + 1):
        raise TooManyPractices(hour + HOUR)


def forget(*, now: datetime) -> None:
    """Drop the counts of hours that are over."""
    PracticeClient.objects.filter(hour__lte=now - HOUR).delete()


def _hash(address: str, hour: datetime) -> str:
    """The hour is in it, so that nothing joins one hour's clients to another's."""
    return salted_hmac("practice", f"{network(address)} {hour.isoformat()}", algorithm="sha256").hexdigest()


def network(address: str) -> str:
    """One household or school has a whole /64 of IPv6."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
