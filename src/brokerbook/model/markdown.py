"""Descriptions: Markdown that may hold HTML, cleaned of what could run in a browser when it is written. Pure.

`safe` keeps text as it is, byte for byte, and takes out only: elements that run or load code, or swallow the page
around them; event handlers, `style` and script URLs of all others; HTML comments; script URLs of Markdown links.

It does not parse Markdown, since renderers differ in what they take for code and for HTML: a tag that is dangerous as
HTML is cleaned wherever it stands, in code spans and fenced code too. Renderers make tags of their own and escape what
they put there, so any other tag in a page was `<` and a letter in the text. Each such `<` is judged alone, as a browser
reads it, up to the next `<` or `>`. What stays leaves no quote open, and holds nothing that a renderer would put quotes
into or take away. Syntax that only a renderer's extension knows, as `{: onclick=… }`, is not looked at.
"""

from __future__ import annotations

import re

# Gone with all that stands between their tags: it is code, or means nothing without the element.
WITH_CONTENT = ("script", "style", "iframe", "svg", "math")
# Gone, but what they hold stays. Without attributes these run nothing: `List<Object>`, `Page<Link>` name types.
TAG_ONLY = ("object", "embed", "link", "meta", "base", "form")
# Of the others, some load a page or code of their own, and some turn all that follows into plain text.
OTHERS = ("applet", "frame", "frameset", "noembed", "noframes", "noscript", "plaintext", "xmp")
BANNED = {*WITH_CONTENT, *TAG_ONLY, *OTHERS}

# Some renderers drop control characters, which would join what they part; they have no meaning in Markdown.
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")

# From `<` up to its `>` (1), or to where the next `<` or the end comes first; any number at once if they begin no tag.
# A `>` is its end for certain only after these: others may be a block quote's mark, and some renderers escape them.
_BODY = r"""(?:[^<>]+|(?<![a-zA-Z0-9"'/])>)*+"""
PIECE = re.compile(rf"(?:(?:<(?![a-zA-Z/!]){_BODY})+|<{_BODY})(>?)")
NAME = re.compile(r"</?([a-zA-Z][^\t\n\f\r />]*)")
CERTAIN_END = re.compile(r"""[a-zA-Z0-9"'/]\Z""")
BEGUN = re.compile(r"<[/!-]{0,2}\Z")  # The next character could make a tag or a comment of it.
# After another `<` this would be an attribute, with a quote that is none in a name.
ODD_NAME = re.compile(r"""=["']""")
CONTENT_END = {name: re.compile(rf"</{name}\b[^<>]*>?", re.IGNORECASE) for name in WITH_CONTENT}
COMMENT_END = re.compile(r"-->")
TYPE_NAME = re.compile(r"[a-zA-Z]{2}\Z")
TYPE_ARGUMENT = re.compile(rf"<(?:{'|'.join(TAG_ONLY)})>", re.IGNORECASE)

# As browsers read attributes: any text is a list of them. A quoted value that never ends is cut at a space.
ATTRIBUTE = re.compile(
    r"""[\t\n\f\r /]*(?:([^\t\n\f\r /][^\t\n\f\r /=]*)"""
    r"""(?:[\t\n\f\r ]*=[\t\n\f\r ]*("[^"]*"|'[^']*'|[^\t\n\f\r ]*))?)?"""
)
RUNNING_NAME = re.compile(r"""["']*(?:on[a-z]|style$|srcdoc$)""", re.IGNORECASE)
# In quotes it runs nothing, but some renderers make links inside attributes, and so put quotes inside quotes.
HANDLER = re.compile(r"""[\s/"']on[a-z]+\s*=""", re.IGNORECASE)
# Where a renderer would put a link's or a code span's quotes, or end its HTML block.
UNSURE_IN_QUOTES = re.compile(r"[\[\]`\n\r]")
# `[name]: url` on a line of its own. Some renderers take it out first: what it parted would then meet.
REFERENCE = re.compile(r"[\n\r][ \t]*\*?\[")

