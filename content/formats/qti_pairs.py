"""Interactions of QTI 2 and 3 with pairs, with an order and on pictures. Pure."""

from typing import Any

from content import rendering
from content.formats import qti_keys, xml
from content.formats.qti_keys import Scorer
from content.formats.qti_processing import number
from content.formats.qti_reading import Body, Reader, keep, single
from content.formats.xml import Element


class PairsAndPictures(Reader):
    """Matching, ordering and places on a picture."""

    # Pairs and order

    def pair_candidates(self, name: str, pairs: list[tuple[str, str]]) -> dict[str, list[Any]]:
        """The correct pairs; without them those of the mapping that count, then each pair that scores alone."""
        correct = self.processing.correct(name)
        mapped = [pair for pair, worth in self.processing.mapping(name).items() if worth > 0]
        if correct or mapped:
            return {name: [found for found in (correct, mapped) if found]}
        scorer = Scorer(self.processing, {})
        empty = scorer.score({name: []})
        alone = [" ".join(pair) for pair in pairs[:400] if scorer.score({name: [" ".join(pair)]}) > empty]
        return {name: [alone]} if alone else {name: []}

    def match_(self, interaction: Element) -> tuple[str, Body]:
        self.shuffle = interaction.get("shuffle") == "true"
        sets = [self.choices(found) for found in interaction.iter("simpleMatchSet")]
        prompts, choices = [*sets, [], []][:2]
        name = interaction.get("responseIdentifier", "")
        keep(interaction, "prompt")
        self.score(self.pair_candidates(name, [(p["id"], c["id"]) for p in prompts for c in choices]))
        return self._paired(name, prompts, choices)

    def _paired(self, name: str, prompts: list[Body], choices: list[Body]) -> tuple[str, Body]:
        ids = {prompt["id"] for prompt in prompts}
        found = [tuple(pair.split()) for pair in self.scorer.best.get(name, [])]
        pairs = [pair if pair[0] in ids else pair[::-1] for pair in found if len(pair) == 2]
        if len({pair[0] for pair in pairs}) < len(pairs):
            prompts, choices, pairs = choices, prompts, [pair[::-1] for pair in pairs]
        if len({pair[0] for pair in pairs}) < len(pairs):
            self.lose(
                "matchInteraction", "One entry belongs to several on both sides; no kind of ours holds that.", "error"
            )
            self.keyed = False
            return "open_text", {"stem": self.stem(), "rubric": []}
        match = {pair[0]: pair[1] for pair in pairs}
        extra = [prompt["id"] for prompt in prompts if prompt["id"] not in match] if self.keyed else []
        if extra:
            self.lose("matchInteraction", f"Entries without a partner were left out: {', '.join(extra)}.")
        kept = [prompt for prompt in prompts if prompt["id"] not in extra]
        return "matching", {
            "stem": self.stem(),
            "prompts": [
                {"id": p["id"], "text": p["text"]} | ({"match": match[p["id"]]} if self.keyed else {}) for p in kept
            ],
            "choices": [{key: c[key] for key in ("id", "text", "pinned") if key in c} for c in choices],
            "scoring": self._pair_scoring(name),
        }

    def _pair_scoring(self, name: str) -> str:
        best = list(self.scorer.best.get(name, []))
        if not self.keyed or len(best) < 2:
            return "per_pair"
        shares = [self.scorer.with_(name, best[:at] + best[at + 1 :]) / self.scorer.top for at in range(len(best))]
        if not any(shares):
            return "all_or_nothing"
        if any(abs(share - (1 - 1 / len(best))) > 1e-4 for share in shares):
            self.lose("mapping", "Its pairs earn unequal shares; here all earn the same.")
        return "per_pair"

    def pairs_only(self, name: str) -> tuple[str, Body]:
        self.score(self.pair_candidates(name, []))
        pairs = [pair.split() for pair in self.named(name) if len(pair.split()) == 2]
        sides = [list(dict.fromkeys(pair[side] for pair in pairs)) for side in (1, 0)]
        rows = [[{"id": text, "text": rendering.escaped(text)} for text in side] for side in sides]
        return self._paired(name, rows[0], rows[1])

    def associate(self, interaction: Element) -> tuple[str, Body]:
        self.shuffle = interaction.get("shuffle") == "true"
        entries = self.choices(interaction)
        name = interaction.get("responseIdentifier", "")
        keep(interaction, "prompt")
        ids = [entry["id"] for entry in entries]
        self.score(self.pair_candidates(name, [(a, b) for at, a in enumerate(ids) for b in ids[at + 1 :]]))
        firsts = [pair.split()[0] for pair in self.scorer.best.get(name, []) if pair.split()]
        self.lose("associateInteraction", "Pairs among equals became prompts and choices.", "info")
        prompts = [entry for entry in entries if entry["id"] in firsts]
        return self._paired(name, prompts, [entry for entry in entries if entry["id"] not in firsts])

    def order_(self, interaction: Element) -> tuple[str, Body]:
        entries = {entry["id"]: {"id": entry["id"], "text": entry["text"]} for entry in self.choices(interaction)}
        name = interaction.get("responseIdentifier", "")
        keep(interaction, "prompt")
        correct = self.processing.correct(name)
        self.score({name: [correct] if correct else []})
        order = list(dict.fromkeys(key for key in correct if key in entries))
        rest = [key for key in entries if key not in order]
        if self.keyed and rest:
            self.lose(
                "orderInteraction", f"Entries that the right order leaves out stand at its end: {', '.join(rest)}."
            )
        swapped = [*correct[1::-1], *correct[2:]]
        partial = self.keyed and len(correct) > 1 and self.scorer.with_(name, swapped) > 0
        if partial:
            self.lose(
                "responseProcessing", "How it credits a partly right order is not one of ours; each place counts here."
            )
        return "ordering", {
            "stem": self.stem(),
            "entries": list(entries.values()),
            "key": [*order, *rest] if self.keyed else [],
            "scoring": "position" if partial else "exact",
        }

    # Pictures

    def hotspot(self, interaction: Element) -> tuple[str, Body]:
        image = self._image(interaction)
        spots = list(interaction.iter("hotspotChoice"))
        name = interaction.get("responseIdentifier", "")
        several = not single(interaction, self.processing)
        keep(interaction, "prompt")
        ids = [spot.get("identifier", "") for spot in spots]
        self.score({name: qti_keys.of_options(ids, self.processing.correct(name), several=several)})
        credits = {key: self.scorer.credit(name, [key]) for key in ids}
        scoring: Body = {}
        if several:
            found = qti_keys.several(self.scorer, name, ids)
            credits = (
                dict(found.credits)
                if found.scoring == "right_minus_wrong"
                else {k: float(k in self.scorer.best[name]) for k in ids}
            )
            if found.scoring == "all_or_nothing":
                scoring = {"scoring": found.scoring}
            if self.keyed and not (found.exact and found.scoring != "per_option"):
                close = scoring.get("scoring", "right_minus_wrong")
                why = f"How it credits several areas is not one of ours; {close} is close."
                self.lose("responseProcessing", why)
        areas = []
        for spot in spots:
            key = spot.get("identifier", "")
            areas.append(self._area(spot, key, credits.get(key, 0.0)) | {"rationale": self.shown(name, [key])})
        most = interaction.get("maxChoices", "1")
        limit = int(most) if most.isdigit() and 0 < int(most) < len(areas) else len(areas)
        most_chosen = limit if several else 1
        return "hotspot", {"stem": self.stem(), **image, "areas": areas, "max_choices": most_chosen, **scoring}

    def point(self, interaction: Element) -> tuple[str, Body]:
        image = self._image(interaction)
        name = interaction.get("responseIdentifier", "")
        keep(interaction, "prompt")
        entries = [found for found in self.element.iter("areaMapEntry") if found.get("shape") != "default"]
        self.score({})
        best = max((number(entry.get("mappedValue")) or 0.0 for entry in entries), default=0.0)
        self.keyed = best > 0
        self.scorer.top = best if self.keyed else 0.0
        credits = [max(0.0, (number(entry.get("mappedValue")) or 0.0) / best) if best > 0 else 0.0 for entry in entries]
        areas = [
            self._area(entry, f"a{at}", credit)
            for at, (entry, credit) in enumerate(zip(entries, credits, strict=True), 1)
        ]
        if not areas:
            self.lose(
                "selectPointInteraction",
                f"No area is declared for {name or 'it'}; a single right point is no area.",
                "error",
            )
            return "open_text", {"stem": self.stem(), "rubric": []}
        return "hotspot", {"stem": self.stem(), **image, "areas": areas, "max_choices": 1}

    def _area(self, spot: Element, key: str, credit: float) -> Body:
        shape = {"circle": "circle", "rect": "rect", "poly": "poly"}.get(spot.get("shape", ""), "rect")
        coords = [qti_keys.numeral(part) for part in spot.get("coords", "").split(",")]
        if spot.get("shape") not in ("circle", "rect", "poly"):
            self.lose("shape", f"The area {key} has the shape {spot.get('shape')}, taken as a rectangle.")
        coords = [part if isinstance(part, int | float) else 0 for part in coords]
        label = spot.get("hotspotLabel") or spot.get("aria-label") or key
        row: Body = {"id": key, "label": rendering.escaped(label), "shape": shape, "coords": coords}
        return row | ({"credit": qti_keys.tidy(max(0.0, min(1.0, credit)))} if self.keyed else {})

    def _image(self, interaction: Element) -> Body:
        found = next((part for part in interaction.iter("object", "img", "picture")), None)
        address = (found.get("data") or found.get("src") or "") if found is not None else ""
        named = self.picture(address) if address else None
        if not named:
            self.lose("picture", f"The picture {address or 'of the question'} is not in the file.", "error")
        size = {side: int(number(found.get(side)) or 0) if found is not None else 0 for side in ("width", "height")}
        alt = (found.get("alt") or xml.text(found)) if found is not None else ""
        return {"image": named or "", "alt": " ".join(alt.split()), **size}
