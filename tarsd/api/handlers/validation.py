"""/v1/validation"""

from typing import Annotated, Any, Literal

from pydantic import Field

from tarsd.api.route import Body, Call
from tarsd.changes.model import Change
from tarsd.engine.validation import Validation
from tarsd.operations.persistence import Persistence


class ValidationBody(Body):
    """No suites are all of them."""

    suites: Annotated[list[Literal["deployment", "rag", "security"]], Field(max_length=3)] = Field(
        default_factory=list[Literal["deployment", "rag", "security"]]
    )


class ValidationHandlers:
    """Whether the stack may be relied upon."""

    def __init__(self, validation: Validation, persistence: Persistence) -> None:
        self._validation = validation
        self._persistence = persistence

    async def validate(self, call: Call) -> dict[str, Any]:
        """Ask, and let the services do some work. Raises NotInstalled."""
        body: ValidationBody = call.body
        return await self._validation.validate(body.suites)

    async def restart(self, call: Call) -> Change:
        """Begin to see whether what services take in outlives their restart. Raises NotInstalled, ServiceNotHealthy."""
        return await self._persistence.begin()
