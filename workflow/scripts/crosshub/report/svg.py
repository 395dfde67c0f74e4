"""Making an SVG part of an HTML page that holds others."""

import re

from markupsafe import Markup, escape

_REFERENCE = re.compile(r"url\(\s*#([^)\s]+)\s*\)")
_LINK = re.compile(r"(\bhref=)([\"'])#")
_ID = re.compile(r"(\sid=)([\"'])")


def inline(svg: str, prefix: str, label: str) -> Markup:
    """Return the ``<svg>`` element of a trusted document, fit to stand beside others.

    Parameters
    ----------
    svg
        SVG that this package drew.
    prefix
        Unique in the page: all ids and the references to them begin with it, and the style sheet
        of the drawing holds for the drawing alone.
    label
        What a screen reader says.
    """
    body = svg[svg.index("<svg") :].strip()
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->\s*", "", body, flags=re.DOTALL)
    body = re.sub(r"<[A-Za-z][^>]*>", lambda match: _prefixed(match[0], prefix), body)
    body = re.sub(
        r"(<style[^>]*>)(.*?)(</style>)",
        lambda match: match[1] + match[2].replace("*{", f"#{prefix} *{{") + match[3],
        body,
        flags=re.DOTALL,
    )
    named = f'<svg id="{prefix}" role="img" aria-label="{escape(label)}"'
    return Markup(named + body.removeprefix("<svg"))


def _prefixed(tag: str, prefix: str) -> str:
    """Prefix the ids of a tag; text between the tags may look like an id and is left alone."""
    tag = _REFERENCE.sub(rf"url(#{prefix}-\1)", tag)
    tag = _LINK.sub(rf"\1\2#{prefix}-", tag)
    return _ID.sub(rf"\1\2{prefix}-", tag)
