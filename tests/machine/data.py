"""Data left in the stack, to be found again: in the database, the cache and the vector store."""

import json
import secrets
from dataclasses import dataclass

from tests.machine.home import Home

COLLECTIONS = "api/v2/tenants/default_tenant/databases/default_database/collections"


@dataclass(frozen=True)
class Keepsake:
    """One random word, put in three places."""

    word: str

    @classmethod
    def leave(cls, home: Home) -> "Keepsake":
        """Write the word and let each store write it down.

        Chroma acknowledges what only its write-ahead log in the page cache holds (SQLite, synchronous=NORMAL): a power
        cut may take it. It is synced here, before the databases that promise more get theirs.
        """
        word = f"word-{secrets.token_hex(6)}"
        _chroma(home, "POST", {"name": word})
        home.machine.exec("sync")
        _psql(home, "CREATE TABLE IF NOT EXISTS keepsake (word text)")
        _psql(home, f"INSERT INTO keepsake VALUES ('{word}')")
        _redis(home, "SET", "keepsake", word)
        _redis(home, "SAVE")
        return cls(word)

    def check(self, home: Home) -> None:
        """Fails unless the word is where it was put."""
        assert self.word in _psql(home, f"SELECT word FROM keepsake WHERE word = '{self.word}'")
        assert self.word in _redis(home, "GET", "keepsake")
        assert self.word in _chroma(home, "GET")


def _psql(home: Home, statement: str) -> str:
    script = 'exec psql -qAt -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "$1"'
    return home.machine.exec(
        "docker", "exec", home.container("postgres"), "sh", "-c", script, "sh", statement
    ).out


def _redis(home: Home, *words: str) -> str:
    script = (
        'REDISCLI_AUTH=$(sed -n "s/^requirepass //p" /run/secrets/*redis*) exec redis-cli -e "$@"'
    )
    return home.machine.exec(
        "docker", "exec", home.container("redis"), "sh", "-c", script, "sh", *words
    ).out


def _chroma(home: Home, method: str, body: dict[str, str] | None = None) -> str:
    port = next(iter(home.status().service("chromadb").ports))
    return home.machine.exec(
        "curl",
        "-fsS",
        "-X",
        method,
        f"http://{port}/{COLLECTIONS}",
        "-H",
        "Content-Type: application/json",
        *(["-d", json.dumps(body)] if body else []),
    ).out
