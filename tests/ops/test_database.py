"""A connection that the server has ended is replaced before anybody meets it."""

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import OperationalError

from config.database.base import is_cut
from roster.models import Institution

pytestmark = pytest.mark.django_db(transaction=True)


def end(pid: int) -> None:
    """End a connection from outside and wait until its process is gone."""
    given = {name: value for name, value in connection.get_connection_params().items() if name != "context"}
    del given["cursor_factory"], given["prepare_threshold"]
    with psycopg.connect(**given, autocommit=True) as beside:
        assert beside.execute("SELECT pg_terminate_backend(%s, 10000)", [pid]).fetchone() == (True,)


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_a_connection_ended_in_the_pool_is_never_handed_out() -> None:
    before = backend()
    connection.close()
    end(before)
    assert backend() != before


def test_a_connection_ended_between_two_queries_is_replaced() -> None:
    before = backend()
    end(before)
    assert not Institution.objects.exists()
    assert backend() != before


def test_a_transaction_begins_on_a_working_connection() -> None:
    end(backend())
    with transaction.atomic():
        Institution.objects.create(name="North", slug="north")
    assert Institution.objects.count() == 1


def test_a_transaction_whose_connection_is_ended_fails_whole_and_the_next_one_works() -> None:
    @transaction.atomic
    def work() -> None:
        Institution.objects.create(name="North", slug="north")
        end(backend())
        Institution.objects.count()

    with pytest.raises(OperationalError):
        work()
    assert not Institution.objects.exists()


def test_a_working_connection_is_kept() -> None:
    before = backend()
    assert not is_cut(connection.connection)
    assert backend() == before
