"""When a listed row changed, and that it is gone, as the database notes it (read by `roster.changes`).

The transaction takes its number before the time is taken: a reader who looks at the clock and then at the numbers of the
transactions under way has either seen this one or looked at the clock before it did.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION roster_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_current_xact_id();
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE FUNCTION roster_is_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO roster_change (id, institution_id, kind, "row", at)
    VALUES (gen_random_uuid(), OLD.institution_id, TG_ARGV[0], OLD.id, clock_timestamp());
    RETURN NULL;
END $$;
"""
UNDO_FUNCTIONS = """
DROP FUNCTION roster_stamp();
DROP FUNCTION roster_is_gone();
"""

# Locked in order, so that two who change memberships do not wait for each other.
MEMBERS = """
CREATE FUNCTION roster_members_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM roster_group WHERE id IN (SELECT group_id FROM changed) ORDER BY id FOR NO KEY UPDATE;
    UPDATE roster_group SET updated_at = clock_timestamp() WHERE id IN (SELECT group_id FROM changed);
    RETURN NULL;
END $$;
CREATE TRIGGER group_has_joined AFTER INSERT ON roster_group_members
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION roster_members_changed();
CREATE TRIGGER group_has_left AFTER DELETE ON roster_group_members
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION roster_members_changed();
"""
UNDO_MEMBERS = """
DROP TRIGGER group_has_joined ON roster_group_members;
DROP TRIGGER group_has_left ON roster_group_members;
DROP FUNCTION roster_members_changed();
"""


def stamped(table: str, *columns: str) -> migrations.RunSQL:
    """Every new row gets its `updated_at`, and so does a row that changes, or of which these columns change."""
    before, after = (", ".join(f"{row}.{column}" for column in columns or ["*"]) for row in ("OLD", "NEW"))
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER new_is_stamped BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION roster_stamp();
        CREATE TRIGGER change_is_stamped BEFORE UPDATE ON {table}
            FOR EACH ROW WHEN (({before}) IS DISTINCT FROM ({after})) EXECUTE FUNCTION roster_stamp();
        """,
        f"DROP TRIGGER new_is_stamped ON {table}; DROP TRIGGER change_is_stamped ON {table};",
    )


def gone(table: str, kind: str, when: str = "TRUE") -> migrations.RunSQL:
    """Deleted rows are noted, those that had been listed."""
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER is_gone AFTER DELETE ON {table}
            FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION roster_is_gone('{kind}');
        """,
        f"DROP TRIGGER is_gone ON {table};",
    )


TRIGGERS = [
    migrations.RunSQL(FUNCTIONS, UNDO_FUNCTIONS),
    migrations.RunSQL(MEMBERS, UNDO_MEMBERS),
    stamped("roster_person", "name", "given_name", "family_name", "email"),
    stamped("roster_course", "title", "label"),
    stamped("roster_enrollment", "course_id", "person_id", "role", "active"),
    stamped("roster_group", "name", "set_name"),
    gone("roster_person", "person"),
    gone("roster_course", "course"),
    gone("roster_enrollment", "enrollment"),
    gone("roster_group", "group"),
]
