"""What programs bring with them and leave behind: keys, applications, answers, exports."""

from api.models.answers import KeptAnswer
from api.models.applications import Application
from api.models.exports import Export, ExportFormat, ExportState
from api.models.keys import ApiKey

__all__ = ["ApiKey", "Application", "Export", "ExportFormat", "ExportState", "KeptAnswer"]
