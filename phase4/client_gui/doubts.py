"""What the header says where all is not well: the lag, and lines that wait. No toolkit here."""

from phase4.client import unconfirmed


def doubts(lag_seconds: float | None, waiting: int, *, is_doubtful: bool) -> str:
    """In words; empty: nothing is to be said.

    >>> doubts(0.2, 0, is_doubtful=False), doubts(3.7, 1, is_doubtful=False)
    ('', 'lag 3 s, 1 line waiting')
    >>> doubts(16.0, 2000, is_doubtful=True)
    'lag 16 s, 2,000 lines may not arrive'
    """
    said = []
    if lag_seconds is not None and lag_seconds >= unconfirmed.SLOW_SECONDS:
        said.append(f"lag {int(lag_seconds):,} s")  # in tenths it would never stand still
    if waiting:
        lines = "line" if waiting == 1 else "lines"
        said.append(f"{waiting:,} {lines} {'may not arrive' if is_doubtful else 'waiting'}")
    return ", ".join(said)
