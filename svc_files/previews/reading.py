"""`python -m svc_files.previews.reading`: read what a page says of itself, in a process that dies with it (see `svc_files.cage`)."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from svc_files.cage import confine

WANTED = frozenset(
    ("og:title", "og:description", "og:site_name", "og:image", "og:image:url", "og:image:secure_url", "description"),
)
MAX_TOLD = 4096
"""Characters of one of these: what is longer is cut later, or is no link."""
_DECLARED = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([a-zA-Z0-9_:.-]{1,40})""", re.IGNORECASE)
_DECLARED_WITHIN = 1024


def read(page: bytes, charset: str) -> dict[str, str]:
    """Return what a page says of itself, by the names that it uses, of each the first; and its title."""
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - only after the limits hold

    tree = LexborHTMLParser(_text(page, charset))
    told: dict[str, str] = {}
    for node in tree.css("meta"):
        name = (node.attributes.get("property") or node.attributes.get("name") or "").strip().lower()
        if name in WANTED and name not in told:
            told[name] = (node.attributes.get("content") or "")[:MAX_TOLD]
    title = tree.css_first("head > title")
    return told | ({"title": title.text()[:MAX_TOLD]} if title is not None else {})


def _text(page: bytes, charset: str) -> str:
    """Return a page as text: by the character set of its header, by its own word, or as UTF-8; what is none of it is replaced."""
    declared = _DECLARED.search(page[:_DECLARED_WITHIN])
    for name in filter(None, (charset, declared.group(1).decode() if declared else "")):
        try:
            return page.decode(name, errors="replace")
        except (LookupError, ValueError):
            continue  # there is no such character set
    return page.decode(errors="replace")


def main() -> None:
    """Do the job that standard input tells."""
    job = json.load(sys.stdin)
    confine(max_memory=job["max_memory"], max_seconds=job["max_seconds"], max_output=0)
    json.dump(read(Path(job["source"]).read_bytes(), job["charset"]), sys.stdout)


if __name__ == "__main__":
    main()
