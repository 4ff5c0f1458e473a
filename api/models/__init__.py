"""What programs bring with them and leave behind: keys and exports."""

from api.models.exports import Export, ExportFormat, ExportState
from api.models.keys import ApiKey

__all__ = ["ApiKey", "Export", "ExportFormat", "ExportState"]
