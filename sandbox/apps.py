from importlib import import_module

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "sandbox"
    label = "sandbox_lms"
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        super().import_models()
        for more in ("request_models", "service_models"):
            import_module(f"sandbox.{more}")
