"""Inputs of the page about the look of an organisation."""

from typing import BinaryIO, cast

from flask import request

from ideas.services.branding import BrandForm


def brand_form() -> BrandForm:
    sent = request.files.get("image")
    has_logo = sent is not None and bool(sent.filename)
    return BrandForm(
        colour=request.form.get("colour", "") if request.form.get("own_colour") else "",
        logo=cast(BinaryIO, sent.stream) if sent is not None and has_logo else None,
        drop_logo=request.form.get("drop_logo") == "1",
        seen=request.form.get("seen"),
    )
