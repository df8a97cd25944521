"""What this machine may lack, told in one line."""


class CannotRun(Exception):
    """Something that the user has to change, such as a busy port; the text is the whole message."""
