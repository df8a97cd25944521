"""What this machine may lack, told in one line."""


class CannotRun(Exception):
    """Something the user has to change (a busy port, an unreachable server); the text is the whole message."""
