"""Descriptions: Markdown that may hold HTML, cleaned of what could run in a browser when it is written. Pure.

`safe` keeps text as it is, byte for byte, and takes out only: elements that run or load code, or swallow the page
around them; event handlers, `style` and script URLs of all others; HTML comments; script URLs of Markdown links.

It does not parse Markdown, since renderers differ in what they take for code and for HTML: a tag that is dangerous as
HTML is cleaned wherever it stands, in code spans and fenced code too. The idea: renderers make tags of their own and
escape what they put there, so any other tag in a page was `<` and a letter in the text. Each such `<` is judged alone,
as a browser reads it, up to the next `<` or `>`. What stays leaves no quote open, holds nothing in quotes that a
renderer would put more quotes around, and no line that a renderer takes away (a block quote's `>`, a reference).
Syntax that only a renderer's extension knows, as `{: onclick=… }`, is not looked at.
"""

from __future__ import annotations

import re
from enum import IntEnum

# Gone with all that stands between their tags: it is code, or means nothing without the element.
WITH_CONTENT = ("script", "style", "iframe", "svg", "math")
# Gone, but what they hold stays. Without attributes these run nothing: `List<Object>`, `Page<Link>` name types.
TAG_ONLY = ("object", "embed", "link", "meta", "base", "form")
# Of the others, some load a page or code of their own, and some turn all that follows into plain text.
OTHERS = ("applet", "frame", "frameset", "noembed", "noframes", "noscript", "plaintext", "xmp")
BANNED = frozenset((*WITH_CONTENT, *TAG_ONLY, *OTHERS))

# Some renderers drop control characters, which would join what they part; they have no meaning in Markdown.
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")

# From `<` up to its `>`, or to where the next `<` or the end comes first; any number at once if they begin no tag.
PIECE = re.compile(r"(?:<(?![a-zA-Z/!])[^<>]*)+>?|<[^<>]*>?")
NAME = re.compile(r"</?([a-zA-Z][^\t\n\f\r />]*)")
# After another `<` this would be an attribute, with a quote that is none in a name.
ODD_NAME = re.compile(r"""=["']""")
COMMENT_END = re.compile(r"-->")
CONTENT_END = {name: re.compile(rf"</{name}\b[^<>]*>?", re.IGNORECASE) for name in WITH_CONTENT}
TYPE_NAME = re.compile(r"[a-zA-Z]{2}\Z")
TYPE_ARGUMENT = re.compile(rf"<(?:{'|'.join(TAG_ONLY)})>", re.IGNORECASE)

# As browsers read attributes, so that any text is a list of them; spaces at the end are one without a name. A quoted
# value that never ends is cut at a space.
ATTRIBUTE = re.compile(
    r"""[\t\n\f\r /]*(?:([^\t\n\f\r /][^\t\n\f\r /=]*)"""
    r"""(?:[\t\n\f\r ]*=[\t\n\f\r ]*("[^"]*"|'[^']*'|[^\t\n\f\r ]*))?)?"""
)
RUNNING_NAME = re.compile(r"""["']*(?:on[a-z]|style$|srcdoc$)""", re.IGNORECASE)
# In a value it runs nothing, but it would if the value lost its quotes: some renderers make links inside attributes.
HANDLER = re.compile(r"""[\s/"']on[a-z]+\s*=""", re.IGNORECASE)
# Where a renderer would put a link's or a code span's quotes, or end its HTML block.
UNSURE_IN_QUOTES = re.compile(r"[\[\]`\n\r]")
# `[name]: url` on a line of its own, which some renderers take out first: what it parted would then meet.
REFERENCE = re.compile(r"[\n\r][ \t]*\*?\[")
# A `>` that is the first on its line may be a block quote's mark, and then does not end the tag.
ENDED_BY_QUOTE = re.compile(r"[^\S \t]\s*>\Z")
LINE_END = re.compile(r"[\n\r]")

# What browsers and renderers skip in a URL's scheme: spaces, controls, backslashes, and these as entities.
_SKIPPED = (
    r"[\s\x00-\x20\x7f-\x9f\xad\u200b-\u200f\u2060\ufeff\\]|%(?:[01][\da-f]|20)|&(?:Tab|NewLine|nbsp);?"
    r"|&#0*(?:[12]?\d|3[0-2])(?!\d);?|&#x0*(?:1?[\da-f]|20)(?![\da-f]);?"
)


def _spelled(scheme: str) -> str:
    """A pattern for the scheme with its colon, in any spelling that still works as that scheme."""
    letters = []
    for letter in scheme + ":":
        codes = {ord(letter), ord(letter.upper())}
        decimal, hexa = ("|".join(sorted(format(code, base) for code in codes)) for base in "dx")
        letters.append(rf"(?:{letter}|&#0*(?:{decimal})(?!\d);?|&#x0*(?:{hexa})(?![\da-f]);?|%(?:{hexa}))")
    letters[-1] = f"(?:{letters[-1]}|&colon;)"
    return f"(?:{_SKIPPED})*+".join(letters)


