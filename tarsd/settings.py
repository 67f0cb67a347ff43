"""The settings' shape: what an owner may write in tars-home.toml and conf.d, with its defaults."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Port = Annotated[int, Field(ge=1, le=65535)]
AbsolutePath = Annotated[str, Field(pattern=r"^/[^\x00]*$")]
ImageReference = Annotated[str, Field(pattern=r"^[a-z0-9][a-zA-Z0-9._/:@-]*$")]


class Section(BaseModel):
    """A table of the settings: immutable, no unknown keys, no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Log(Section):
    """`[log]`"""

    level: Literal["debug", "info", "warning", "error"] = "info"


class Stack(Section):
    """`[stack]`: which optional services run, and on what."""

    cpu_only: bool = False
    frontend: bool = False
    backend_image: ImageReference | None = None


class Ports(Section):
    """`[ports]`: where services answer on this machine; all but webui on 127.0.0.1 only."""

    webui: Port = 8080
    webui_address: str = "0.0.0.0"  # noqa: S104  the web page is for the LAN; the rest is not
    ollama: Port = 11434
    chromadb: Port = 8000
    postgres: Port = 5432
    redis: Port = 6379
    backend: Port = 8010


class Nas(Section):
    """`[nas]`: where the documents of the NAS are mounted on this machine."""

    path: AbsolutePath | None = None


class Ollama(Section):
    """`[ollama]`"""

    context_length: Annotated[int, Field(ge=512, le=1_048_576)] = 8192


class Start(Section):
    """`[start]`: how long, in seconds, services may take before an install or start gives up."""

    deadline: Annotated[int, Field(ge=10, le=7200)] = 900


class Settings(Section):
    """All settings; an empty file gives every default."""

    log: Log = Log()
    stack: Stack = Stack()
    ports: Ports = Ports()
    nas: Nas = Nas()
    ollama: Ollama = Ollama()
    start: Start = Start()
