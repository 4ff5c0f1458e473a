from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "sandbox"
    label = "sandbox_lms"
    default_auto_field = "django.db.models.BigAutoField"
