"""Small archives in the form of `docker save`."""

import io
import json
import tarfile

CONFIG, LAYER = "blobs/sha256/c0ffee", "blobs/sha256/1a9e4"
MANIFEST = json.dumps(
    [{"Config": CONFIG, "RepoTags": ["redis:8.10.1"], "Layers": [LAYER]}]
).encode()


def image_archive(manifest: bytes | None = MANIFEST, *, padded: bool = True) -> bytes:
    """An archive of one image; None leaves the manifest out.

    Python pads to 10 KiB; Docker's own archives end with their end mark (padded=False).
    """
    members = {CONFIG: b"{}", LAYER: b"layer of redis" * 100}
    if manifest is not None:
        members["manifest.json"] = manifest
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    whole = buffer.getvalue()
    return whole if padded else whole.rstrip(b"\0") + _end_after(whole)


def _end_after(whole: bytes) -> bytes:
    content = len(whole.rstrip(b"\0"))
    return bytes(-content % 512 + 1024)
