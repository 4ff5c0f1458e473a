from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The top room: settings, addresses, system checks, and what sets a whole installation up."""

    name = "config"
    label = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401  (registers them)
