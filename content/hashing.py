"""The name of a content: SHA-256 over its canonical JSON.

Canonical JSON here: keys sorted, no spaces, UTF-8 without escapes, a whole number always without a fraction
(1.0 and 1 are the same content), other decimals in their shortest form. Provenance is not content.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any


def content_hash(content: Any) -> str:
    """64 hex digits. Raises ValueError for what no JSON can hold (NaN, a lone surrogate)."""
    text = json.dumps(_plain(content), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
