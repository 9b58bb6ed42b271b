"""What `safe` keeps byte for byte and what it takes out of descriptions.

The vectors are judged by what a browser would run, in the text itself read as HTML and after each Markdown renderer
that is installed (none has to be: markdown-it-py, mistune, Markdown, markdown2, commonmark, marko).
"""

from __future__ import annotations

import importlib
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokerbook.model.markdown import safe

if TYPE_CHECKING:
    from collections.abc import Callable

RUNNING_ELEMENTS = {"script", "iframe", "object", "embed", "style", "link", "meta", "base", "form", "svg", "math"}


class Browser(HTMLParser):
    """Collects what would run: not the module's own way of reading HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[str] = []

    def parse_marked_section(self, i: int, report: bool = True) -> int:  # noqa: ARG002, FBT001, FBT002
        return self.parse_bogus_comment(i)  # As browsers read `<![…`; HTMLParser fails on some.

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # `List<Object>` is a bare element that loads nothing.
        if tag in RUNNING_ELEMENTS and (attrs or tag in {"script", "iframe", "style", "svg", "math"}):
            self.runs.append(tag)
        for name, value in attrs:
            url = re.sub(r"[\x00-\x20]", "", value or "").lower()
            if value and (re.fullmatch(r"on[a-z]+", name) or name == "srcdoc"):
                self.runs.append(f"{name}={value}")
            if name == "style" and value and not value.startswith("text-align"):  # Renderers align columns so.
                self.runs.append(f"{name}={value}")
            if re.match(r"(java|vb)script:|data:(?!image/(png|gif|jpe?g|webp);base64,)", url) and name != "title":
                self.runs.append(f"{name}={value}")


def running(html: str) -> list[str]:
    browser = Browser()
    browser.feed(html)
    browser.close()
    return browser.runs


def _markdown_it(module: Any) -> Callable[[str], str]:
    renderer = module.MarkdownIt("commonmark", {"html": True}).enable("table")
    renderer.validateLink = bool  # It refuses script URLs itself; others do not.
    return renderer.render


MAKERS: dict[str, Callable[..., Callable[[str], str]]] = {
    "markdown_it": _markdown_it,
    "mistune": lambda module: module.create_markdown(escape=False, plugins=["table", "url", "footnotes"]),
    "markdown": lambda module: lambda text: module.markdown(text, extensions=["fenced_code", "tables", "md_in_html"]),
    "markdown2": lambda module: lambda text: module.markdown(text, extras=["tables", "fenced-code-blocks"]),
    "commonmark": lambda module: module.commonmark,
    "marko": lambda module: module.convert,
}


def _renderers() -> dict[str, Callable[[str], str]]:
    found: dict[str, Callable[[str], str]] = {"as HTML": lambda text: text}
    for name, maker in MAKERS.items():
        try:
            found[name] = maker(importlib.import_module(name))
        except ImportError:
            continue
    return found


RENDERERS = _renderers()

KEPT = [
    "",
    "plain",
    "a > b",
    "a & b",
    "x < y",
    "x <y",
    "a<b",
    "1<2 <3 >2",
    "<",
    "a <",
    "</",
    "<- a -> b <-> c <= d >= e <=> f <> g << h >>",
    "if a<b and c>d then",
    "WHERE a<b AND c='x' AND d>e",
    "WHERE a < 3 AND b <> 'x' AND online = 1",
    "for (i=0;i<n;i++) { x += 1; }",
    "`a<b` and `c>d`",
    "a <b\n\n> quote\n\nmore",
    "<https://example.com/a?b=c&d=e#f>",
    "<me@example.com> <mailto:me@example.com?subject=a>",
    "> quote\n> > nested\n> - item",
    "| a | b |\n|---|:-:|\n| x<br>y | `a \\| b` |",
    "List<String> Map<String, List<Object>> List<String[]> Optional<Link>",
    "std::vector<std::pair<int, T*>> v; template<class T = int> Foo<T extends Bar & Baz>",
    "<service>.<database>.<schema>",
    "<#E::user::bob> <@bob>",
    '```java\nList<String> x = new ArrayList<>();\nif (a < b && c > d) { y[0] = "z"; }\n```',
    '```xml\n<?xml version="1.0"?>\n<!DOCTYPE x>\n<column name="id" type="int" />\n```',
    "    <service>\n    <name>",
    "~~~\nunbalanced <fence>",
    "cat <in >out 2>&1\npsql <<EOF\nselect 1\nEOF",
    "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &copy; &#106; &colon;",
    "😀 <b>x</b> ❤️ é < à",
    '[a](https://x.y "t") ![i](i.png) [r][a]\n\n[a]: https://x.y "t"',
    "[x](data.csv) [y](javascript.md) [z](javascript-guide) [w](#data:x) [v](database:y)",
    "javascript: the good parts (javascript: x) data: 5 rows, vbscript: old",
    "arr[0]: value\n[INFO]: [main]: x",
    "![p](data:image/png;base64,iVBORw0KGgo=)",
    '<img src="data:image/jpeg;base64,iVBORw0KGgo=" alt=x>',
    '<a href="https://x.io/?a=1&on=2" title=\'it is "x"\' target=_blank>x</a>',
    "<details open><summary>x</summary>\n\n- a\n\n</details>",
    '<p align="center">\n  <img\n    src="x.png"\n    alt="a"\n  >\n</p>',
    '<input type="checkbox" checked disabled/> <br/> <br />',
    "<kbd>Ctrl</kbd> H<sub>2</sub>O <font color=red>x</font>",
    "\\<b\\> \\[x\\](y) a\\_b",
    "$x<y$ \\(a<b\\) {{ ref('x') }} {% if a<b %}",
    "tab\there\r\nnew < line\r\n",
]

CHANGED = [
    ("a<script>alert(1)</script>b", "ab"),
    ("a<SCRIPT src=//x.y>alert(1)</sCrIpT >b", "ab"),
    ("the <script> tag", "the  tag"),
    ("a<style>b{}</style><iframe src=x>c</iframe>d", "ad"),
    ("<svg><script>alert(1)</script></svg>x", "x"),
    ("<math><mi>a</mi></math>x", "x"),
    ('<object data=x.swf>old</object><embed src=x><link rel=a><meta b><base href=c><form d="e">f</form>', "oldf"),
    ("<img src=x onerror=alert(1)>", "<img src=x>"),
    ('<img src="x.png" onerror="alert(1)" alt="a b">', '<img src="x.png" alt="a b">'),
    ("<b style='color: red' id=x>y</b>", "<b id=x>y</b>"),
    ('<a href="javascript:alert(1)" title="t">x</a>', '<a title="t">x</a>'),
    ('<iframe srcdoc="<b>">x', '<b>">x'),
    ("see `<img src=x onerror=alert(1)>` in code", "see `<img src=x>` in code"),
    ("```\n<p onclick=alert(1)>\n```", "```\n<p>\n```"),
    ("    <script>alert(1)</script>\n    x", "    \n    x"),
    ("before <img src=x onerror=alert(1)", "before "),
    ("<img src=x onerror=alert(1)\nnext line", "\nnext line"),
    ("a <!-- <b>hidden</b> --> b", "a  b"),
    ("a <!--[if IE]><script>x</script><![endif]--> b", "a  b"),
    ("a <!-- b", "a  b"),
    ("a <!--> b", "a  b"),
    ("<scr<script>x</script>ipt>alert(1)</script>", "&lt;script>alert(1)"),
    ("<<script>x</script>img src=x>", "&lt;img src=x>"),
    ("x <b y <script>z</script> onclick=1>", "x &lt;b y  onclick=1>"),
    ('<b title="a [x](y)" id=c>', "<b id=c>"),
    ('if a<b and name="x<y"', 'if a&lt;b and name="x<y"'),
    ("[x](javascript:alert(1))", "[x](#alert(1))"),
    ("![x]( JaVaScRiPt&colon;alert(1) 't')", "![x]( #alert(1) 't')"),
    ("[x](<javascript:alert(1)>)", "[x]()"),
    ("[x](data:text/html;base64,PHM+)", "[x](#text/html;base64,PHM+)"),
    ("[x]: vbscript:msgbox(1)", "[x]: #msgbox(1)"),
    ("<javascript:alert(1)> a", " a"),
    ('[x](y"onclick=alert(1))', "[x](y%22onclick=alert(1))"),
    ("a\x00b <i>", "ab <i>"),
]

VECTORS = [
    "<script>alert(1)</script>",
    "<script src=https://x.y/z.js></script>",
    "<script/x>alert(1)</script>",
    "<script\n>alert(1)</script\n>",
    "<scr\x00ipt>alert(1)</script>",
    "<scr\x02ipt>alert(1)</script>",
    "<script\\>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<scr<!-- -->ipt>alert(1)</script>",
    '<IMG """><SCRIPT>alert("XSS")</SCRIPT>"\\>',
    "<<SCRIPT>alert(1);//\\<</SCRIPT>",
    "<script>alert(1)",
    "<script",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)",
    "<img src=x onerror=alert(1) <b>",
    "<img src=x onerror\n=\nalert(1)>",
    "<img/src='x'/onerror=alert(1)>",
    "<img src='x'onerror=alert(1)>",
    '<img title="a>b" src=x onerror=alert(1)>',
    "<img src=`x` onerror=alert(1)>",
    "<IMG SRC=x OnErRoR=alert(1)>",
    "<x/onclick\\=alert(1)>y",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<custom onclick=alert(1)>x</custom>",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)//",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<math><maction actiontype=statusline xlink:href=javascript:alert(1)>x",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "<iframe src=javascript:alert(1)></iframe>",
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<object data=javascript:alert(1)></object>",
    "<embed src=data:text/html,x>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href=javascript:alert(1)//>",
    "<link rel=stylesheet href=javascript:alert(1)>",
    "<style>@import 'javascript:alert(1)';</style>",
    "<div style='background:url(javascript:alert(1))'>x</div>",
    '<a href="javascript:alert(1)">x</a>',
    "<a href=javascript:alert(1)>x</a>",
    "<a href='  JaVaScRiPt:alert(1)'>x</a>",
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="java\nscript:alert(1)">x</a>',
    '<a href="&#106;&#97;vascript&colon;alert(1)">x</a>',
    '<a href="&#x6A&#x61;vascript&#58;alert(1)">x</a>',
    '<a href="&#0000106avascript:alert(1)">x</a>',
    '<a href="java&Tab;script&NewLine;:alert(1)">x</a>',
    '<a href="&#1;javascript:alert(1)">x</a>',
    '<a href="\x01javascript:alert(1)">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>',
    '<a href="data:image/svg+xml;base64,PHN2Zz4=">x</a>',
    '<a href onclick=""=javascript:alert(1)>x</a>',
    "[x](javascript:alert(1))",
    "[x](JAVASCRIPT:alert(1))",
    "[x]( \n javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](<java\tscript:alert(1)>)",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](javascript&#x3A;alert(1))",
    "[x](javascript\\:alert(1))",
    "[x](java&Tab;script:alert(1))",
    "[x](&#1\x0206;avascript:alert(1))",
    "[x](%6Aavascript%3Aalert(1))",
    "[x]\x02(javascript:alert(1))",
    "[x](javascript:javascript:alert(1))",
    "[x](java<script></script>script:alert(1))",
    "[x](javasc\n[a]: http://b\nript:alert(1))",
    "[x](\n[a]: http://b\njavascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "![x](javascript:alert(1) 'title')",
    "[![x](javascript:alert(1))](javascript:alert(2))",
    "[x]: javascript:alert(1)\n\n[x]",
    "[x]:\n   <javascript:alert(1)>\n\n[x][]",
    "> [x]:\n> javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "<javascript&colon;alert(1)>",
    "<!-- <img src=x onerror=alert(1)> -->",
    "<!--> <img src=x onerror=alert(1)> -->",
    "<!-- <img src=x onerror=alert(1)>",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<?x <img src=x onerror=alert(1)> ?>",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    '<textarea><b title="</textarea><img src=x onerror=alert(1)>">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "`<img src=x onerror=alert(1)>`",
    "```\n<img src=x onerror=alert(1)>",
    "    <img src=x onerror=alert(1)>\n",
    # Two readings of one text: the renderer makes tags or takes lines away within what looked like one tag.
    '<div title="\n\n[x](onclick=alert(1)//)',
    '<b title="[x](onclick=alert(1)//)">y</b>',
    '[z <b x="](onclick=alert(1)//)">',
    '<b title="`"> ` onclick=alert(1)>',
    "> <img src=x\n> onerror=alert(1)>",
    "> <a href=\n> javascript:alert(1)>x</a>",
    "<a x < onclick=alert(1)>",
    '<a x <b="y onclick=alert(1)>">',
    "<pre>\n<b x\n\nonclick=alert(1) <i>",
    "- <div onclick\n  =alert(1)>",
    "<b onclick\n[a]: http://x\n=alert(1)>",
    "<b onclick\n[a]: <x>\n=alert(1)>",
    "<a href=\n[a]: x\njavascript:alert(1)>x</a>",
    '<b title="x http://a.b/onclick=alert(1)// y">',
    "<div>\n<https://x/onclick=alert(1)//>\n</div>",
    '[x](y"onclick=alert(1))',
    '[x](y"z=) title="x /onclick=alert(1)// y"',
    '<a]]> href="javascript:alert(1)" x',
]


