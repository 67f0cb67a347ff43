"""What we use of pyrage, which carries no types."""

from collections.abc import Sequence
from typing import BinaryIO

class RecipientError(Exception): ...
class EncryptError(Exception): ...
class DecryptError(Exception): ...

class x25519:
    class Recipient:
        @staticmethod
        def from_str(text: str) -> x25519.Recipient: ...

    class Identity:
        @staticmethod
        def generate() -> x25519.Identity: ...
        def to_public(self) -> x25519.Recipient: ...

class ssh:
    class Recipient:
        @staticmethod
        def from_str(text: str) -> ssh.Recipient: ...

def encrypt_io(
    reader: BinaryIO,
    writer: BinaryIO,
    recipients: Sequence[x25519.Recipient | ssh.Recipient],
    armored: bool = ...,
) -> None: ...
def decrypt(ciphertext: bytes, identities: Sequence[x25519.Identity]) -> bytes: ...
