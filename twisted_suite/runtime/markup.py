"""HTML as a tree of strings. Core: whatever is a value is escaped, whatever is markup says so."""

from html import escape

# Elements without content, of those that we use (HTML Living Standard, section 13.1.2).
_VOID = frozenset({"br", "img", "input", "link", "meta"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | int | float) -> Markup:
    """An element; an underscore after or within an attribute's name is none or a dash."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"' for key, value in attributes.items()
    )
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    inside = "".join(child if isinstance(child, Markup) else escape(child) for child in children)
    return Markup(f"<{name}{written}>{inside}</{name}>")


def joined(*parts: str) -> Markup:
    """Several, one after the other."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part) for part in parts))
