"""From a request's target to its row of the table. Nothing of a target ever becomes a path on disk."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from tarsd.api.lan.refusals import MethodNotAllowed
from tarsd.api.lan.route import LanRoute
from tarsd.errors import BadRequest, NotFound

LONGEST_TARGET = 2048
"""Characters of path and query; the longest of ours is a tenth of that."""


class Routing:
    """Finds rows by the path as it was sent: `/ops/../metrics` is a path that there is not."""

    def __init__(self, routes: Iterable[LanRoute]) -> None:
        self._plain: dict[str, dict[str, LanRoute]] = {}
        self._patterns: list[tuple[re.Pattern[str], dict[str, LanRoute]]] = []
        found: dict[str, dict[str, LanRoute]] = {}
        for route in routes:
            methods = found.setdefault(route.path, {})
            methods[route.method] = route
            if route.method == "GET":
                methods["HEAD"] = route
        for path, methods in found.items():
            if "{" in path:
                pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
                self._patterns.append((re.compile(pattern), methods))
            else:
                self._plain[path] = methods

    def find(self, method: str, target: str) -> tuple[LanRoute, Mapping[str, str]]:
        """The row and the path's variables. Raises BadRequest, NotFound, MethodNotAllowed."""
        path = target.partition("?")[0]
        if not path.startswith("/") or len(target) > LONGEST_TARGET:
            raise BadRequest("cannot answer: the request's target is none of this machine's")
        methods, variables = self._methods(path)
        route = methods.get(method)
        if route is None:
            raise MethodNotAllowed(
                "cannot do that here: the route has other methods",
                details={"allow": sorted(methods)},
            )
        return route, variables

    def _methods(self, path: str) -> tuple[dict[str, LanRoute], Mapping[str, str]]:
        if path in self._plain:
            return self._plain[path], {}
        for pattern, methods in self._patterns:
            if found := pattern.fullmatch(path):
                return methods, {key: unquote(it) for key, it in found.groupdict().items()}
        raise NotFound("cannot find that: there is no such route", fix="see /openapi.json")
