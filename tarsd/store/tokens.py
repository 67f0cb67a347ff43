"""Long-lived tokens of the LAN, of which only hashes are kept, and sessions that were ended before their time."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from tarsd.errors import BadRequest, NotFound
from tarsd.store.database import Database

MOST = 100
"""Tokens; a home has a handful."""


@dataclass(frozen=True)
class Token:
    """`hash` is SHA-256 of the token itself, which has 256 random bits of its own. `expires` in seconds since 1970."""

    id: str
    name: str
    role: str
    hash: bytes
    made: str
    expires: float


class TokenStore:
    """All of it raises StateUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Sequence[Token]:
        """Every token that was not revoked, expired ones too, by name."""

        def read(connection: sqlite3.Connection) -> list[Token]:
            rows = connection.execute("SELECT * FROM token ORDER BY name").fetchall()
            return [Token(**dict(row)) for row in rows]

        return await self._database.read(read)

    async def add(self, token: Token) -> None:
        """Keep one. Raises BadRequest where its name is taken, or there are too many."""

        def write(connection: sqlite3.Connection) -> None:
            taken = connection.execute(
                "SELECT 1 FROM token WHERE name = ?", (token.name,)
            ).fetchone()
            if taken:
                raise BadRequest(
                    f"cannot make token {token.name}: there is one of that name",
                    fix=f"sudo tarsctl token revoke {token.name}",
                )
            (count,) = connection.execute("SELECT count(*) FROM token").fetchone()
            if count >= MOST:
                raise BadRequest(
                    f"cannot make token {token.name}: there are {count} already",
                    fix="sudo tarsctl token revoke NAME",
                )
            connection.execute(
                "INSERT INTO token (id, name, role, hash, made, expires) VALUES (?, ?, ?, ?, ?, ?)",
                (token.id, token.name, token.role, token.hash, token.made, token.expires),
            )

        await self._database.call(write)

    async def remove(self, name: str) -> None:
        """Forget the one of that name, or id. Raises NotFound."""

        def write(connection: sqlite3.Connection) -> None:
            gone = connection.execute("DELETE FROM token WHERE name = ? OR id = ?", (name, name))
            if gone.rowcount == 0:
                raise NotFound(f"cannot revoke {name}: no such token", fix="tarsctl token list")

        await self._database.call(write)

    async def sign_out(self, session: str, until: float, now: float) -> None:
        """Remember that a session is over, until it would have ended by itself."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM signed_out WHERE until < ?", (now,))
            connection.execute(
                "INSERT OR REPLACE INTO signed_out (session, until) VALUES (?, ?)", (session, until)
            )

        await self._database.call(write)

    async def signed_out(self) -> dict[str, float]:
        """Sessions that are over, and until when that matters."""

        def read(connection: sqlite3.Connection) -> dict[str, float]:
            rows = connection.execute("SELECT session, until FROM signed_out").fetchall()
            return {row["session"]: row["until"] for row in rows}

        return await self._database.read(read)
