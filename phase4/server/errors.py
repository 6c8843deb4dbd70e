"""Why a server does not start, where the part that says so is not loaded by every server."""


class HubUnusable(Exception):
    """There is no room to share; the text is one sentence."""
