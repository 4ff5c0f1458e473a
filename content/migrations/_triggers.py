"""A published version never changes: the database itself refuses.

Of an item version only `key_state` may move. Writing a row back as it stands is no change. Rows may be deleted
where nothing protects them.
"""

from django.db import migrations

TABLES = ("content_lessonversion", "content_quizversion", "content_quizversionitem", "content_itemversion")

REFUSE = """
CREATE FUNCTION content_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE free text[] := coalesce(TG_ARGV, '{}'); -- the columns that may change
BEGIN
    IF to_jsonb(OLD) - free IS DISTINCT FROM to_jsonb(NEW) - free THEN
        RAISE EXCEPTION 'a published version is immutable (%)', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""


def _trigger(table):
    free = "'key_state'" if table == "content_itemversion" else ""
    return migrations.RunSQL(
        f"CREATE TRIGGER immutable_version BEFORE UPDATE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION content_refuse_change({free});",
        f"DROP TRIGGER immutable_version ON {table};",
    )


TRIGGERS = [
    migrations.RunSQL(REFUSE, "DROP FUNCTION content_refuse_change();"),
    *[_trigger(table) for table in TABLES],
]
