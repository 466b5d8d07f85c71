"""What was found, on the wire."""

from __future__ import annotations

from elastic_chat.history.v1 import history_service_pb2 as pb
from svc_history.search.matching import Field, snippet, utf16
from svc_history.search.searcher import Result, texts_of

MAX_HIGHLIGHTS = 100
"""Of one message: who looks at it sees what it is about, and a word that stands in it thousands of times makes no answer of megabytes."""

_FIELDS = {
    Field.TEXT: pb.Highlight.TEXT,
    Field.ATTACHMENT_NAME: pb.Highlight.ATTACHMENT_NAME,
    Field.POLL_OPTION: pb.Highlight.POLL_OPTION,
}


def result_message(result: Result) -> pb.SearchResult:
    """Return a message that was found, as clients read it."""
    texts = {(field, index): text for field, index, text in texts_of(result.entry.body).all()}
    found = pb.SearchResult(
        entry=result.entry,
        highlights=[
            pb.Highlight(field=_FIELDS[one.field], index=one.number, range=_range(texts[one.field, one.number], one.start, one.end))
            for one in result.spots[:MAX_HIGHLIGHTS]
        ],
    )
    if text := result.entry.body.text:
        found.snippet.CopyFrom(_range(text, *snippet(text, result.spots)))
    return found


def _range(text: str, start: int, end: int) -> pb.TextRange:
    return pb.TextRange(start=utf16(text, start), end=utf16(text, end))
