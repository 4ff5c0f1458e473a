"""What changed since a program last looked, with nothing missed and nobody held up.

The database stamps rows while their transaction is under way, so a stamp may become visible long after its time. A
reader therefore asks, before it reads, for the moment before which every stamp can be seen, and next time reads from
there: what changes meanwhile comes again, and nothing is missed.
"""

from datetime import datetime
from typing import cast

from django.db import connection


def visible_until() -> datetime:
    """The database's time, or the begin of the oldest transaction that may have stamped rows and goes on.

    Where the role may not see when another's transaction began, an hour ago stands for it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp(), pg_stat_clear_snapshot()::text")
        [now, _] = cursor.fetchone()
        cursor.execute(OLDEST, [now, now])
        return cast(datetime, cursor.fetchone()[0])


OLDEST = """
SELECT least(%s::timestamptz, min(coalesce(xact_start, %s::timestamptz - interval '1 hour')))
FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND datname = current_database()
"""
