"""Courses, people and groups."""

from analytics.table import Column, Table

OWN = "t.institution_id = :institution"

ROSTER = (
    Table(
        "courses",
        "dim_course",
        "A course of the LMS.",
        source="roster_course t",
        where=OWN,
        columns=(
            Column("course_id", "uuid", "t.id", "Key."),
            Column("title", "text", "t.title", "As the LMS gave it."),
            Column("label", "text", "t.label", "Short name, as the LMS gave it."),
            Column("created_at", "timestamp", "t.created_at", "First seen."),
            Column("updated_at", "timestamp", "t.updated_at", "Last change of the row."),
        ),
    ),
    Table(
        "people",
        "dim_person",
        "A learner or teacher.",
        source="roster_person t",
        where=OWN,
        columns=(
            Column("person_id", "uuid", "t.id", "Key; a pseudonym outside the institution."),
            Column("name", "text", "t.name", "Full name, as the LMS gave it.", personal=True),
            Column("given_name", "text", "t.given_name", "As the LMS gave it.", personal=True),
            Column("family_name", "text", "t.family_name", "As the LMS gave it.", personal=True),
            Column("email", "text", "t.email", "As the LMS gave it.", personal=True),
            Column("created_at", "timestamp", "t.created_at", "First seen."),
            Column("updated_at", "timestamp", "t.updated_at", "Last change of the row."),
        ),
    ),
    Table(
        "enrollments",
        "bridge_enrollment",
        "A person's place in a course.",
        source="roster_enrollment t",
        where=OWN,
        columns=(
            Column("enrollment_id", "uuid", "t.id", "Key."),
            Column("course_id", "uuid", "t.course_id", "To dim_course."),
            Column("person_id", "uuid", "t.person_id", "To dim_person."),
            Column("role", "text", "t.role", "learner, instructor or other."),
            Column("active", "boolean", "t.active", "False once the LMS no longer lists the person."),
            Column("listed_at", "timestamp", "t.listed_at", "Newest reading of the LMS's list with the person in it."),
            Column("updated_at", "timestamp", "t.updated_at", "Last change of the row."),
        ),
    ),
    Table(
        "groups",
        "dim_group",
        "A group or section of a course, as the LMS made it.",
        source="roster_group t",
        where=OWN,
        columns=(
            Column("group_id", "uuid", "t.id", "Key."),
            Column("course_id", "uuid", "t.course_id", "To dim_course."),
            Column("lms_group_id", "text", "t.group_id", "The LMS's own id."),
            Column("name", "text", "t.name", "As the LMS gave it."),
            Column("set_name", "text", "t.set_name", "Of the group set that it is in."),
            Column("updated_at", "timestamp", "t.updated_at", "Last change of the group or its members."),
        ),
    ),
    Table(
        "group_members",
        "bridge_group_member",
        "Who is in a group.",
        source="roster_group_members m JOIN roster_group t ON t.id = m.group_id",
        where=OWN,
        columns=(
            Column("group_member_id", "integer", "m.id", "Key."),
            Column("group_id", "uuid", "m.group_id", "To dim_group."),
            Column("person_id", "uuid", "m.person_id", "To dim_person."),
        ),
    ),
)