@pytest.mark.parametrize("text", KEPT)
def test_kept_exactly(text: str) -> None:
    assert safe(text) == text


def test_nothing_to_clean_is_the_same_object() -> None:
    text = "One row per order, see [the docs](https://example.com)." * 3
    assert safe(text) is text


@pytest.mark.parametrize(("text", "cleaned"), CHANGED)
def test_taken_out(text: str, cleaned: str) -> None:
    assert safe(text) == cleaned


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("text", VECTORS)
def test_nothing_runs(text: str, renderer: str) -> None:
    assert safe(text) != text
    assert running(RENDERERS[renderer](safe(text))) == []


@pytest.mark.parametrize("text", [text for text, _ in CHANGED] + VECTORS)
@pytest.mark.parametrize(
    "around", ["{}", "a {} b", "`{}`", "- {}", "> {}", "\n\n    {}", "<div>\n{}\n</div>", "[{}](x)"]
)
def test_idempotent_wherever_it_stands(text: str, around: str) -> None:
    once = safe(around.format(text))
    assert safe(once) == once
    assert running(once) == []


MARKS = [
    "<",
    "</",
    "<!",
    "<!--",
    "-->",
    ">",
    "/>",
    "=",
    '"',
    "'",
    "`",
    "[",
    "](",
    "]:",
    ")",
    "\\",
    "#",
    "&",
    "&#",
    "&colon",
    "&colon;",
    "&Tab;",
    "%3a",
    "&lt;",
    "a",
    "aa",
    "é",
]
SPACES = [" ", "\n", "\n\n", "\n> ", "\n[a]: b\n", "\t", "\x02", "\0"]
STARTS = ["<a", "<b x=", "<img ", "<script>", "</script>", "<Object>", "<!-->", " on", " href=", " style=x", ' title="']
WORDS = ["onclick", "=alert(1)", "java", "script:", "javascript:", "data:", "106;"]
PARTS = [*MARKS, *SPACES, *STARTS, *WORDS, *KEPT, *VECTORS]


