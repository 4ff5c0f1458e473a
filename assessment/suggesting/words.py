"""Texts of learners as they are compared: the normal form of an answer, and its words with what is denied. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

DENIED = "¬"  # in front of a word within the reach of a negation

# Only what cannot change the meaning: "-5", "3.5", "5!", "50%", "C#" and brackets stay as they are.
_QUOTES = re.compile('["“”„«»¿¡]')
_SENTENCE_ENDS = re.compile(r"(?<=\w)[.,;:?…]+(?=\s|$)|(?<=[^\W\d])!+(?=\s|$)")
_HYPHENS = re.compile(r"(?<=[^\W\d])[-‐–—](?=[^\W\d])|(?:^|(?<=\s))[-‐–—•](?=\s)")
_APOSTROPHES = str.maketrans("’‘ʼ`", "''''")

_TOKENS = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*\d*|[.;:!?,\n]")
_STOPS = frozenset(".;:!?\n")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CONTRASTS = _set("but however although though because sondern aber weil mais pero sino porque")
_ALL_BUT = _set("anything everything everyone anyone all alles tout todo")
_JOINTS = _set(", and or und oder et ou y o")
_ONLY = _set("only just merely simply nur bloß seulement uniquement solo sólo solamente")
_NEGATIONS = _set("""
    not no never none nothing nobody nowhere neither nor cannot without hardly barely instead rather unlike false wrong
    incorrect untrue unnecessary useless pointless irrelevant unneeded needless avoid avoids avoided avoiding ignore
    ignores ignored ignoring skip skips skipped skipping refuse refuses refused fail fails failed lack lacks lacking
    forget forgets stop stops stopped dont doesnt didnt cant wont isnt arent wasnt shouldnt wouldnt couldnt
    nicht kein keine keinen keinem keiner keines nie niemals ohne weder statt anstatt falsch unnötig
    ne pas jamais sans aucun aucune ni faux inutile nunca jamás sin ningún ninguna ninguno tampoco falso inútil
""")
FUNCTION_WORDS = _set("""
    a an the this that these those i you he she it we they me him her us them my your his its our their who which what
    when where how why if then than as at by for from in into of on onto off out over to up down with about after before
    between through during is are was were be been being am do does did has have had having can could will would shall
    should may might must and or so too very also just only more most some any all each every both other such own same
    there here while until again once get gets got one use used using
    der die das den dem des ein eine einen einem einer und oder ist sind war waren wird werden ich du er sie es wir ihr
    man mit von zu zum zur im in an am auf aus bei für über unter als auch wie dass wenn dann sich
    le la les un une des du de et ou est sont je tu il elle on nous vous ils elles à au aux en dans par pour sur avec
    que qui se sa son ses ce cette el los las una unos y o es son yo tú él ella al del con por para su sus lo
""")


def normal_form(text: str) -> str:
    """The same for answers that differ in case, form of characters, punctuation that says nothing, and white space."""
    text = "".join(f"^{one}" if unicodedata.decomposition(one).startswith("<super>") else one for one in text)
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    text = _QUOTES.sub("", text.translate(_APOSTROPHES))
    return " ".join(_HYPHENS.sub(" ", _SENTENCE_ENDS.sub("", text)).split())


def content_words(text: str) -> set[str]:
    """The words that carry meaning, as stems; in the reach of a negation with `DENIED` in front.

    What is asked ("should I check the docs?") is not said, so a question has none.
    """
    return {word for sentence in _sentences(text) if sentence[-1:] != ["?"] for word in _marked(sentence)}


def plain_words(text: str) -> set[str]:
    """The same without regard to negations."""
    return {_stem(token) for token in _tokens(text) if _carries_meaning(token)}


def is_word_list(text: str) -> bool:
    """Whether many words stand beside each other without a sentence that says anything with them."""
    words = [token for token in _tokens(text) if token[0].isalnum()]
    return len(words) >= 6 and sum(not _carries_meaning(word) for word in words) < len(words) / 6


def _tokens(text: str) -> list[str]:
    return _TOKENS.findall(unicodedata.normalize("NFKC", text).casefold().translate(_APOSTROPHES))


def _sentences(text: str) -> Iterator[list[str]]:
    """Runs of tokens over which a negation may reach; a stop that ends one is its last token."""
    run: list[str] = []
    for token in _tokens(text):
        contrast = token in _CONTRASTS and not (run and run[-1] in _ALL_BUT)
        if not contrast:
            run.append("not" if token in _CONTRASTS else token)  # "anything but"
        if contrast or token in _STOPS:
            yield run
            run = []
    yield run


def _marked(sentence: Sequence[str]) -> Iterator[str]:
    """A negation denies all that follows it in its sentence, and what stands before it back to a comma or "and".

    That is more than it denies in truth: a word denied by mistake only leaves an answer to a person.
    """
    first = next((at for at in range(len(sentence)) if _negates(sentence, at)), len(sentence))
    start = next((at for at in range(first, 0, -1) if sentence[at - 1] in _JOINTS), 0)
    from_here = start if first < len(sentence) else first
    for at, token in enumerate(sentence):
        if _carries_meaning(token):
            yield (DENIED if at >= from_here else "") + _stem(token)


def _negates(sentence: Sequence[str], at: int) -> bool:
    token, following = sentence[at], sentence[at + 1 : at + 2]
    return (token in _NEGATIONS or token.endswith("n't")) and not (following and following[0] in _ONLY)


def _carries_meaning(token: str) -> bool:
    return token[0].isalnum() and token not in FUNCTION_WORDS and token not in _NEGATIONS and not token.endswith("n't")


def _stem(word: str) -> str:
    """Its beginning, in which the forms of a word mostly agree."""
    word = word.split("'")[0]
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return word[:6].removesuffix("y") if len(word) > 3 and word[0].isalpha() else word
