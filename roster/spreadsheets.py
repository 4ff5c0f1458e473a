"""Tables for spreadsheets: what a cell may hold so that it stays text."""

from typing import Any

FORMULA_STARTS = tuple(
    "=+-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
)
CONTROLS = ("\t", "\r", "\n")
BOM = "\N{BYTE ORDER MARK}"  # Excel reads UTF-8 by it only


def safe(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets an apostrophe before it (OWASP CSV injection)."""
    if isinstance(value, str) and (value.startswith(CONTROLS) or value.lstrip().startswith(FORMULA_STARTS)):
        return "'" + value
    return value
