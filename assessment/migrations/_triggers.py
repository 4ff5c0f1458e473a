"""What the database itself holds to.

A mark never changes, nor does an answer once it is handed in.

When a grade changed is stamped as its transaction ends. Who joins or leaves a group is noted for the statistics.

A reader who asks for what changed since its last run would miss a grade that was stamped before that run and became
visible after it. So the stamp is set in the moment of the commit, under a lock that `grades.wait_for_stamps` waits for.
"""

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


STAMP = """
CREATE FUNCTION assessment_stamp_grade() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(7301420266);
    UPDATE assessment_grade SET updated_at = clock_timestamp() WHERE id = NEW.id;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER grade_is_stamped
    AFTER INSERT OR UPDATE OF attempt_id, points, points_max, state ON assessment_grade
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION assessment_stamp_grade();
"""
UNDO_STAMP = """
DROP TRIGGER grade_is_stamped ON assessment_grade;
DROP FUNCTION assessment_stamp_grade();
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
    migrations.RunSQL(STAMP, UNDO_STAMP),
    migrations.RunSQL(GROUPS, UNDO_GROUPS),
]
