"""What learners did and what it earned. Previews by teachers and public practice are never among it."""

from analytics.table import Column, Table

OWN = "t.institution_id = :institution"
TAKEN = f"{OWN} AND NOT t.preview"
RESPONSES = "assessment_response r JOIN assessment_attempt t ON t.id = r.attempt_id"
PLACED = "JOIN assessment_assignment a ON a.id = t.assignment_id"
VERSION = "JOIN content_quizversion v ON v.id = t.quiz_version_id"
LATEST = """LEFT JOIN LATERAL (SELECT k.id, k.points, k.by, k.created_at FROM assessment_mark k
    WHERE k.response_id = r.id AND k.by <> 'suggestion' ORDER BY k.created_at DESC, k.id DESC LIMIT 1) m ON true"""
ITEM = "JOIN content_itemversion i ON i.id = r.item_version_id"
CHOSEN = """CASE i.kind WHEN 'choice' THEN CASE WHEN r.answer ? 'option' THEN jsonb_build_array(r.answer->'option') END
    WHEN 'true_false' THEN CASE WHEN r.answer ? 'value' THEN jsonb_build_array(r.answer->>'value') END
    WHEN 'multiple_response' THEN r.answer->'options' WHEN 'hotspot' THEN r.answer->'areas' END"""
COLUMN_OF = """JOIN lti_lineitem l ON l.id = s.line_item_id JOIN lti_platformuser u ON u.id = s.platform_user_id
    LEFT JOIN assessment_assignment a ON a.resource_link_id = l.resource_link_id"""
OF_COLUMN = (
    Column("assignment_id", "uuid", "a.id", "To dim_assignment."),
    Column("course_id", "uuid", "a.course_id", "To dim_course."),
    Column("person_id", "uuid", "u.person_id", "To dim_person."),
)

