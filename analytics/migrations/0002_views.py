"""The schema `analytics`.

Its views hold on to the columns that they read. A later migration that changes one of those columns runs
`RunSQL(schema.drop())` before and `RunSQL(schema.create())` after it; analysts keep their access.
"""

from django.db import migrations

from analytics import schema


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0001_initial"),
        ("assessment", "0001_initial"),
        ("content", "0001_initial"),
        ("lti", "0001_initial"),
        ("roster", "0001_initial"),
    ]

    operations = [migrations.RunSQL(schema.create(), schema.drop())]
