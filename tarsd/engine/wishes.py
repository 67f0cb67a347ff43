"""The owner's wishes as the stack's keeper records them: on disk, or owed to a disk that does not take them now."""

from collections.abc import Mapping
from dataclasses import dataclass

from tarsd.errors import StateUnavailable
from tarsd.observe.intent import IntentJournal
from tarsd.store.intent import IntentStore, Wanted, Wish
from tarsd.times import now


@dataclass(frozen=True)
class _Owed:
    before: Wish | None
    wish: Wish


class Wishes:
    """What tarsctl records meanwhile is never overwritten: the owner's word to us counts more than what events mean."""

    def __init__(self, store: IntentStore, journal: IntentJournal) -> None:
        self._store = store
        self._journal = journal
        self._owed: dict[str, _Owed] = {}

    @property
    def owed(self) -> bool:
        """Whether something is to be tried again."""
        return bool(self._owed)

    @property
    def known(self) -> bool:
        """Whether state.db has been read: before that, a service without a wish may be one that is wanted stopped."""
        return self._store.latest is not None

    async def all(self) -> Mapping[str, Wish]:
        """By service, with those that are not on disk yet. Raises StateUnavailable."""
        return {
            **await self._store.wishes(),
            **{service: it.wish for service, it in self._owed.items()},
        }

    def newest(self) -> Mapping[str, Wish]:
        """The same as it was last read or written, by anyone; nothing before `known`."""
        owed = {service: it.wish for service, it in self._owed.items()}
        return {**(self._store.latest or {}), **owed}

    def latest(self) -> Mapping[str, Wanted]:
        """What that wants; nothing before `known`."""
        return {service: wish.wanted for service, wish in self.newest().items()}

    async def record(self, service: str, seen: Wish | None, wanted: Wanted, reason: str) -> None:
        """Record a wish in place of the one that was `seen`; a disk that refuses is told of, and tried again by retry()."""
        owed = self._owed.get(service)
        await self._write(
            service, _Owed(owed.before if owed else seen, Wish(wanted, now(), reason))
        )

    async def retry(self) -> None:
        """Record what is owed, unless something else has been recorded meanwhile. Raises StateUnavailable."""
        for service, owed in list(self._owed.items()):
            there = (await self._store.wishes()).get(service)
            wanted, reason = owed.wish.wanted, owed.wish.reason
            if there is not None and (there.wanted, there.reason) == (wanted, reason):
                del self._owed[service]  # nobody could know whether that write had been committed
                self._journal.changed(service, wanted, reason)
            else:
                await self._write(service, owed)

    async def _write(self, service: str, owed: _Owed) -> None:
        wanted, reason = owed.wish.wanted, owed.wish.reason
        try:
            recorded = await self._store.replace(service, owed.before, wanted, reason)
        except StateUnavailable as error:
            self._owed[service] = owed
            self._journal.unrecorded(error)
            return
        self._owed.pop(service, None)
        if recorded:
            self._journal.changed(service, wanted, reason)
