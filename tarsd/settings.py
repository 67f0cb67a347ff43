"""The settings' shape: what an owner may write in tars-home.toml and conf.d, with its defaults."""

import re
from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from tarsd import nas_source

LONGEST_MODEL = 200
"""Characters; no model of the public libraries comes near."""

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_MODEL = rf"({_PART}(:\d+)?/)?({_PART}/){{0,3}}{_PART}(:{_PART})?"

CONTAINER_INTERFACE = re.compile(r"docker|br-|veth|virbr|vnet|cni|podman|lxc|cali|flannel")
"""How names of interfaces begin that lead to containers or virtual machines."""

Port = Annotated[int, Field(ge=1, le=65535, description="a port")]


def _mount_point(path: str) -> str:
    if not re.fullmatch(r"(/[^/\x00-\x1f\x7f\ud800-\udfff]+){3,}", path) or ".." in path.split("/"):
        raise ValueError(
            "must be an absolute path of three or more levels, such as /mnt/nas/documents: "
            "containers are given all of its parent"
        )
    return path


def _image(reference: str) -> str:
    if not reference:
        return reference  # none, in a file that is to overrule an earlier one
    if not re.fullmatch(r"[a-z0-9][a-z0-9._:/-]*[a-zA-Z0-9._@:-]*", reference) or "//" in reference:
        raise ValueError("must be an image reference, such as registry.lan/tars-api:2.1")
    return reference


def _model(name: str) -> str:
    if not re.fullmatch(_MODEL, name) or len(name) > LONGEST_MODEL:
        raise ValueError("must be a model's name, such as llama3.1:8b or hf.co/owner/model:Q4_K_M")
    return name


def _address(address: str) -> str:
    try:
        ip_address(address)
    except ValueError:
        raise ValueError(
            "must be an address of this machine, such as 0.0.0.0 or 192.168.1.10"
        ) from None
    return address


def _nas_source(text: str) -> str:
    nas_source.parse(text)
    return text


def _credentials(name: str) -> str:
    if not re.fullmatch(r"nas-[0-9a-f]{8}\.credentials", name):
        raise ValueError("must be the name of a file that tarsctl nas setup made")
    return name


def _marker(name: str) -> str:
    if not re.fullmatch(
        r"[^/\x00-\x1f\x7f\ud800-\udfff]+(/[^/\x00-\x1f\x7f\ud800-\udfff]+)*", name
    ) or ({".", ".."} & set(name.split("/"))):
        raise ValueError("must be the name of a file in the share, such as tars-marker.txt")
    return name


def _host_name(name: str) -> str:
    if not re.fullmatch(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,62}\.)*[a-z0-9-]{0,62}[a-z0-9]?", name):
        raise ValueError("must be a name of this machine in small letters, such as attic.home.arpa")
    return name


def _interface(name: str) -> str:
    if not re.fullmatch(r"[^/\s]{1,15}", name) or CONTAINER_INTERFACE.match(name):
        raise ValueError(
            "must be an interface of the LAN, such as eth0; never one of container networks"
        )
    return name


def _file(path: str) -> str:
    if not re.fullmatch(r"(/[^/\x00-\x1f\x7f\ud800-\udfff]+)+", path) or ".." in path.split("/"):
        raise ValueError("must be the absolute path of a file in PEM")
    return path