# Pictures that hold no markup are the one kind of data that stays.
_PICTURE = "image/(?:png|gif|jpe?g|webp);base64,"
_SCRIPT = f"(?:{_spelled('javascript')}|{_spelled('vbscript')}|{_spelled('data')}(?!{_PICTURE}))"
SCRIPT_URL = re.compile(f"""["']?(?:{_SKIPPED})*+{_SCRIPT}""", re.IGNORECASE)
# The URL of a link or picture, `](…)`, or of a reference, `]: …`.
SCRIPT_LINK = re.compile(rf"(\]\s*+[(:](?:{_SKIPPED}|[<>])*+){_SCRIPT}", re.IGNORECASE)


class Verdict(IntEnum):
    """On a tag or an attribute, the worst last."""

    HARMLESS = 0
    UNSURE = 1  # Some renderer may read it in another way.
    OPEN = 2  # A quote has no end, and could take what follows into the tag.
    RUNS = 3


def safe(text: str) -> str:
    """`text` without what could run in a browser once rendered; the same text if there is nothing of that kind."""
    if "<" in text:
        text = _without_tags_that_run(CONTROLS.sub("", text))
    # `#` makes of a URL a place in the page itself, whatever follows, so the rest can stay.
    return SCRIPT_LINK.sub(r"\1#", text) if "]" in text and SCRIPT_LINK.search(text) else text


def _without_tags_that_run(text: str) -> str:
    done: list[str] = []
    # Places in `done` of the last pieces if no `>` has ended them: they would make a tag with whatever comes next.
    unended: list[int] = []
    in_tag = False  # One of these begins a tag, so a browser reads the next piece as its attributes.
    judged: dict[str, str] = {}
    missing: set[re.Pattern[str]] = set()  # Ends that the rest of the text does not hold: each is looked for once.
    at = 0
    while (start := text.find("<", at)) >= 0:
        if start > at:
            done.append(text[at:start])
        piece = PIECE.match(text, start)
        assert piece is not None, "any `<` is a piece"
        whole = stays = piece[0]
        at = look_from = piece.end()
        goes_on_to: re.Pattern[str] | None = None
        name = NAME.match(whole)
        if (name or in_tag) and whole not in judged:
            judged[whole] = _judged(whole, name)
        if name:
            stays = judged[whole]
            if not stays and TYPE_ARGUMENT.fullmatch(whole) and done and TYPE_NAME.search(done[-1]):
                stays = whole
            elif not stays:
                goes_on_to = CONTENT_END.get(name[0][1:].lower())
        elif whole.startswith("<!--"):
            # `<!-->` is a comment too; without its end, only the mark goes.
            stays, goes_on_to, at, look_from = "", COMMENT_END, start + 4, start + 2
        if goes_on_to and goes_on_to not in missing:
            if end := goes_on_to.search(text, look_from):
                at = end.end()
            else:
                missing.add(goes_on_to)
        if stays != whole or (in_tag and judged[whole] != whole):
            for place in unended:
                done[place] = done[place].replace("<", "&lt;")
            unended, in_tag = [], False
        if whole[-1] == ">":
            unended, in_tag = [], False
        elif stays == whole:
            unended.append(len(done))
            in_tag = in_tag or name is not None
        if stays:
            done.append(stays)
    done.append(text[at:])
    return "".join(done)


def _judged(tag: str, name: re.Match[str] | None) -> str:
    """`tag`, from its `<` to its `>` or to where that lacks, if nothing in it can run; else what may stand for it.

    Without a name, it is no tag but more attributes of the tag before it.
    """
    ended = tag[-1] == ">"
    attributes = _attributes(tag, name.end() if name else 0)
    worst = max((verdict for verdict, _ in attributes), default=Verdict.HARMLESS)
    if not worst and (REFERENCE.search(tag) or ENDED_BY_QUOTE.search(tag)):
        worst = Verdict.UNSURE
    kept = [text for verdict, text in attributes if not verdict]
    if name and (name[1].lower() in BANNED or SCRIPT_URL.match(name[1])):
        worst, instead = Verdict.RUNS, ""
    elif name and ODD_NAME.search(name[0]):
        worst = Verdict.OPEN
    else:
        instead = " ".join([name[0] if name else "", *kept]) + ">"
    if not worst:
        return tag
    if worst is Verdict.OPEN or (worst is Verdict.UNSURE and not ended):
        return "&lt;" + tag[1:]
    if ended:
        return instead
    # Whoever leaves out the `>` means no tag that is longer than the line.
    line_end = LINE_END.search(tag)
    return tag[line_end.start() :] if line_end else ""


def _attributes(tag: str, start: int) -> list[tuple[Verdict, str]]:
    """The verdict on each attribute after `start`, and its text on one line."""
    found = []
    for attribute in ATTRIBUTE.finditer(tag, start, len(tag) - tag.endswith(">")):
        name, value = attribute.groups()
        if not name:
            continue
        if name[0] == "=":  # It would be a value, were it not for the one before.
            verdict = Verdict.UNSURE
        elif not value:
            verdict = Verdict.HARMLESS
        elif RUNNING_NAME.match(name) or SCRIPT_URL.match(value):
            verdict = Verdict.RUNS
        elif value[0] not in "\"'":
            verdict = Verdict.HARMLESS
        elif len(value) == 1 or value[-1] != value[0]:
            verdict = Verdict.OPEN
        elif HANDLER.search(value):
            verdict = Verdict.RUNS
        else:
            verdict = Verdict.UNSURE if UNSURE_IN_QUOTES.search(value) else Verdict.HARMLESS
        found.append((verdict, f"{name}={value}" if value else name))
    return found
