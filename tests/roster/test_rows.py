"""A prepared query answers like the queryset it was made of."""

import threading
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from roster.models import Institution, Person
from roster.rows import Change, Insert, Prepared, Save

PEOPLE = Prepared(
    lambda institution, name: (
        Person.objects.select_related("institution")
        .annotate(housed=Exists(Institution.objects.filter(pk=OuterRef("institution"), slug="north")))
        .filter(institution_id=institution, name=name)
        .order_by("email")
    ),
    institution=UUID,
    name=str,
)


def person(institution: Institution, name: str, email: str = "") -> Person:
    return Person.objects.create(institution=institution, name=name, email=email)


@pytest.fixture
def north(db: None) -> Institution:
    return Institution.objects.create(name="North", slug="north")


def test_rows_come_with_their_relations_and_annotations_in_one_query(north: Institution) -> None:
    later, sooner = person(north, "Ada", "b@x.test"), person(north, "Ada", "a@x.test")
    person(north, "Bob")
    PEOPLE.all(institution=north.pk, name="warm up")

    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = PEOPLE.all(institution=north.pk, name="Ada")
        assert [one.institution.slug for one in found] == ["north", "north"]

    assert found == [sooner, later]
    assert len(asked) == 1
    assert all(one.housed for one in found)  # type: ignore[attr-defined]


def test_every_call_has_its_own_values(north: Institution) -> None:
    south = Institution.objects.create(name="South", slug="south")
    ada, bob = person(north, "Ada"), person(south, "Bob'; --")

    assert PEOPLE.one(institution=north.pk, name="Ada") == ada
    assert PEOPLE.one(institution=south.pk, name="Bob'; --") == bob
    assert PEOPLE.one(institution=south.pk, name="Ada") is None
    assert PEOPLE.one(institution=uuid4(), name="Ada") is None


def test_a_value_that_is_missing_is_an_error(north: Institution) -> None:
    with pytest.raises(KeyError):
        PEOPLE.one(institution=north.pk)


def test_a_row_is_written_in_one_statement_as_its_model_has_it(north: Institution) -> None:
    write, ada = Insert(Person), Person(institution=north, name="Ada'; --", email="ada@x.test")
    write(Person(institution=north, name="warm up"))

    with CaptureQueriesContext(connection) as asked:
        assert write(ada) is ada

    assert len(asked) == 1
    kept = Person.objects.get(name="Ada'; --")
    fields = [field.attname for field in Person._meta.concrete_fields if field.name != "updated_at"]  # the database's
    assert [getattr(kept, name) for name in fields] == [getattr(ada, name) for name in fields]
    ada.name = "Ada"
    ada.save()  # it knows that it is there: no second row
    assert Person.objects.filter(name__startswith="Ada").count() == 1


def test_a_row_that_is_there_already_is_an_integrity_error(north: Institution) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Insert(Institution)(Institution(name="Again", slug=north.slug))


@pytest.mark.django_db(transaction=True)
def test_threads_do_not_mix_their_values() -> None:
    north = Institution.objects.create(name="North", slug="north")
    names = [f"person {number}" for number in range(8)]
    for name in names:
        person(north, name)
    wrong: list[str] = []

    def ask(name: str) -> None:
        for _ in range(20):
            found = PEOPLE.one(institution=north.pk, name=name)
            if found is None or found.name != name:
                wrong.append(name)
        connection.close()

    threads = [threading.Thread(target=ask, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_row_that_is_there_already_is_not_written_again(north: Institution) -> None:
    write, kept = Insert(Institution), Institution(name="South", slug="north")

    assert write.if_new(kept) is False
    assert write.if_new(Institution(name="South", slug="south")) is True
    assert set(Institution.objects.values_list("name", "slug")) == {("North", "north"), ("South", "south")}


def test_saved_row_has_every_field_as_the_model_has_it(north: Institution) -> None:
    ada = person(north, "Ada", "ada@x.test")
    other = person(north, "Bob")
    ada.name, ada.email = "Ada'; --", "new@x.test"

    with CaptureQueriesContext(connection) as asked:
        Save(Person)(ada)

    assert len(asked) == 1
    assert Person.objects.filter(pk=other.pk, name="Bob").exists()
    kept = Person.objects.get(pk=ada.pk)
    assert (kept.name, kept.email, kept.created_at) == ("Ada'; --", "new@x.test", ada.created_at)


def test_many_rows_are_saved_in_one_statement_and_only_in_the_fields_named(north: Institution) -> None:
    ada, bob, other = (person(north, name, f"{name}@x.test") for name in ("Ada", "Bob", "Eve"))
    ada.name, bob.name = "Ada'; --, {}\\", 'Bob "B"'
    ada.email = bob.email = "lost@x.test"

    with CaptureQueriesContext(connection) as asked:
        Save(Person, "name").all([ada, bob])
        Save(Person, "name").all([])

    assert len(asked) == 1
    found = set(Person.objects.values_list("name", "email"))
    assert found == {(ada.name, "Ada@x.test"), (bob.name, "Bob@x.test"), ("Eve", other.email)}


def test_what_is_too_long_for_its_column_is_refused_among_many_rows_too(north: Institution) -> None:
    ada, bob = person(north, "Ada"), person(north, "Bob")
    ada.name = "A" * 1_000
    with pytest.raises(DataError), transaction.atomic():
        Save(Person).all([ada, bob])


RENAME = Change(
    lambda institution, before, moment, name: (
        Person.objects.filter(institution=institution, name=before, created_at__lte=moment),
        {"name": name, "email": "moved@x.test"},
    ),
    institution=UUID,
    before=str,
    moment=datetime,
    name=str,
)


def test_change_takes_its_own_values_each_time_and_counts_the_rows(north: Institution) -> None:
    south = Institution.objects.create(name="South", slug="south")
    people = [person(north, "Ada"), person(north, "Ada"), person(south, "Ada"), person(north, "Bob")]
    now, long_ago = timezone.now(), timezone.now() - timedelta(days=1)

    assert RENAME(institution=north.pk, before="Ada", moment=long_ago, name="Eve") == 0
    assert RENAME(institution=north.pk, before="Ada", moment=now, name="Eve'; --") == 2
    assert RENAME(institution=south.pk, before="Ada", moment=now, name="Zoe") == 1

    names = [Person.objects.get(pk=one.pk).name for one in people]
    assert names == ["Eve'; --", "Eve'; --", "Zoe", "Bob"]
