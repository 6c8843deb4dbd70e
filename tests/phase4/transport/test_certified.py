"""A server knows for which hosts its own certificate is, or that it cannot tell."""

import ssl
from pathlib import Path

from phase4.transport.certified import hosts_of
from tests.kit.certificates import Authority


def test_it_tells_names_and_addresses_and_nothing_where_the_file_has_gone(
    authority: Authority, tmp_path: Path
) -> None:
    file = authority.certificate()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    assert "127.0.0.1" in hosts_of(context, file)
    assert hosts_of(context, tmp_path / "gone.pem") == ()
    (tmp_path / "half.pem").write_bytes(file.read_bytes()[:100])
    assert hosts_of(context, tmp_path / "half.pem") == ()
