"""The keeper of the owner's intent, put between the truth of the Engine and what works on its services."""

from collections.abc import Callable
from datetime import datetime

from structlog.typing import FilteringBoundLogger

from tarsd.engine.intent import IntentKeeper, Surroundings
from tarsd.engine.truth import Truth
from tarsd.engine.wishes import Wishes
from tarsd.host.shutdown import Shutdown
from tarsd.observe.intent import IntentJournal
from tarsd.store import Database
from tarsd.store.intent import IntentStore
from tarsd.store.watch import WatchStore


def intent_keeper(
    database: Database,
    store: IntentStore,
    truth: Truth,
    busy: Callable[[str], bool],
    acting: Callable[[str], bool],
    stopped_by_us: Callable[[str], datetime | None],
    known: Callable[[str], bool],
    told: Callable[[], None],
    log: FilteringBoundLogger,
) -> IntentKeeper:
    """It hears what `truth` tells; `engine.intent.Surroundings` says what the callables answer.

    `told` is called when something is not pending any more.
    """
    journal = IntentJournal(log)
    around = Surroundings(
        look=truth.look,
        stopping=Shutdown().under_way,
        busy=busy,
        acting=acting,
        stopped_by_us=stopped_by_us,
        known=known,
    )
    keeper = IntentKeeper(Wishes(store, journal), WatchStore(database), around, journal, told=told)
    truth.subscribe(keeper.notice)
    return keeper
