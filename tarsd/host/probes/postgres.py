"""PostgreSQL: sign in as a client does, run `SELECT 1`, say goodbye."""

from dataclasses import dataclass

from tarsd.errors import ProbeFailed, Why
from tarsd.host.conversation import Address, UnexpectedAnswer
from tarsd.host.postgres import wire
from tarsd.host.postgres.scram import SaltedKeys
from tarsd.host.postgres.session import Login, ServerError, signed_in
from tarsd.host.probes.probe import DEADLINE, ReadSecret, secret, timed

_WHY: dict[str, Why] = {"57P03": "starting", "28P01": "denied", "28000": "denied"}
"""By SQLSTATE; 57P03 is cannot_connect_now: starting up, shutting down, recovering."""


@dataclass(frozen=True)
class PostgresProbe:
    """Whether the server lets the user in and answers a query.

    To be asked only while the service's container runs: whoever else listened there could ask for the password in clear.
    """

    address: Address
    user: str
    database: str
    password: ReadSecret | None
    deadline: float = DEADLINE
    keys: SaltedKeys | None = None

    async def ask(self) -> float:
        """See Probe."""
        return await timed(self.address, self._talk(), self.deadline)

    async def _talk(self) -> None:
        password = "" if self.password is None else await secret(self.password, self.address)
        login = Login(self.user, self.database, password, old_ways=True, keys=self.keys)
        try:
            async with signed_in(self.address, login) as session:
                rows = await session.execute("SELECT 1")
        except ServerError as error:
            raise ProbeFailed(str(self.address), error.words, why(error), error.sqlstate) from error
        if [wire.only_value(row) for row in rows] != [b"1"]:
            raise UnexpectedAnswer("it answers SELECT 1 with something else")


def why(error: ServerError) -> Why:
    """The kind of a refusal."""
    return _WHY.get(error.sqlstate, "sick")
