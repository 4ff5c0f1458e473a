"""Scores are stamped, and noted when they are gone (`roster/migrations/_triggers.py`)."""

from roster.migrations._triggers import gone, stamped

TRIGGERS = [stamped("lti_score"), gone("lti_score", "delivery")]
