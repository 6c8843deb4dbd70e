"""A certificate's fingerprint as people compare it."""

GROUP_BYTES = 8
"""Of a fingerprint in one line: SHA-256 has 32."""


def in_groups(fingerprint: str) -> list[str]:
    """A fingerprint as people compare it: four lines of eight bytes.

    Each line is short enough to be looked at as one, also in a terminal of 40 columns. What breaks
    a longer one does it anywhere, within a byte too. `known_hosts` takes them as they are copied.

    >>> in_groups("E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24")
    ['E3:B0:C4:42:98:FC:1C:14', '9A:FB:F4:C8:99:6F:B9:24']
    """
    columns = len("00:") * GROUP_BYTES
    starts = range(0, len(fingerprint), columns)
    return [fingerprint[start : start + columns].rstrip(":") for start in starts]
