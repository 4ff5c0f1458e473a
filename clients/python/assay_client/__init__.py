"""A typed client of the Assay API."""

from assay_client.api import Assay
from assay_client.http import Problem

__all__ = ["Assay", "Problem"]