HostName = Annotated[str, AfterValidator(_host_name)]
Interface = Annotated[str, AfterValidator(_interface)]
PemFile = Annotated[str, AfterValidator(_file)]
MountPoint = Annotated[str, AfterValidator(_mount_point)]
NasSource = Annotated[str, AfterValidator(_nas_source)]
Credentials = Annotated[str, AfterValidator(_credentials)]
Marker = Annotated[str, AfterValidator(_marker)]
ImageReference = Annotated[str, AfterValidator(_image)]
ModelName = Annotated[str, AfterValidator(_model)]
Address = Annotated[str, AfterValidator(_address)]


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
    """`[ports]`: where services answer on this machine; all but webui on 127.0.0.1 only.

    `extra` are ports that must be free too, for what the owner's override publishes later. `exposed` are services that his
    override publishes to the network on purpose.
    """

    webui: Port = 8080
    webui_address: Address = "0.0.0.0"  # noqa: S104  the web page is for the LAN; the rest is not
    ollama: Port = 11434
    chromadb: Port = 8000
    postgres: Port = 5432
    redis: Port = 6379
    backend: Port = 8010
    extra: Annotated[tuple[Port, ...], Field(strict=False)] = ()
    exposed: Annotated[tuple[str, ...], Field(strict=False)] = ()


class Nas(Section):
    """`[nas]`: where the documents of the NAS are mounted on this machine, and whether containers see them.

    `source`, `version` and `credentials` are written by `tarsctl nas setup`; a path alone is a mount of the owner's own.
    """

    path: MountPoint | None = None
    enabled: bool = True
    source: NasSource | None = None
    version: nas_source.Version = "auto"
    credentials: Credentials | None = None
    """A file in the secrets directory."""
    marker: Marker | None = None
    """A file in the share by which it is known to be the right one."""


class Ollama(Section):
    """`[ollama]`"""

    context_length: Annotated[int, Field(ge=512, le=1_048_576)] = 8192


class Models(Section):
    """`[models]`: names that are kept present on the model server."""

    # TOML has lists only, and a strict tuple takes none.
    keep: Annotated[tuple[ModelName, ...], Field(strict=False)] = ()


class Start(Section):
    """`[start]`: how long, in seconds, services may take before an install or start gives up."""

    deadline: Annotated[int, Field(ge=10, le=7200)] = 900


HealMode = Literal["auto", "suggest", "off"]


class Heal(Section):
    """`[heal]`: whether faults are mended unattended; the strictest of machine, fault and service counts.

    `suggest` says in the incident what would be done, `off` does not even think of it.
    """

    mode: HealMode = "auto"
    faults: dict[str, HealMode] = {}
    """By fault, such as `"service.hung" = "suggest"`."""
    services: dict[str, HealMode] = {}


class Monitor(Section):
    """`[monitor]`: how services are asked. Times are in seconds."""

    probe_period: Annotated[int, Field(ge=2, le=3600)] = 10
    probe_deadline: Annotated[int, Field(ge=1, le=60)] = 5
    probe_failures: Annotated[int, Field(ge=1, le=100)] = 2
    """Failures in a row that make a service unhealthy or hung; after the first one it is asked again at once."""
    crash_loop_exits: Annotated[int, Field(ge=2, le=100)] = 3
    crash_loop_window: Annotated[int, Field(ge=10, le=3600)] = 300
    memory_stall: Annotated[int, Field(ge=1, le=100)] = 10
    """Per cent of a minute in which everything waited for memory that are worth a warning."""


class Disk(Section):
    """`[disk]`: when little space is told of, and when something is done about it. Both figures of a pair must be so:

    a tenth of a large disk is plenty. The shares count for inodes, too.
    """

    low_percent: Annotated[int, Field(ge=0, le=90)] = 10
    low_gb: Annotated[int, Field(ge=0, le=1_000_000)] = 50
    full_percent: Annotated[int, Field(ge=0, le=50)] = 3
    full_gb: Annotated[int, Field(ge=0, le=1_000_000)] = 10


class Data(Section):
    """`[data]`: what is kept of databases and vectors before they are put at risk (docs/backups.md)."""

    keep: Annotated[int, Field(ge=1, le=100)] = 3
    """Backups of each service; the oldest goes first, never the last one that holds something."""
    megabytes: Annotated[int, Field(ge=10, le=10_000_000)] = 20_000
    """Of all of them together; what needs more is refused."""


