"""How much may be sent at a time, in every client. No terminal and no window here."""

MAX_PASTED_LINES = 50
"""Lines sent in one go: 10 s at the server's 5 a second. More is a file, not a conversation."""


def too_many_lines(count: int) -> str:
    """Why so many lines are not sent; empty where they may be.

    >>> too_many_lines(50), too_many_lines(3000)
    ('', 'These are 3,000 lines; 50 may be sent at a time.')
    """
    if count <= MAX_PASTED_LINES:
        return ""
    return f"These are {count:,} lines; {MAX_PASTED_LINES} may be sent at a time."
