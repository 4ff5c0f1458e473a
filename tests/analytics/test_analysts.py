"""What an analyst's role sees and can do, tried with psql from outside."""

import os
import re
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from analytics import analysts, schema
from analytics.models import Analyst
from analytics.tables import TABLES, VERSION
from tests.analytics.conftest import Psql, School, fill

Analysts = Callable[..., Psql]
VIEWS = {table.view: table for table in TABLES.values()}
# Content that schools share: both see the quiz that both placed.
SHARED = {"dim_quiz", "dim_item", "bridge_quiz_item", "dim_option"}


def test_every_view_shows_the_rows_of_the_analysts_own_institution_only(
    north: School, south: School, analyst: Analysts
) -> None:
    ours, theirs = analyst(north), analyst(south)
    for view, table in VIEWS.items():
        key = table.columns[0].name
        mine, others = ({row[0] for row in psql.rows(f"SELECT {key} FROM {view}")} for psql in (ours, theirs))
        assert mine, view
        assert others, view
        assert (mine == others) if view in SHARED else not mine & others, view
        assert ours.rows(f"SELECT count(*) FROM {view}") == [[str(len(mine))]]


def test_content_that_is_neither_own_nor_placed_is_not_shown(north: School, south: School, analyst: Analysts) -> None:
    private = fill("East", "Eve E").assignment.quiz
    private.institution = south.institution
    private.slug = "own"
    private.save()
    north.assignment.quiz_id = private.pk  # the only quiz there is: placed by all three
    for view in SHARED:
        assert analyst(north).rows(f"SELECT count(*) FROM {view}") != [["0"]]
    Assignment = type(north.assignment)
    Assignment.objects.filter(institution=north.institution).delete()
    for view in SHARED:
        assert analyst(north).rows(f"SELECT count(*) FROM {view}") == [["0"]]
        assert analyst(south).rows(f"SELECT count(*) FROM {view}") != [["0"]]


def test_names_are_null_unless_the_role_was_made_with_them(north: School, analyst: Analysts) -> None:
    read = "SELECT name, email FROM dim_person WHERE name IS NOT NULL OR email IS NOT NULL ORDER BY 1"
    assert analyst(north).rows(read) == []
    assert analyst(north, names=True).rows(read) == [["Alice A", "alice@example.edu"], ["Bob B", "bob@example.edu"]]


def test_figures_are_those_of_the_database(north: School, analyst: Analysts) -> None:
    found = analyst(north).rows("""SELECT kind, count(*), sum(points), min(options::text) FROM fact_response
        GROUP BY kind ORDER BY kind""")
    assert found == [["choice", "4", "2", '["a"]'], ["open_text", "2", "", ""]]
    chosen = analyst(north).rows("""SELECT o.label, o.keyed, count(*) FROM bridge_chosen_option
        JOIN dim_option o USING (option_key) GROUP BY 1, 2 ORDER BY 1""")
    assert chosen == [["Option 0", "t", "2"], ["Option 1", "f", "2"]]
    assert analyst(north).rows("SELECT version FROM version") == [[str(VERSION)]]


def test_no_key_of_the_star_is_twice_in_its_view(north: School, analyst: Analysts) -> None:
    psql = analyst(north)
    for view, table in VIEWS.items():
        key = table.columns[0].name
        assert psql.rows(f"SELECT {key} FROM {view} GROUP BY 1 HAVING count(*) > 1") == [], view


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM public.assessment_attempt",
        "SELECT * FROM public.roster_person",
        "SELECT * FROM public.analytics_analyst",
        "SELECT * FROM public.content_itemversion",
        "SELECT key_hash FROM public.api_apikey",
        "SELECT * FROM pg_catalog.pg_authid",
        "SELECT * FROM pg_catalog.pg_statistic",
        "COPY public.roster_person TO STDOUT",
        "SET default_transaction_read_only = off; UPDATE public.analytics_analyst SET names = true",
        "SET default_transaction_read_only = off; DELETE FROM public.analytics_analyst",
        "SET default_transaction_read_only = off; DELETE FROM dim_course",
        "SET default_transaction_read_only = off; CREATE TABLE analytics.mine (a int)",
        "SET default_transaction_read_only = off; CREATE TABLE public.mine (a int)",
        "SET default_transaction_read_only = off; CREATE OR REPLACE VIEW analytics.version AS SELECT 2 AS version",
        "SET default_transaction_read_only = off; ALTER VIEW analytics.dim_person SET (security_barrier = false)",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/passwd')",
        "SET default_transaction_read_only = off; CREATE EXTENSION dblink",
        "DO LANGUAGE plpython3u 'pass'",
    ],
)
def test_nothing_but_the_views_can_be_touched(north: School, analyst: Analysts, statement: str) -> None:
    said = analyst(north).refusal(statement)
    assert "read-only" not in said  # which an analyst can switch off
    assert re.search("permission denied|must be owner|does not exist|must be superuser", said)


