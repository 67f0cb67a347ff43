"""What a test of the NAS does on a machine, in the owner's words."""

from tarsd.changes.model import Change
from tarsd.host.nas.credentials import CredentialFiles
from tarsd.host.nas.trial import Wanted
from tarsd.operations import nas
from tests.unit.fake_nas import PATH, SHARE
from tests.unit.home import Home

REFUSED = {"reason": "password", "message": "cannot mount: wrong password", "fix": "type it anew"}
PASSWORD = 'pa,ss "w%rd'


async def begin_setup(home: Home, source: str = SHARE, path: str = PATH) -> Change:
    """Begin a setup; a Windows share's password is written down first, as the handler does."""
    files = CredentialFiles(home.paths.secrets)
    name = await files.add("scan", PASSWORD, None) if source.startswith("//") else None
    plan = nas.setup_plan(Wanted(source, "auto", name), path)
    return await home.app.changes.begin("nas-setup", f"set up {source}", {nas.LOCK}, plan)


async def set_up(home: Home, source: str = SHARE, path: str = PATH) -> Change:
    return await home.end(await begin_setup(home, source, path))


async def begin_removal(home: Home) -> Change:
    return await home.app.changes.begin("nas-remove", "remove", {nas.LOCK}, nas.remove_plan())


async def remove(home: Home) -> Change:
    return await home.end(await begin_removal(home))


def traces(home: Home) -> dict[str, object]:
    """Everything that a setup leaves on a machine."""
    file = home.paths.conf_d / "40-nas.toml"
    return {
        "units": dict(home.nas.files),
        "mounts": {path: mount.source for path, mount in home.nas.mounts.items()},
        "credentials": {
            path.name: path.read_text() for path in home.paths.secrets.glob("nas-*.credentials")
        },
        "file": file.read_text() if file.exists() else None,
        "settings": home.app.configured.settings.nas,
    }
