"""What a check can see, made anew for each asking."""

from collections.abc import Callable

from tarsd.catalogue.views import DaemonView
from tarsd.operations.render import Renderer
from tarsd.operations.worlds import Senses, Sources, Worlds
from tarsd.store.counts import CountStore
from tarsd.wiring.outside import Outside


def worlds_of(
    out: Outside,
    renderer: Renderer,
    senses: Senses,
    counts: CountStore,
    daemon: Callable[[], DaemonView],
) -> Worlds:
    """`daemon`: how tarsd itself is."""
    sources = Sources(
        nas=out.nas.sight,
        nvidia=out.nvidia,
        kernel=out.kernel,
        ollama=out.ollama,
        http=out.http,
        deep=out.deep,
        counts=counts,
        daemon=daemon,
    )
    return Worlds(out.docker, out.own_jobs, renderer, senses, sources)
