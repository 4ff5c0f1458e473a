"""What the database itself holds to.

A mark never changes, nor does an answer once it is handed in. What is listed by the API is stamped, and noted when it is
gone (`roster/migrations/_triggers.py`).
Who joins or leaves a group is noted for the statistics.
"""

from django.db import migrations

from roster.migrations._triggers import gone, stamped

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

GONE = """
CREATE FUNCTION assessment_response_is_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO roster_change (id, institution_id, kind, "row", at)
    SELECT gen_random_uuid(), institution_id, 'response', OLD.id, clock_timestamp()
    FROM assessment_attempt WHERE id = OLD.attempt_id AND institution_id IS NOT NULL AND NOT preview;
    RETURN NULL;
END $$;
CREATE TRIGGER response_is_gone AFTER DELETE ON assessment_response
    FOR EACH ROW EXECUTE FUNCTION assessment_response_is_gone();

CREATE FUNCTION assessment_mark_is_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO roster_change (id, institution_id, kind, "row", at)
    SELECT gen_random_uuid(), institution_id, 'mark', OLD.id, clock_timestamp()
    FROM assessment_attempt JOIN assessment_response ON attempt_id = assessment_attempt.id
    WHERE assessment_response.id = OLD.response_id AND institution_id IS NOT NULL AND NOT preview;
    RETURN NULL;
END $$;
CREATE TRIGGER mark_is_gone AFTER DELETE ON assessment_mark
    FOR EACH ROW EXECUTE FUNCTION assessment_mark_is_gone();

CREATE FUNCTION assessment_attempt_is_preview() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO roster_change (id, institution_id, kind, "row", at)
    SELECT gen_random_uuid(), NEW.institution_id, gone.kind, gone.id, clock_timestamp() FROM (
        SELECT 'attempt' AS kind, NEW.id AS id
        UNION ALL SELECT 'response', id FROM assessment_response WHERE attempt_id = NEW.id
        UNION ALL SELECT 'mark', mark.id FROM assessment_mark AS mark
            JOIN assessment_response AS response ON response.id = mark.response_id WHERE response.attempt_id = NEW.id
    ) AS gone;
    RETURN NULL;
END $$;
CREATE TRIGGER attempt_is_preview AFTER UPDATE OF preview ON assessment_attempt
    FOR EACH ROW WHEN (NEW.preview AND NOT OLD.preview) EXECUTE FUNCTION assessment_attempt_is_preview();
"""
UNDO_GONE = """
DROP TRIGGER response_is_gone ON assessment_response;
DROP FUNCTION assessment_response_is_gone();
DROP TRIGGER mark_is_gone ON assessment_mark;
DROP FUNCTION assessment_mark_is_gone();
DROP TRIGGER attempt_is_preview ON assessment_attempt;
DROP FUNCTION assessment_attempt_is_preview();
"""

# A group changes by a reading of the LMS's list, which knows nothing of attempts. The next fold looks again at those who
# joined or left, so far as the statistics hold something of them.
GROUPS = """
CREATE FUNCTION assessment_note_group_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO assessment_statisticsdelta (id, assignment_id, person_id, created_at)
    SELECT DISTINCT ON (held.assignment_id, held.person_id)
        gen_random_uuid(), held.assignment_id, held.person_id, clock_timestamp()
    FROM changed
    JOIN assessment_statisticspart AS held ON held.person_id = changed.person_id
    WHERE (held.groups ? changed.group_id::text) = (TG_OP = 'DELETE');
    RETURN NULL;
END $$;
CREATE TRIGGER group_change_is_noted_on_joining AFTER INSERT ON roster_group_members
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION assessment_note_group_change();
CREATE TRIGGER group_change_is_noted_on_leaving AFTER DELETE ON roster_group_members
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION assessment_note_group_change();
"""
UNDO_GROUPS = """
DROP TRIGGER group_change_is_noted_on_joining ON roster_group_members;
DROP TRIGGER group_change_is_noted_on_leaving ON roster_group_members;
DROP FUNCTION assessment_note_group_change();
"""

TRIGGERS = [
    migrations.RunSQL(MARKS, UNDO_MARKS),
    migrations.RunSQL(ANSWERS, UNDO_ANSWERS),
    migrations.RunSQL(GROUPS, UNDO_GROUPS),
    migrations.RunSQL(GONE, UNDO_GONE),
    stamped("assessment_assignment"),
    stamped("assessment_attempt"),
    stamped("assessment_grade", "attempt_id", "points", "points_max", "state"),
    gone("assessment_assignment", "assignment"),
    gone("assessment_attempt", "attempt", "OLD.institution_id IS NOT NULL AND NOT OLD.preview"),
    gone("assessment_grade", "grade"),
]