@given(st.lists(st.sampled_from(PARTS) | st.text(max_size=3), max_size=8).map("".join))
def test_idempotent(text: str) -> None:
    once = safe(text)
    assert safe(once) == once
    assert running(once) == []


@given(st.text().map(lambda text: text.replace("<", "").replace("]", "")))
def test_text_without_tags_and_links_is_kept(text: str) -> None:
    assert safe(text) == text


MEGABYTE = 1_000_000
IN_TAGS = ["<", "< ", "<a ", "<a<", '<a x="', "<a b='", "<a =", "<a\n[", "<b onclick=1>", "<b onclick=", "<\n>"]
ELEMENTS = ["<!--", "<!-->", "<script>", "</script>", "<<script>", "<svg><math>", "aa<object>", ">", "\n", " "]
IN_LINKS = ["[[[[", "](", "]: ", "] ", "](j[", "](javascript:", "](&#0", "&#0", " on", ' "on', '](x" /on']


@pytest.mark.slow
@pytest.mark.parametrize("before", ["", "<a y)> "])
@pytest.mark.parametrize("unit", IN_TAGS + ELEMENTS + IN_LINKS)
def test_a_megabyte_takes_no_longer_than_its_size(unit: str, before: str) -> None:
    # If any of these took time by the square of its size, the run would not come to an end.
    text = before + unit * (MEGABYTE // len(unit))
    assert len(safe(text)) <= 4 * len(text)  # `<` may become `&lt;`.


@pytest.mark.parametrize("text", ["[x](&#{}106;x", "<a x=&#{}106;y>", "<a x='&#{}1"])
def test_a_megabyte_of_zeros_in_an_entity(text: str) -> None:
    assert len(safe(text.format("0" * MEGABYTE))) <= MEGABYTE + 2 * len(text)
