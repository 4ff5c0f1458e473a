"""The database itself holds to two promises: a mark never changes, nor does an answer once it is handed in."""

from django.db import migrations

MARKS = """
CREATE FUNCTION assessment_mark_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a mark is never changed; append another one' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER mark_is_append_only BEFORE UPDATE ON assessment_mark
    FOR EACH ROW EXECUTE FUNCTION assessment_mark_is_append_only();
"""

UNDO_MARKS = """
DROP TRIGGER mark_is_append_only ON assessment_mark;
DROP FUNCTION assessment_mark_is_append_only();
"""

# FOR SHARE waits for a submission that is under way, so that no answer slips in behind its back.
ANSWERS = """
CREATE FUNCTION assessment_answer_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    current_state text;
BEGIN
    SELECT state INTO current_state FROM assessment_attempt WHERE id = OLD.attempt_id FOR SHARE;
    IF current_state <> 'in_progress' OR OLD.checked_at IS NOT NULL THEN
        RAISE EXCEPTION 'the answer was handed in and never changes'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER answer_is_frozen BEFORE UPDATE ON assessment_response
    FOR EACH ROW WHEN (
        (OLD.answer, OLD.seq, OLD.attempt_id, OLD.item_version_id)
        IS DISTINCT FROM (NEW.answer, NEW.seq, NEW.attempt_id, NEW.item_version_id)
    )
    EXECUTE FUNCTION assessment_answer_is_frozen();
"""

UNDO_ANSWERS = """
DROP TRIGGER answer_is_frozen ON assessment_response;
DROP FUNCTION assessment_answer_is_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("assessment", "0001_initial")]
    operations = [migrations.RunSQL(MARKS, UNDO_MARKS), migrations.RunSQL(ANSWERS, UNDO_ANSWERS)]
