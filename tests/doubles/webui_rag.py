"""What a double of Open WebUI does with documents: kept in memory, embedded by Ollama's API, searched by the real Chroma.

The paths, bodies and answers are those of the real one, as far as a known-answer test needs them.
"""

import json
import os
import re
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

Answer = tuple[int, Any]

TENANT = "/api/v2/tenants/default_tenant/databases/default_database/collections"
ADMIN = "admin@localhost"


@dataclass
class Documents:
    """Files and collections of knowledge; each file is one piece."""

    files: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    knowledge: dict[str, tuple[str, list[str]]] = field(
        default_factory=dict[str, tuple[str, list[str]]]
    )
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def answer(self, method: str, path: str, headers: Any, raw: bytes) -> Answer | None:
        """None for a path that is not of these."""
        if path == "/api/config":
            return 200, {"features": {"auth": True, "enable_signup": False}}
        if path == "/api/v1/auths/signin" and method == "POST":
            return self._sign_in(json.loads(raw))
        if not path.startswith(
            ("/api/v1/files", "/api/v1/knowledge", "/api/v1/retrieval", "/api/v1/users")
        ):
            return None
        if headers.get("Authorization") != f"Bearer {self.token}":
            return 401, {"detail": "Not authenticated"}
        try:
            return self._allowed(method, path.partition("?")[0].rstrip("/"), raw)
        except HTTPError as error:
            return 400, {"detail": f"upstream answers {error.code}"}
        except OSError as error:
            return 400, {"detail": f"upstream does not answer: {error}"}

    def _sign_in(self, body: dict[str, str]) -> Answer:
        password = os.environ.get("WEBUI_ADMIN_PASSWORD")
        if password and (body["email"], body["password"]) == (ADMIN, password):
            return 200, {"token": self.token, "email": ADMIN, "role": "admin"}
        return 400, {"detail": "The email or password provided is incorrect."}

    def _allowed(self, method: str, path: str, raw: bytes) -> Answer:
        _, _, _, kind, *rest = path.split("/")
        if kind == "users":
            return 200, {"users": [{"email": ADMIN}]}
        if kind == "files":
            return self._files(method, rest, raw)
        if kind == "knowledge":
            return self._knowledge(method, rest, raw)
        body = json.loads(raw)
        found = _query(body["collection_names"][0], body["query"])
        return 200, {"documents": [found], "distances": [[0.1] * len(found)]}

    def _files(self, method: str, rest: list[str], raw: bytes) -> Answer:
        if method == "GET":
            return 200, [{"id": key, "filename": name} for key, (name, _) in self.files.items()]
        if method == "DELETE":
            gone = self.files.pop(rest[0], None)
            return (200, {"message": "deleted"}) if gone else (404, {"detail": "not found"})
        name = re.search(rb'filename="([^"]+)"', raw)
        text = re.search(rb"\r\n\r\n(.*?)\r\n--", raw, re.DOTALL)
        assert name is not None
        assert text is not None
        key = str(uuid.uuid4())
        self.files[key] = (name[1].decode(), text[1].decode())
        _add(f"file-{key}", key, text[1].decode())
        return 200, {"id": key, "filename": name[1].decode()}

    def _knowledge(self, method: str, rest: list[str], raw: bytes) -> Answer:
        if method == "GET":
            return 200, [{"id": key, "name": name} for key, (name, _) in self.knowledge.items()]
        if rest == ["create"]:
            key = str(uuid.uuid4())
            self.knowledge[key] = (json.loads(raw)["name"], [])
            return 200, {"id": key, "name": self.knowledge[key][0]}
        key, *acts = rest
        if key not in self.knowledge:
            return 404, {"detail": "not found"}
        if method == "DELETE":
            del self.knowledge[key]
            _chroma("DELETE", f"{TENANT}/{key}")
            return 200, True
        assert acts == ["file", "add"]
        file = json.loads(raw)["file_id"]
        self.knowledge[key][1].append(file)
        _add(key, file, self.files[file][1])
        return 200, {"id": key}


def _add(collection: str, key: str, text: str) -> None:
    made = _chroma("POST", TENANT, {"name": collection, "get_or_create": True})
    rows = {"ids": [key], "documents": [text], "embeddings": [_embed(text)]}
    _chroma("POST", f"{TENANT}/{made['id']}/add", rows)


def _query(collection: str, text: str) -> list[str]:
    """As the real one: with Chroma down, or without such a collection, it finds nothing and says so to nobody."""
    try:
        made = _chroma("GET", f"{TENANT}/{collection}")
        asked = {"query_embeddings": [_embed(text)], "n_results": 3, "include": ["documents"]}
        found: list[str] = _chroma("POST", f"{TENANT}/{made['id']}/query", asked)["documents"][0]
    except OSError:
        return []
    return found


def _embed(text: str) -> list[float]:
    model = os.environ.get("RAG_EMBEDDING_MODEL", "")
    url = f"{os.environ.get('RAG_OLLAMA_BASE_URL')}/api/embed"
    vectors: list[list[float]] = _ask("POST", url, {"model": model, "input": text})["embeddings"]
    return vectors[0]


def _chroma(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    where = f"{os.environ.get('CHROMA_HTTP_HOST')}:{os.environ.get('CHROMA_HTTP_PORT', '8000')}"
    return _ask(method, f"http://{where}{path}", body)


def _ask(method: str, url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")
