"""Which links are looked up, and what is shown of what they lead to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import urljoin

from yarl import URL

from chatkit.core.errors import ChatError, Reason

MAX_URL = 2048
PORTS = {"http": 80, "https": 443}
MAX_TITLE, MAX_DESCRIPTION, MAX_SITE_NAME = 200, 500, 100
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says of itself. `image` is the link to its picture, empty if it has none."""

    title: str
    description: str
    site_name: str
    image: str


def checked_link(text: str) -> URL:
    """Return a link that may be looked up, without its fragment. Raises INVALID_ARGUMENT for any other.

    Its host is a name, or an address in the one notation that cannot be misread.
    """
    try:
        link = URL(text).with_fragment(None)
        host = link.raw_host or ""
        port = link.explicit_port
    except ValueError as error:
        raise _refusal("it is none") from error
    if len(str(link)) > MAX_URL:
        raise _refusal(f"it has more than {MAX_URL} characters")
    if link.scheme not in PORTS or port not in {None, PORTS[link.scheme]}:
        raise _refusal("it must begin with http:// or https://, and name no other port than 80 or 443")
    if link.raw_user is not None or link.raw_password is not None:
        raise _refusal("it must name no user")
    if not (_is_name(host) or _is_address(host)):
        raise _refusal("its host must be a name with a dot, or an address as it is usually written")
    return link.with_path("/", keep_query=True) if link.raw_path == "/" else link


def absolute(base: URL, link: str) -> URL:
    """Return where a link of a page leads. Raises INVALID_ARGUMENT as `checked_link`."""
    try:
        return checked_link(urljoin(str(base), link.strip()))
    except ValueError as error:
        raise _refusal("it is none") from error


def page_of(told: Mapping[str, str]) -> Page | None:
    """Return a page by what was found in it; None if it has no title, for then there is nothing to show."""
    title = _line(told.get("og:title") or told.get("title", ""), MAX_TITLE)
    if not title:
        return None
    return Page(
        title,
        _line(told.get("og:description") or told.get("description", ""), MAX_DESCRIPTION),
        _line(told.get("og:site_name", ""), MAX_SITE_NAME),
        (told.get("og:image:secure_url") or told.get("og:image:url") or told.get("og:image", "")).strip(),
    )


def _line(text: str, most: int) -> str:
    """Return a text as one line that is not too long, without what is no character."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _is_name(host: str) -> bool:
    """Tell whether a host is a name, and by nobody read as an address: their last part is no number, in whatever base."""
    labels = host.removesuffix(".").lower().split(".")
    return len(labels) > 1 and all(map(_LABEL.fullmatch, labels)) and not re.fullmatch(r"0x[0-9a-f]*|[0-9]+", labels[-1])


def _is_address(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return isinstance(address, IPv6Address) or str(address) == host


def _refusal(why: str) -> ChatError:
    return ChatError(Reason.INVALID_ARGUMENT, f"url is no link that is looked up: {why}")