# What browsers and renderers skip in a URL's scheme: spaces, controls, backslashes, and these as entities.
_SKIPPED = (
    r"[\s\x00-\x20\x7f-\x9f\xad\u200b-\u200f\u2060\ufeff\\]|%(?:[01][\da-f]|20)|&(?:Tab|NewLine|nbsp);?"
    r"|&#0*(?:[12]?\d|3[0-2])(?!\d);?|&#x0*(?:1?[\da-f]|20)(?![\da-f]);?"
)


_REFERENCE = r"(?=\*?\[[^\]]*\]:)"  # The same, within a URL.


def _spelled(scheme: str) -> str:
    """A pattern for the scheme with its colon, in any spelling that still works as that scheme."""
    pattern = "(?:&colon;|:|&#0*58(?!\\d);?|&#x0*3a(?![\\da-f]);?|%3a)"
    for letter in reversed(scheme):
        low, high = ord(letter), ord(letter.upper())
        decimal, hexa = f"(?:{low}|{high})", f"(?:{low:x}|{high:x})"
        spellings = rf"{letter}|&#0*{decimal}(?!\d);?|&#x0*{hexa}(?![\da-f]);?|%{hexa}"
        pattern = f"(?:{spellings})(?:{_SKIPPED})*+(?:{pattern}|{_REFERENCE})"
    return pattern


# Pictures that hold no markup are the one kind of data that stays.
_DATA = rf"{_spelled('data')}(?!image/(?:png|gif|jpe?g|webp);base64,)"
_SCRIPT = f"(?:{_spelled('javascript')}|{_spelled('vbscript')}|{_DATA})"
SCRIPT_URL = re.compile(f"""["']?(?:{_SKIPPED})*+{_SCRIPT}""", re.IGNORECASE)
# The URL of a link or picture, `](…)`, or of a reference, `]: …`, up to the end of its scheme.
_LEAD = f"(?:{_SKIPPED}|[<>])*+"
_LINK = r"\][\s\x00-\x20]*+"
SCRIPT_LINK = re.compile(rf"({_LINK}(?:\({_LEAD}{_REFERENCE}|[(:]{_LEAD}(?={_SCRIPT})))(?:{_SCRIPT})?", re.IGNORECASE)
LINK = re.compile(rf"{_LINK}(?:\(\s*+[^\s)]*|:\s*+\S*)")


# Verdicts on a tag or an attribute, the worst last. UNSURE: some renderer may read it in another way. OPEN: a quote has
# no end, and could take what follows into the tag.
HARMLESS, UNSURE, OPEN, RUNS = range(4)


def safe(text: str) -> str:
    """`text` without what could run in a browser once rendered; the same text if there is nothing of that kind."""
    if "<" in text:
        text = _without_tags_that_run(CONTROLS.sub("", text))
    if "]" in text:
        if "&" in text:
            text = CONTROLS.sub("", text)
        if SCRIPT_LINK.search(text):
            # `#` makes of a URL a place in the page itself, whatever follows, so the rest can stay.
            text = SCRIPT_LINK.sub(r"\1#", text)
        if '"' in text and HANDLER.search(text):
            # Some renderers forget to escape quotes in a URL: what follows would be attributes of the link.
            text = LINK.sub(lambda url: url[0].replace('"', "%22"), text)
    return text