class Gpu(Section):
    """`[gpu]`: from when on a card's troubles are told."""

    others_megabytes: Annotated[int, Field(ge=0, le=10_000_000)] = 1024
    """Of the cards' memory, held by programs outside the stack."""
    throttled_minutes: Annotated[int, Field(ge=1, le=10)] = 6
    """Of the last ten, in which its own hardware slows a card down."""


class Evidence(Section):
    """`[evidence]`: how much is kept of what was saved before acts; the oldest of what is resolved goes first."""

    megabytes: Annotated[int, Field(ge=1, le=10_000)] = 64
    incidents: Annotated[int, Field(ge=1, le=10_000)] = 100


def _channel_name(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", name) or name == HEARTBEAT:
        raise ValueError(
            f"must be a name of small letters, digits and -, such as phone, and not {HEARTBEAT}"
        )
    return name


def _quiet(hours: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", hours):
        raise ValueError("must be from when until when, such as 22:00-07:00")
    return hours


HEARTBEAT = "heartbeat"
"""What the file with the address of the outbound heartbeat is called, as those of channels are by their name."""

AlertSeverity = Literal["info", "warn", "fail"]
ChannelName = Annotated[str, AfterValidator(_channel_name)]


class Channel(Section):
    """`[alerts.channels.NAME]`: one way to the owner. Its address is a secret: `tarsctl alerts url NAME` takes it."""

    kind: Literal["apprise", "alertmanager"] = "apprise"
    severity: AlertSeverity = "warn"
    """The least that it is told."""
    faults: Annotated[tuple[str, ...], Field(strict=False)] = ("*",)
    """Patterns, such as `gpu.*`."""
    quiet: Annotated[str, AfterValidator(_quiet)] | None = None
    """Hours of the machine's own time zone in which it is told nothing, such as 22:00-07:00."""
    quiet_lets: Literal["none", "fail"] = "none"
    """What it is told in these hours all the same."""
    per_hour: Annotated[int, Field(ge=1, le=1000)] = 20
    """Messages; what is more is told together with the next."""


class Alerts(Section):
    """`[alerts]`: who is told of incidents, and when. Times are in the unit of their name."""

    channels: dict[ChannelName, Channel] = {}
    wait_seconds: Annotated[int, Field(ge=0, le=3600)] = 20
    """For which a fault lasts before it is told: most is mended by then."""
    calm_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    """For which it is well before that is told."""
    remind_hours: Annotated[int, Field(ge=0, le=720)] = 6
    """Between two reminders of what nobody has acknowledged; 0 for none."""
    heartbeat_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    """Between two pings of the heartbeat's address; 0 for none."""


OpsMode = Literal["lan", "local", "off"]


class Ops(Section):
    """`[ops]`: what the LAN may ask (docs/operations-api.md). `local` is this machine alone, `off` nobody."""

    mode: OpsMode = "off"
    port: Port = 8443
    interfaces: Annotated[tuple[Interface, ...], Field(strict=False)] = ()
    """None: those that lead out."""
    names: Annotated[tuple[HostName, ...], Field(strict=False)] = ()
    """Beside the machine's own."""
    certificate: PemFile | None = None
    key: PemFile | None = None
    proxies: Annotated[tuple[Address, ...], Field(strict=False)] = ()
    """Whose X-Forwarded-For is believed."""

    @model_validator(mode="after")
    def _both(self) -> "Ops":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("must have a certificate and a key, or neither")
        return self


class Settings(Section):
    """All settings; an empty file gives every default."""

    log: Log = Log()
    stack: Stack = Stack()
    ports: Ports = Ports()
    nas: Nas = Nas()
    ollama: Ollama = Ollama()
    models: Models = Models()
    start: Start = Start()
    heal: Heal = Heal()
    monitor: Monitor = Monitor()
    disk: Disk = Disk()
    evidence: Evidence = Evidence()
    data: Data = Data()
    gpu: Gpu = Gpu()
    alerts: Alerts = Alerts()
    ops: Ops = Ops()