LEARNERS = (
    Table(
        "attempts",
        "fact_attempt",
        "One sitting of one learner.",
        source="assessment_attempt t",
        where=TAKEN,
        extra=f"{PLACED} {VERSION}",
        columns=(
            Column("attempt_id", "uuid", "t.id", "Key."),
            Column("assignment_id", "uuid", "t.assignment_id", "To dim_assignment."),
            Column("course_id", "uuid", "a.course_id", "To dim_course."),
            Column("person_id", "uuid", "t.person_id", "To dim_person."),
            Column("quiz_id", "uuid", "v.quiz_id", "The quiz."),
            Column("quiz_version_id", "uuid", "t.quiz_version_id", "To dim_quiz."),
            Column("number", "integer", "t.number", "The learner's first attempt is 1."),
            Column("state", "text", "t.state", "in_progress, submitted, needs_review or marked."),
            Column("started_at", "timestamp", "t.started_at", "When it was begun."),
            Column("submitted_at", "timestamp", "t.submitted_at", "When it was handed in."),
            Column("marked_at", "timestamp", "t.marked_at", "When it was marked."),
            Column(
                "seconds", "number", "extract(epoch FROM t.submitted_at - t.started_at)", "From start to submission."
            ),
            Column("items_total", "integer", "t.items_total", "Questions."),
            Column("items_marked", "integer", "t.items_marked", "Questions marked so far."),
            Column("points", "number", "t.points", "Marked so far."),
            Column("points_waiting", "number", "t.points_waiting", "May still be earned from a person."),
            Column("points_max", "number", "t.points_max", "The most that can be earned."),
            Column("updated_at", "timestamp", "t.updated_at", "Last change of the attempt, its answers or marks."),
        ),
    ),
    Table(
        "responses",
        "fact_response",
        "One answer to one question, with the mark that counts. Unanswered questions are rows too.",
        source=RESPONSES,
        where=TAKEN,
        extra=f"{PLACED} {VERSION} {ITEM} {LATEST}",
        columns=(
            Column("response_id", "uuid", "r.id", "Key."),
            Column("attempt_id", "uuid", "r.attempt_id", "To fact_attempt."),
            Column("attempt_number", "integer", "t.number", "The learner's first attempt is 1."),
            Column("attempt_state", "text", "t.state", "in_progress, submitted, needs_review or marked."),
            Column("assignment_id", "uuid", "t.assignment_id", "To dim_assignment."),
            Column("course_id", "uuid", "a.course_id", "To dim_course."),
            Column("person_id", "uuid", "t.person_id", "To dim_person."),
            Column("quiz_id", "uuid", "v.quiz_id", "The quiz."),
            Column("quiz_version_id", "uuid", "t.quiz_version_id", "To dim_quiz."),
            Column("item_id", "uuid", "i.item_id", "The question, in any wording."),
            Column("item_version_id", "uuid", "r.item_version_id", "To dim_item."),
            Column("position", "integer", "r.position", "From 1, as the learner saw it."),
            Column("kind", "text", "i.kind", "Kind of question."),
            Column("answer", "json", "r.answer", "As its kind keeps it; {} for none."),
            Column("answer_text", "text", "r.answer->>'text'", "What was typed; null for other kinds and for none."),
            Column("options", "json", CHOSEN, "Ids of the chosen options; null for other kinds and for none."),
            Column("seconds", "integer", "r.seconds", "How long the page showed it; 0 where that is not known."),
            Column("saved_at", "timestamp", "r.saved_at", "When the answer was last saved."),
            Column("waiting", "boolean", "r.waiting", "Handed in, and a person has to mark it."),
            Column("points", "number", "m.points", "Of the mark that counts; null before marking."),
            Column("points_max", "number", "i.points", "The most that can be earned."),
            Column("credit", "number", "m.points / nullif(i.points, 0)", "Points as a share, 0 to 1."),
            Column("marked_by", "text", "m.by", "rule or person; null before marking."),
            Column("updated_at", "timestamp", "t.updated_at", "Last change of the attempt, its answers or marks."),
        ),
    ),
    Table(
        "chosen_options",
        "bridge_chosen_option",
        "One row an option that was chosen; a response may have several.",
        source=f"{RESPONSES} {ITEM} CROSS JOIN LATERAL jsonb_array_elements_text({CHOSEN}) AS chosen(id)",
        where=TAKEN,
        columns=(
            Column("chosen_option_key", "text", "r.id || ':' || chosen.id", "Key."),
            Column("response_id", "uuid", "r.id", "To fact_response."),
            Column("option_key", "text", "i.id || ':' || chosen.id", "To dim_option."),
        ),
    ),
    Table(
        "marks",
        "fact_mark",
        "Every mark that a response was ever given; marks never change.",
        source=f"assessment_mark m JOIN ({RESPONSES}) ON r.id = m.response_id",
        where=TAKEN,
        columns=(
            Column("mark_id", "uuid", "m.id", "Key."),
            Column("response_id", "uuid", "m.response_id", "To fact_response."),
            Column("attempt_id", "uuid", "r.attempt_id", "To fact_attempt."),
            Column("assignment_id", "uuid", "t.assignment_id", "To dim_assignment."),
            Column("person_id", "uuid", "t.person_id", "To dim_person: the learner."),
            Column("item_version_id", "uuid", "r.item_version_id", "To dim_item."),
            Column("points", "number", "m.points", "What it awards."),
            Column("by", "text", "m.by", "rule or person; the newest of these counts."),
            Column("tier", "text", "m.tier", "The step of marking that decided."),
            Column("marker_id", "uuid", "m.person_id", "To dim_person: who marked; null for a rule."),
            Column("note", "text", "m.note", "To the learner."),
            Column("created_at", "timestamp", "m.created_at", "When it was given."),
            Column("updated_at", "timestamp", "t.updated_at", "Last change of the attempt, its answers or marks."),
        ),
    ),
    Table(
        "grades",
        "fact_grade",
        "What counts for a learner on an assignment.",
        source="assessment_grade t",
        where=OWN,
        extra=PLACED,
        columns=(
            Column("grade_id", "uuid", "t.id", "Key."),
            Column("assignment_id", "uuid", "t.assignment_id", "To dim_assignment."),
            Column("course_id", "uuid", "a.course_id", "To dim_course."),
            Column("person_id", "uuid", "t.person_id", "To dim_person."),
            Column("attempt_id", "uuid", "t.attempt_id", "To fact_attempt: the one that counts."),
            Column("points", "number", "t.points", "Marked so far."),
            Column("points_max", "number", "t.points_max", "The most that can be earned."),
            Column("share", "number", "t.points / t.points_max", "0 to 1."),
            Column("state", "text", "t.state", "provisional while something can still rise, then final."),
            Column("updated_at", "timestamp", "t.updated_at", "Last change of the grade."),
        ),
    ),
    Table(
        "scores",
        "fact_score",
        "A learner's score for a column of the LMS's gradebook, and how far it has come.",
        source="lti_score s",
        where="s.institution_id = :institution",
        extra=COLUMN_OF,
        columns=(
            Column("score_id", "uuid", "s.id", "Key."),
            *OF_COLUMN,
            Column("score_given", "number", "s.score_given", "What is wanted in the gradebook."),
            Column("score_maximum", "number", "s.score_maximum", "Out of how much."),
            Column("final", "boolean", "s.final", "False while an answer waits for a person."),
            Column("state", "text", "s.state", "synced: it arrived; due, sending, held, kept, refused, lost: not yet."),
            Column("hint", "text", "s.hint", "What a teacher can do about it."),
            Column("delivered_at", "timestamp", "s.delivered_at", "When it last arrived."),
            Column("updated_at", "timestamp", "s.updated_at", "Last change of the row."),
        ),
    ),
    Table(
        "deliveries",
        "fact_delivery",
        "One request that carried a score to the LMS, with the answer.",
        source="lti_delivery d",
        where="d.institution_id = :institution",
        extra=f"JOIN lti_score s ON s.id = d.score_id {COLUMN_OF}",
        columns=(
            Column("delivery_id", "uuid", "d.id", "Key."),
            Column("score_id", "uuid", "d.score_id", "To fact_score."),
            *OF_COLUMN,
            Column("score_given", "number", "d.score_given", "What was sent."),
            Column("score_maximum", "number", "d.score_maximum", "Out of how much."),
            Column("sent_at", "timestamp", "d.claimed_at", "When it was about to leave."),
            Column("answered_at", "timestamp", "d.answered_at", "When the LMS answered."),
            Column("arrived", "boolean", "d.arrived", "Null: nobody knows."),
            Column("status", "integer", "d.status", "HTTP status of the answer."),
            Column("answer", "text", "d.answer", "The LMS's own words."),
            Column("updated_at", "timestamp", "s.updated_at", "Last change of the score."),
        ),
    ),
)
