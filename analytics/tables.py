"""Every table of the analytics schema: the one place where their columns are written down.

Views for SQL, files of exports (CSV, JSONL, Parquet), the comments in the database and the data dictionary come of it.
Within one VERSION columns are only added. A change of a name, a type or a meaning makes a new one.
"""

from analytics.content_tables import CONTENT
from analytics.learner_tables import LEARNERS
from analytics.roster_tables import ROSTER
from analytics.table import Table

VERSION = 1
TABLES: dict[str, Table] = {table.name: table for table in (*ROSTER, *CONTENT, *LEARNERS)}
