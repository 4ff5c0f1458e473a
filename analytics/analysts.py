"""Database roles that read the schema `analytics`, each for one institution."""

import re
import secrets

from django.db import connection, transaction
from psycopg import sql

from analytics.models import Analyst
from roster.models import Institution

NAME = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}")
CREATE = """
CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS
    CONNECTION LIMIT 10 PASSWORD {secret};
ALTER ROLE {role} SET search_path = analytics;
ALTER ROLE {role} SET default_transaction_read_only = on;
ALTER ROLE {role} SET statement_timeout = '10min';
GRANT CONNECT ON DATABASE {database} TO {role};
GRANT USAGE ON SCHEMA analytics TO {role};
GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO {role};
"""
DROP = """
GRANT {role} TO CURRENT_USER;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {name};
DROP OWNED BY {role};
DROP ROLE {role};
"""


class Refused(Exception):
    """The role cannot be made or dropped, and why."""


def create(*, role: str, institution: Institution, names: bool = False, password: str = "") -> str:
    """Make a role that sees the institution's rows; returns its password, which nothing shows again."""
    if not NAME.fullmatch(role):
        raise Refused("A role is named in small letters, digits and `_`, and does not begin with a digit or `pg_`.")
    if _exists(role) or Analyst.objects.filter(role=role).exists():
        raise Refused(f"There is a role `{role}` already. `--drop` removes one that this command made.")
    password = password or secrets.token_urlsafe(24)
    with transaction.atomic():
        Analyst.objects.create(role=role, institution=institution, names=names)
        _run(CREATE, role, secret=sql.Literal(_sealed(role, password)))
    return password


def drop(*, role: str, institution: Institution) -> None:
    """End the role's sessions and remove it."""
    with transaction.atomic():
        if not Analyst.objects.filter(role=role, institution=institution).delete()[0]:
            raise Refused(f"{institution} has no analyst `{role}`.")
        if _exists(role):
            _run(DROP, role, name=sql.Literal(role))


def _sealed(role: str, password: str) -> str:
    """As PostgreSQL stores it, made on this side: so the password itself is never in a statement or a log."""
    connection.ensure_connection()
    sealed: bytes = connection.connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    return sealed.decode()


def _exists(role: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        return cursor.fetchone() is not None


def _run(statements: str, role: str, **values: sql.Composable) -> None:
    parts = {"role": sql.Identifier(role), "database": sql.Identifier(connection.settings_dict["NAME"]), **values}
    with connection.cursor() as cursor:
        for statement in filter(None, map(str.strip, statements.split(";"))):
            cursor.execute(sql.SQL(statement).format(**parts))
