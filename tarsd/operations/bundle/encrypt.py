"""Encryption for one recipient, with age, as a stream; the plain archive never has a lasting name."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tarsd.errors import BadRequest, BundleFailed

if TYPE_CHECKING:
    import pyrage

    Recipient = pyrage.x25519.Recipient | pyrage.ssh.Recipient

SUFFIX = ".age"


def recipient(text: str) -> "Recipient":
    """An age or SSH public key. Raises BadRequest: a bundle for a wrong recipient would be lost work at its end."""
    import pyrage  # only who asks for it pays for it

    readers: tuple[Callable[[str], Recipient], ...] = (
        pyrage.x25519.Recipient.from_str,
        pyrage.ssh.Recipient.from_str,
    )
    for read in readers:
        try:
            return read(text.strip())
        except pyrage.RecipientError:
            continue
    raise BadRequest(
        f"cannot encrypt to {text[:60]!r}: it is no age recipient (age1...) and no SSH public key",
        fix="age-keygen -o key.txt prints the recipient of a new key",
    )


def encrypted(plain: Path, wanted: "Recipient") -> Path:
    """`plain` encrypted beside it, and removed, whatever happens. Raises BundleFailed, OSError."""
    import pyrage

    target = plain.with_name(plain.name + SUFFIX)
    try:
        with plain.open("rb") as source, target.open("wb") as sink:
            pyrage.encrypt_io(source, sink, [wanted])
    except pyrage.EncryptError as error:
        raise BundleFailed(f"cannot encrypt the bundle: {error}") from error
    finally:
        plain.unlink(missing_ok=True)
    return target
