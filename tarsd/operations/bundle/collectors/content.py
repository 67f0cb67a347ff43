"""User content in a line of a log is cut to its shape: that there was a prompt of 412 characters helps, its words do not.

Known by where it stands, never by what it says: the keys under which the stack's services log it, and the statements and
parameters that databases log. In doubt it is cut, up to the end of the line.
"""

import json
import re
from typing import Any, cast

_NAMES = """
    prompt prompts system suffix messages content contents completion response question answer query queries query_text
    query_texts query_embeddings search_query input inputs text texts page_content document documents chunk chunks
    embedding embeddings vector vectors metadata metadatas where_document history chat conversation title filename
    file_name original_filename transcript transcription body form_data template user_message generated_text delta
"""
KEYS = frozenset(_NAMES.split())
"""Names under which Ollama, Chroma, Open WebUI and the libraries below them log what a person wrote or keeps."""

_PAIR = re.compile(
    r"""(?<![\w.-])(?P<quote>\\?["']?)(?P<name>[A-Za-z_]{4,20})(?P=quote)\s*(?:=>|[:=])\s*"""
)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
_PLAIN = re.compile(
    r"(?:-?\d[\d.]*(?:ns|us|µs|ms|s|m|h)?|true|false|null|None|True|False)(?=$|[\s,;)\]}])"
)

_SQL = re.compile(
    r"\b(?:STATEMENT|QUERY|CONTEXT|DETAIL):\s+|\bLOG:\s+(?:execute|statement|parse|bind|duration: [\d.]+ ms\s+\w+)[^:]*:\s+"
    r"|\binvalid (?:input syntax|byte sequence|text representation)[^:]*:\s+|\[SQL: |\[parameters: |\bparameters:\s+"
)
"""PostgreSQL tells the statement that failed with its values, and SQLAlchemy after it."""

_QUERY_STRING = re.compile(r"(?<=[\w/])\?[^\s\"']*=[^\s\"']*")
"""Of a URL in an access log: what was searched for."""

_MONITORED = re.compile(r'^(?P<head>[+]?\d{10}\.\d+ \[\d+ [^\]]+\] "[^"]*").+')
"""Redis MONITOR and slow log: the command stays, what it was given goes."""

_BEGINS = re.compile(
    r"\W{0,2}(?:\d{4}[-/.]\d\d|\d\d:\d\d|\d+:[A-Z] \d\d|\d{10}\.|(?:time|level|ts)=|[A-Z]{3,}\b|Traceback|[{\[])"
)
"""How a new entry of a log begins: with a time, a level, as JSON."""

LONGEST_ENTRY = 500
"""Lines; what goes on for longer was no text of a person."""


class Shapes:
    """For one log, its lines in order: a text may run on over several."""

    def __init__(self) -> None:
        self._left = 0
        """Lines that may still belong to a text that was cut."""
        self._first = True

    def __call__(self, line: str) -> str:
        """The line without what a person wrote."""
        if not line.strip():
            return line
        goes_on = line.startswith("\t") or not _BEGINS.match(line)
        first, self._first = self._first, False
        if goes_on and (self._left or (first and line.startswith("\t"))):
            self._left = (self._left or LONGEST_ENTRY) - 1
            return _text(len(line))
        cut, ended = _shape(line)
        self._left = 0 if ended else LONGEST_ENTRY
        return cut


def _shape(line: str) -> tuple[str, bool]:
    """And whether what was cut from it ended with it."""
    if line.lstrip().startswith("{"):
        try:
            whole = json.loads(line)
            cut = _shaped(whole)
            if cut == whole:
                return line, True
            return json.dumps(cut, ensure_ascii=False, separators=(",", ":")), True
        except (ValueError, RecursionError):
            pass
    line = _MONITORED.sub(lambda it: f"{it['head']} {_text(len(it[0]) - len(it['head']))}", line)
    line = _QUERY_STRING.sub(lambda it: f"?{_text(len(it[0]) - 1)}", line)
    statement = _SQL.search(line)
    if statement is not None and statement.end() < len(line):
        head, _ = _values(line[: statement.end()])
        return head + _text(len(line) - statement.end()), False
    return _values(line)


def _values(line: str) -> tuple[str, bool]:
    """Without the values of all keys of content, and whether it can be told where the last of them ends."""
    kept: list[str] = []
    at = 0
    ended = True
    while (key := _PAIR.search(line, at)) is not None:
        kept.append(line[at : key.end()])
        at = key.end()
        if key["name"].lower() not in KEYS:
            continue
        if (plain := _PLAIN.match(line, at)) is not None:
            kept.append(plain[0])
            at = plain.end()
            continue
        quoted = _QUOTED.match(line, at) if not key["quote"].startswith("\\") else None
        ended = quoted is not None
        end = quoted.end() if quoted is not None else len(line)
        if end > at:
            kept.append(_text(end - at))
        at = end
    return "".join([*kept, line[at:]]), ended


def _shaped(value: Any, hidden: bool = False) -> Any:
    if isinstance(value, dict):
        rows = cast("dict[str, Any]", value)
        if hidden:
            return f"<{len(rows)} fields>"
        return {name: _shaped(it, name.lower() in KEYS) for name, it in rows.items()}
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return f"<{len(items)} items>" if hidden else [_shaped(it) for it in items]
    if isinstance(value, str):
        return _text(len(value)) if hidden else _shape(value)[0]
    return value


def _text(characters: int) -> str:
    return f"<text: {characters} characters>"
