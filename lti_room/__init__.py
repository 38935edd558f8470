"""A live room that opens from a course page."""

__version__ = "0.1.0"
