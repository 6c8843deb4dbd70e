"""A TLS 1.3 peer that writes its records itself, for what no program of good will sends.

The handshake is OpenSSL's, of which Python's `ssl` gives us the client's secret (its key log). With
it any record can be made: a KeyUpdate, a thousand of them, half of one, one with nothing in it
(RFC 8446, 5.2 and 7.2).
"""

import hashlib
import hmac
import socket
import ssl
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.kit.harness import SECONDS

ALERT, HANDSHAKE, DATA = 21, 22, 23
CLOSE_NOTIFY = b"\x01\x00"
ASK_FOR_KEY_UPDATE = b"\x18\x00\x00\x01\x01"  # "I have new keys; take new ones as well"


class RecordWriter:
    """A client, after its handshake. Its records are of its own making."""

    def __init__(self, connection: socket.socket, ca: Path, key_log: Path) -> None:
        context = ssl.create_default_context(cafile=ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.keylog_filename = str(key_log)
        self.socket = connection
        self.socket.settimeout(SECONDS)
        engine = self._shake_hands(context)
        cipher = engine.cipher()
        assert cipher is not None
        assert cipher[0] == "TLS_AES_256_GCM_SHA384"  # OpenSSL's first choice
        secrets = [
            line.split()[2]
            for line in key_log.read_text().splitlines()
            if line.startswith("CLIENT_TRAFFIC_SECRET_0 ")
        ]
        self._use(bytes.fromhex(secrets[-1]))

    def _shake_hands(self, context: ssl.SSLContext) -> ssl.SSLObject:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        engine = context.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
        while True:
            try:
                engine.do_handshake()
                self.socket.sendall(outgoing.read())
                return engine
            except ssl.SSLWantReadError:
                self.socket.sendall(outgoing.read())
                incoming.write(self.socket.recv(65536))

    def __enter__(self) -> Self:
        """Give the writer."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.socket.close()

    def record(self, content: bytes, kind: int = DATA) -> bytes:
        """The next record, ciphered."""
        inner = content + bytes([kind])
        header = b"\x17\x03\x03" + (len(inner) + 16).to_bytes(2, "big")
        nonce = int.from_bytes(self._iv, "big") ^ self._count
        self._count += 1
        return header + self._key.encrypt(nonce.to_bytes(12, "big"), inner, header)

    def key_update(self) -> bytes:
        """The record that asks for new keys; those after it are ciphered with new ones."""
        record = self.record(ASK_FOR_KEY_UPDATE, HANDSHAKE)
        self._use(_expand(self._secret, b"traffic upd", 48))
        return record

    def _use(self, secret: bytes) -> None:
        self._secret = secret
        self._key = AESGCM(_expand(secret, b"key", 32))
        self._iv = _expand(secret, b"iv", 12)
        self._count = 0


def _expand(secret: bytes, label: bytes, size: int) -> bytes:
    """HKDF-Expand-Label without a context (RFC 8446, 7.1), by SHA-384, whose size is enough."""
    label = b"tls13 " + label
    info = size.to_bytes(2, "big") + bytes([len(label)]) + label + b"\x00"
    return hmac.digest(secret, info + b"\x01", hashlib.sha384)[:size]
