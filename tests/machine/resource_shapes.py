"""The shapes of docs/json.md for models and secrets."""

from pydantic import AwareDatetime

from tests.machine.shapes import Shape, Top


class LoadedModel(Shape):
    """`loaded` of a model."""

    size_bytes: int
    gpu_bytes: int
    expires: str | None


class ListedModel(Shape):
    """One model of `models list`."""

    name: str
    present: bool
    kept: bool
    size_bytes: int | None
    digest: str | None
    modified: str | None
    loaded: LoadedModel | None


class Models(Top):
    """`tarsctl models list --json`."""

    models: list[ListedModel]


class ShownModel(Top, ListedModel):
    """`tarsctl models show NAME --json`."""

    family: str | None
    parameters: str | None
    quantization: str | None
    context_length: int | None
    capabilities: list[str]
    license: str | None


class ListedSecret(Shape):
    """One secret of `secrets list`."""

    name: str
    present: bool
    made: AwareDatetime | None
    length: int | None
    seals: str | None
    rotates: bool


class Secrets(Top):
    """`tarsctl secrets list --json`."""

    secrets: list[ListedSecret]


class ShownSecret(Top):
    """`tarsctl secrets show admin-password --json`."""

    name: str
    value: str


class Bundle(Top):
    """`tarsctl bundle`."""

    name: str
    path: str
    size_bytes: int
    made: AwareDatetime
    sha256: str
    encrypted: bool
    files: int
    withheld: list[dict[str, str]]
    missing: list[dict[str, str | None]]
    redactions: dict[str, int]
    needles: int
    signer: str


class Checked(Shape):
    """One of `checks` of `bundle verify`."""

    what: str
    good: bool | None
    words: str


class Verified(Top):
    """`tarsctl bundle verify`."""

    file: str
    intact: bool
    checks: list[Checked]
    bundle: str | None = None
    made: str | None = None
    version: str | None = None
    signer: str | None = None
