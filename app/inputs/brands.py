"""Inputs of the page about the look of an organisation."""

from flask import request

from app.inputs.pictures import uploaded_picture
from ideas.services.branding import BrandForm


def brand_form() -> BrandForm:
    return BrandForm(
        colour=request.form.get("colour", "") if request.form.get("own_colour") else "",
        logo=uploaded_picture(),
        drop_logo=request.form.get("drop_logo") == "1",
        seen=request.form.get("seen"),
    )
