"""When a grade changed is stamped as its transaction ends.

A reader who asks for what changed since its last run would miss a grade that was stamped before that run and became
visible after it. So the stamp is set in the moment of the commit, under a lock that `grades.wait_for_stamps` waits for.
"""

from django.db import migrations

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
UNDO = """
DROP TRIGGER grade_is_stamped ON assessment_grade;
DROP FUNCTION assessment_stamp_grade();
"""


class Migration(migrations.Migration):
    dependencies = [("assessment", "0007_named")]
    operations = [migrations.RunSQL(STAMP, UNDO)]