def test_no_role_or_setting_makes_an_analyst_somebody_else(north: School, south: School, analyst: Analysts) -> None:
    ours, theirs = analyst(north), analyst(south)
    owner = connection.settings_dict["USER"]
    for role in (theirs.role, owner, "pg_read_all_data"):
        assert "permission denied" in ours.refusal(f"SET ROLE {role}")
        assert "permission denied" in ours.refusal(f"SET SESSION AUTHORIZATION {role}")
    for trick in (
        "SET search_path = pg_temp, analytics, public",
        "SET row_security = off",
        f"SET application_name = '{theirs.role}'",
        "CREATE TEMP TABLE analytics_analyst AS SELECT 1 AS institution_id, true AS names, session_user::text AS role",
        "CREATE FUNCTION pg_temp.session_user() RETURNS name LANGUAGE sql AS $$ SELECT 'x'::name $$",
    ):
        done = ours.run(
            f"SET default_transaction_read_only = off; {trick}; SELECT 'n', count(*) FROM analytics.fact_attempt"
        )
        assert done.stdout.splitlines()[-1] == "n|2", (trick, done.stderr)


LEAK = """SET default_transaction_read_only = off;
CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN RAISE NOTICE 'seen %', $1; RETURN true; END $$;
CREATE OPERATOR pg_temp.<<< (PROCEDURE = pg_temp.same, LEFTARG = text, RIGHTARG = text);"""


def test_functions_and_operators_of_an_analyst_never_meet_rows_of_others(
    north: School, south: School, analyst: Analysts
) -> None:
    """A cheap function in WHERE would be run before the view's own condition, were it not for `security_barrier`."""
    psql = analyst(north, names=True)
    leak = LEAK.replace(
        "CREATE OPERATOR",
        "CREATE FUNCTION pg_temp.same(a text, b text) RETURNS boolean LANGUAGE sql COST 0.0001 AS "
        "$$ SELECT pg_temp.leak(a) $$; CREATE OPERATOR",
    )
    for view, table in VIEWS.items():
        named = [column.name for column in table.columns if column.type == "text"] or [table.columns[0].name]
        text = f'"{named[0]}"::text'
        for condition in (f"pg_temp.leak({text})", f"{text} OPERATOR(pg_temp.<<<) 'x'"):
            done = psql.run(f"{leak} SELECT count(*) FROM analytics.{view} WHERE {condition}")
            assert done.returncode == 0, done.stderr
            seen = [line for line in done.stderr.splitlines() if "seen" in line]
            shown = int(psql.rows(f"SELECT count({named[0]}) FROM {view}")[0][0])
            assert len([line for line in seen if "<NULL>" not in line]) == shown, (view, condition)
            assert "Dora" not in done.stderr


def test_errors_tell_nothing_of_rows_of_others(north: School, south: School, analyst: Analysts) -> None:
    done = analyst(north, names=True).run(
        "SELECT count(*) FROM dim_person WHERE (1 / (CASE name WHEN 'Dora D' THEN 0 ELSE 1 END)) = 1"
    )
    assert (done.returncode, done.stdout.strip()) == (0, "2")


def test_a_role_that_is_no_analyst_sees_no_row(north: School) -> None:
    with connection.cursor() as cursor:
        for view in set(VIEWS):
            cursor.execute(f"SELECT count(*) FROM analytics.{view}")
            assert cursor.fetchone() == (0,), view


def test_the_password_is_printed_once_and_never_sent(north: School) -> None:
    role = f"analyst_{os.getpid()}_c"
    out, err = StringIO(), StringIO()
    call_command("create_analyst", role, institution="north", stdout=out, stderr=err)
    password = out.getvalue().strip()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [role])
            assert cursor.fetchone()[0].startswith("SCRAM-SHA-256$")
        assert len(password) == 32
        assert password not in err.getvalue()
        with pytest.raises(CommandError, match="already"):
            call_command("create_analyst", role, institution="north")
    finally:
        call_command("create_analyst", role, institution="north", drop=True, stderr=err)
    assert not Analyst.objects.exists()
    assert "does not exist" in Psql(role, password).refusal("SELECT 1")


def test_a_dropped_role_takes_what_it_made_and_its_sessions_along(north: School) -> None:
    role = f"analyst_{os.getpid()}_d"
    password = analysts.create(role=role, institution=north.institution)
    Psql(role, password).rows("SET default_transaction_read_only = off; SELECT lo_create(0)")
    analysts.drop(role=role, institution=north.institution)
    assert "does not exist" in Psql(role, password).refusal("SELECT 1")


@pytest.mark.parametrize("role", ["assay", "postgres; DROP TABLE x", "pg_read_all_data", "Upper", "a" * 64, ""])
def test_only_new_roles_with_plain_names_are_made(north: School, role: str) -> None:
    with pytest.raises(CommandError):
        call_command("create_analyst", role, institution="north")
    assert not Analyst.objects.exists()


def test_an_institution_drops_no_analyst_of_another(north: School, south: School, analyst: Analysts) -> None:
    theirs = analyst(south)
    with pytest.raises(CommandError, match="no analyst"):
        call_command("create_analyst", theirs.role, institution="north", drop=True)
    assert theirs.rows("SELECT count(*) FROM fact_attempt") == [["1"]]


def test_the_schema_can_be_built_again_and_analysts_keep_their_access(north: School, analyst: Analysts) -> None:
    psql = analyst(north)
    with connection.cursor() as cursor:
        cursor.execute(schema.drop())
        cursor.execute(schema.create())
    assert psql.rows("SELECT count(*) FROM fact_attempt") == [["2"]]
