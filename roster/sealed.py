"""Secrets at rest: sealed before they are stored, so that a copy of the database alone gives nothing away.

The keys come from ASSAY_ENCRYPTION_KEYS: the first seals, every one opens. Without them one is derived from SECRET_KEY.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.apps import apps
from django.conf import settings
from django.db import models, transaction


class CannotOpen(Exception):
    """The secret was sealed with a key that this process does not have."""


class SealedField(models.TextField):  # type: ignore[type-arg]
    """A text kept sealed: store what `seal` gives, read it through `unseal`."""


def seal(text: str) -> str:
    """Encrypt and sign (Fernet: AES-128-CBC, HMAC-SHA256)."""
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text that was sealed. Raises CannotOpen."""
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise CannotOpen("a stored secret does not open: bring back its key in ASSAY_ENCRYPTION_KEYS") from error


def reseal() -> int:
    """Seal all values with the first key; how many. Raises CannotOpen, and then nothing has changed."""
    with transaction.atomic():
        return sum(_reseal(field) for model in apps.get_models() for field in _sealed(model))


def _sealed(model: type[models.Model]) -> list[SealedField]:
    return [field for field in model._meta.fields if isinstance(field, SealedField)]


def _reseal(field: SealedField) -> int:
    rows = field.model._default_manager.select_for_update().exclude(**{field.name: ""}).only(field.name)
    for row in rows:
        setattr(row, field.name, seal(unseal(getattr(row, field.name))))
        row.save(update_fields=[field.name])
    return len(rows)


def _keys() -> MultiFernet:
    """Those derived from SECRET_KEY come last: rows from before there were keys of their own still open."""
    given = [f"key {key}" for key in settings.ASSAY_ENCRYPTION_KEYS]
    derived = [f"secret {key}" for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    return _fernets((*given, *derived))


@lru_cache(maxsize=2)
def _fernets(secrets: Iterable[str]) -> MultiFernet:
    return MultiFernet([Fernet(urlsafe_b64encode(_derive(secret))) for secret in secrets])


def _derive(secret: str) -> bytes:
    """32 bytes of a secret of any length (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"assay secrets at rest").derive(secret.encode())
