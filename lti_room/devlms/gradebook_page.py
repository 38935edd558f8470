"""The gradebook people see: one line for each learner, one cell for each column."""

from flask import Blueprint, render_template

from lti_room.devlms.gradebook import Gradebook
from lti_room.devlms.platform import COURSE, Platform


def install(pages: Blueprint, platform: Platform, book: Gradebook) -> None:
    """Serve `/gradebook` below the issuer."""

    @pages.get("/gradebook")
    def gradebook() -> str:
        return render_template(
            "gradebook.html",
            platform=platform,
            course=COURSE,
            columns=book.columns.values(),
            rows=book.rows(),
        )
