"""Formulas between TeX and MathML. Pure."""

from html import escape

from latex2mathml.converter import convert
from lxml import etree

from content.formats import xml
from content.formats.xml import Element

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
SIGNS = {
    "×": r"\times", "÷": r"\div", "±": r"\pm", "·": r"\cdot", "⋅": r"\cdot", "≤": r"\le", "≥": r"\ge", "≠": r"\ne",
    "≈": r"\approx", "→": r"\to", "∞": r"\infty", "∑": r"\sum", "∫": r"\int", "∏": r"\prod", "√": r"\surd", "−": "-",
    "π": r"\pi", "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "Δ": r"\Delta", "θ": r"\theta",
    "λ": r"\lambda", "μ": r"\mu", "σ": r"\sigma", "φ": r"\varphi", "ω": r"\omega", "∈": r"\in", "∂": r"\partial",
    "{": r"\{", "}": r"\}", "%": r"\%", "#": r"\#", "&": r"\&", "_": r"\_", "$": r"\$", "°": r"^{\circ}",
    "\u2061": "", "\u2062": "", "\u2063": ",", "\u2064": "+",
}  # fmt: skip
OVER = {"¯": r"\overline", "‾": r"\overline", "→": r"\vec", "^": r"\hat", "˙": r"\dot", "~": r"\tilde"}


def written(tex: str, *, display: bool) -> str:
    """MathML that keeps the TeX as its annotation, so that it can be read back as it was."""
    way = "block" if display else "inline"
    try:
        shown = etree.fromstring(convert(tex, display=way))
        inner = "".join(etree.tostring(part, encoding="unicode") for part in shown)
    except Exception:  # the converter's errors have no common class
        inner = f"<mtext>{escape(tex)}</mtext>"
    inner = inner.replace(f' xmlns="{NAMESPACE}"', "")
    annotation = f'<annotation encoding="application/x-tex">{escape(tex)}</annotation>'
    return f'<math xmlns="{NAMESPACE}" display="{way}"><semantics><mrow>{inner}</mrow>{annotation}</semantics></math>'


def tex(math: Element) -> tuple[str, bool]:
    """The TeX of a formula, and whether it stood there as such."""
    for found in math.iter(etree.Element):
        if _name(found) == "annotation" and "tex" in found.get("encoding", "").lower():
            return (found.text or "").strip(), True
    return " ".join(_tex(math).split()), False


def _tex(element: Element) -> str:
    name = _name(element)
    parts = [part for part in element.iterchildren(etree.Element) if not _name(part).startswith("annotation")]
    if not parts:
        return _leaf(name, xml.content(element).strip())
    inner = [_tex(part) for part in parts]
    if name == "mtable":
        return r"\begin{matrix}" + r" \\ ".join(inner) + r"\end{matrix}"
    if name in ("mtr", "mlabeledtr"):
        return " & ".join(inner)
    if name == "mfenced":
        opening, closing = element.get("open", "("), element.get("close", ")")
        separator = (element.get("separators", ",") or " ")[0]
        return rf"\left{_fence(opening)}{separator.join(inner)}\right{_fence(closing)}"
    return _scripts(name, inner, parts) or " ".join(inner)


def _fence(sign: str) -> str:
    return {"{": r"\{", "}": r"\}", "": "."}.get(sign, sign)


def _scripts(name: str, inner: list[str], parts: list[Element]) -> str:
    """Those with a fixed number of parts; empty for any other element."""
    if name == "msqrt":
        return rf"\sqrt{{{' '.join(inner)}}}"
    if len(inner) == 3 and name in ("msubsup", "munderover"):
        return f"{{{inner[0]}}}_{{{inner[1]}}}^{{{inner[2]}}}"
    if len(inner) != 2:
        return ""
    first, second = inner
    accent = OVER.get(xml.content(parts[1]).strip()) if name == "mover" else None
    if accent:
        return f"{accent}{{{first}}}"
    shapes = {
        "mfrac": rf"\frac{{{first}}}{{{second}}}",
        "mroot": rf"\sqrt[{second}]{{{first}}}",
        "msup": f"{{{first}}}^{{{second}}}",
        "mover": f"{{{first}}}^{{{second}}}",
        "msub": f"{{{first}}}_{{{second}}}",
        "munder": f"{{{first}}}_{{{second}}}",
    }
    return shapes.get(name, "")


def _leaf(name: str, text: str) -> str:
    if name in ("mtext", "ms") and text:
        return rf"\text{{{text}}}"
    signs = "".join(f"{SIGNS[sign]} " if sign in SIGNS else sign for sign in text)
    if name == "mi" and len(text) > 1 and text.isalpha():
        return rf"\operatorname{{{text}}}"
    return signs


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()