def _without_tags_that_run(text: str) -> str:
    done: list[str] = []
    # Places in `done` of the last pieces that no `>` has ended, if they could be a tag with whatever comes next.
    unended: list[int] = []
    in_tag = False  # One of them begins a tag, so a browser reads the next piece as its attributes.
    judged: dict[str, str] = {}
    missing: set[re.Pattern[str]] = set()
    at = 0
    while piece := PIECE.search(text, at):
        done.append(text[at : piece.start()])
        whole, at = piece[0], piece.end()
        name = NAME.match(whole)
        if (name or in_tag) and whole not in judged:
            judged[whole] = _judged(whole, name, ended=bool(piece[1]))
        stays, end = whole, None
        if whole.startswith("<!--"):
            stays, end, at = "", COMMENT_END, piece.start() + 4  # Without its end, only the mark goes.
        elif name and not (TYPE_ARGUMENT.fullmatch(whole) and TYPE_NAME.search("".join(t[-2:] for t in done[-2:]))):
            stays, end = judged[whole], CONTENT_END.get(name[0][1:].lower())
        if end and (after := _after(end, text, piece.start() + 2, missing)):  # `<!-->` is a comment too.
            stays, at = "", after
        if not stays.startswith("<") or (in_tag and not name and judged[whole] != whole):
            for place in unended:
                done[place] = done[place].replace("<", "&lt;")
            unended, in_tag = [], False
        if piece[1] or stays != whole:
            unended, in_tag = [], False
        elif in_tag or name or BEGUN.search(whole):
            unended.append(len(done))
            in_tag = in_tag or name is not None
        done.append(stays)
    return "".join([*done, text[at:]])


def _after(end: re.Pattern[str], text: str, at: int, missing: set[re.Pattern[str]]) -> int:
    """The place after the next `end`, or 0; an end that is `missing` in the rest of the text is looked for once."""
    found = None if end in missing else end.search(text, at)
    if not found:
        missing.add(end)
    return found.end() if found else 0


def _judged(piece: str, name: re.Match[str] | None, *, ended: bool) -> str:
    """`piece` if nothing in it can run, else what may stand for it; without a name it only adds to a tag before it."""
    body = piece[:-1] if ended else piece
    tag = body.partition(">")[0]
    start = name.end() if name else 0
    attributes = _attributes(tag, start)
    worst = max((verdict for verdict, _ in attributes), default=HARMLESS)
    # Were its first `>` no end, what follows would be attributes: with the `>` in them, or without, as in a quote.
    longer = (body, body.replace(">", " ")) if tag != body else ()
    if not worst and (REFERENCE.search(body) or any(verdict for b in longer for verdict, _ in _attributes(b, start))):
        worst = UNSURE
    instead = " ".join([name[0] if name else "", *(text for verdict, text in attributes if text and not verdict)])
    instead += ">" if CERTAIN_END.search(instead) else " />"
    if name and (name[1].replace("\\", "").lower() in BANNED or SCRIPT_URL.match(name[1])):
        worst, instead = RUNS, ""
    elif name and ODD_NAME.search(name[0]):
        worst = OPEN
    if not worst:
        return piece
    if ">" in piece and worst != OPEN:
        return instead + piece[len(tag) + 1 :]
    if worst != RUNS:
        return "&lt;" + piece[1:]
    # Whoever leaves out the `>` means no tag that is longer than the line.
    _, line_end, rest = piece.partition("\n")
    return line_end + rest


def _attributes(body: str, start: int) -> list[tuple[int, str]]:
    """The verdict on each attribute after `start`, and its text on one line."""
    found: list[tuple[int, str]] = []
    for attribute in ATTRIBUTE.finditer(body, start):
        name, value = attribute.groups()
        verdict = HARMLESS
        # Some renderers take out a backslash before `>`, `=` and the like.
        if value is not None and (RUNNING_NAME.match(name.replace("\\", "")) or SCRIPT_URL.match(value)):
            verdict = RUNS
        elif value and value.lstrip("\\")[:1] in ('"', "'"):
            if len(value) == 1 or value[-1] != value[0]:
                verdict = OPEN
            elif HANDLER.search(value):
                verdict = RUNS
            elif UNSURE_IN_QUOTES.search(value):
                verdict = UNSURE
        # Alone, a name with `=` before it would become the value of another one.
        if name:
            found.append((verdict, "" if name[0] == "=" else f"{name}={value}" if value else name))
    return found
