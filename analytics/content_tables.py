"""What is asked: the institution's own quizzes, and those of others that are placed in its courses."""

from analytics.table import Column, Table

OWN = "t.institution_id = :institution"
OURS = """(q.institution_id = :institution OR EXISTS (
    SELECT FROM assessment_assignment a WHERE a.quiz_id = q.id AND a.institution_id = :institution))"""
VERSIONS = "content_quizversion v JOIN content_quiz q ON q.id = v.quiz_id"
ASKED = f"""EXISTS (SELECT FROM content_quizversionitem p JOIN content_quizversion v ON v.id = p.quiz_version_id
    JOIN content_quiz q ON q.id = v.quiz_id WHERE p.item_version_id = t.id AND {OURS})"""
# Kinds whose answers name options; see content/item_types.
OPTIONS = """content_itemversion t JOIN LATERAL (
    SELECT o->>'id' AS id, coalesce(o->>'text', o->>'label') AS label, (o->>'credit')::numeric AS credit,
        CASE t.kind WHEN 'choice' THEN (o->>'credit')::numeric = 1 ELSE (o->>'credit')::numeric > 0 END AS keyed, place
    FROM jsonb_array_elements(CASE WHEN t.kind IN ('choice', 'multiple_response') THEN t.body->'options'
        WHEN t.kind = 'hotspot' THEN t.body->'areas' ELSE '[]' END) WITH ORDINALITY AS listed(o, place)
    UNION ALL SELECT name, initcap(name), (name = t.body->>'correct')::int, name = t.body->>'correct', place
    FROM (VALUES ('true', 1), ('false', 2)) AS both_values(name, place) WHERE t.kind = 'true_false') o ON true"""

CONTENT = (
    Table(
        "quizzes",
        "dim_quiz",
        "A published version of a quiz. Versions of one quiz share quiz_id.",
        source=VERSIONS,
        where=OURS,
        columns=(
            Column("quiz_version_id", "uuid", "v.id", "Key."),
            Column("quiz_id", "uuid", "v.quiz_id", "The same for all versions."),
            Column("slug", "text", "q.slug", "The quiz's name in addresses."),
            Column("version", "integer", "v.number", "From 1."),
            Column("current", "boolean", "coalesce(q.current_id = v.id, false)", "New attempts get this version."),
            Column("title", "text", "v.title", "Title of this version."),
            Column("points_max", "number", "v.points", "The most that can be earned."),
            Column("published_at", "timestamp", "v.published_at", "When it was published."),
        ),
    ),
    Table(
        "items",
        "dim_item",
        "A question, in one wording. Wordings of one question share item_id.",
        source="content_itemversion t",
        where=ASKED,
        extra="JOIN content_item i ON i.id = t.item_id",
        columns=(
            Column("item_version_id", "uuid", "t.id", "Key."),
            Column("item_id", "uuid", "t.item_id", "The same for all wordings."),
            Column("identifier", "text", "i.identifier", "Stable within its quiz, such as q1."),
            Column("version", "integer", "t.number", "Of the wording, from 1."),
            Column("kind", "text", "t.kind", "Kind of question, such as choice."),
            Column("stem", "text", "t.body->>'stem'", "The question, as it was written (Markdown)."),
            Column("points_max", "number", "t.points", "The most that can be earned."),
            Column("key_state", "text", "t.key_state", "Only an approved key awards points by rule."),
        ),
    ),
    Table(
        "quiz_items",
        "bridge_quiz_item",
        "Which questions a version of a quiz has, in printed order.",
        source=f"content_quizversionitem p JOIN ({VERSIONS}) ON v.id = p.quiz_version_id",
        where=OURS,
        columns=(
            Column("quiz_item_id", "uuid", "p.id", "Key."),
            Column("quiz_version_id", "uuid", "p.quiz_version_id", "To dim_quiz."),
            Column("item_version_id", "uuid", "p.item_version_id", "To dim_item."),
            Column("position", "integer", "p.position", "From 1; in a shuffled quiz learners see another one."),
            Column("pool", "text", "p.pool", "The pool that it is drawn from; empty for none."),
        ),
    ),
    Table(
        "options",
        "dim_option",
        "An option of a choice, a multiple response, a true or false question or a hotspot.",
        source=OPTIONS,
        where=ASKED,
        columns=(
            Column("option_key", "text", "t.id || ':' || o.id", "Key."),
            Column("item_version_id", "uuid", "t.id", "To dim_item."),
            Column("option", "text", "o.id", "Id within the question; in answers."),
            Column("position", "integer", "o.place", "As written, from 1."),
            Column("label", "text", "o.label", "Text of the option (Markdown)."),
            Column("keyed", "boolean", "o.keyed", "A right answer; null while there is no key."),
            Column("credit", "number", "o.credit", "Share of the points; null while there is no key."),
        ),
    ),
    Table(
        "assignments",
        "dim_assignment",
        "A quiz placed in a course, with its policy.",
        source="assessment_assignment t",
        where=OWN,
        columns=(
            Column("assignment_id", "uuid", "t.id", "Key."),
            Column("course_id", "uuid", "t.course_id", "To dim_course."),
            Column("quiz_id", "uuid", "t.quiz_id", "To dim_quiz, all versions."),
            Column("title", "text", "t.title", "As learners see it."),
            Column("opens_at", "timestamp", "t.opens_at", "As entered here; an LMS may set other dates."),
            Column("due_at", "timestamp", "t.due_at", "As entered here; an LMS may set other dates."),
            Column("closes_at", "timestamp", "t.closes_at", "As entered here; an LMS may set other dates."),
            Column("max_attempts", "integer", "t.max_attempts", "Null: any number."),
            Column("counts", "text", "t.counts", "Which attempt is the grade: highest, latest or first."),
            Column("created_at", "timestamp", "t.created_at", "First opened."),
            Column("updated_at", "timestamp", "t.updated_at", "Last change of the row."),
        ),
    ),
)
