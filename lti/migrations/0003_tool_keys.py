from django.db import migrations, models
from django.db.models import F

from lti.models import sealed as secrets


def seal(apps, schema_editor):
    """Keys that were retired signed nothing any more; they have no successor whose moment could say so."""
    keys = apps.get_model("lti", "ToolKey").objects
    keys.exclude(retired_at=None).delete()
    keys.update(signs_from=F("created_at"))
    for key in keys.all():
        keys.filter(pk=key.pk).update(private_key=secrets.seal(key.private_key))


def unseal(apps, schema_editor):
    keys = apps.get_model("lti", "ToolKey").objects
    for key in keys.all():
        keys.filter(pk=key.pk).update(private_key=secrets.unseal(key.private_key))


class Migration(migrations.Migration):
    dependencies = [("lti", "0002_launch_messages")]

    operations = [
        migrations.AddField("toolkey", "signs_from", models.DateTimeField(null=True)),
        migrations.RunPython(seal, unseal),
        migrations.AlterField("toolkey", "signs_from", models.DateTimeField()),
        migrations.AlterField("toolkey", "private_key", secrets.SealedField(help_text="PKCS#8 PEM, sealed.")),
        migrations.RemoveField("toolkey", "retired_at"),
    ]
