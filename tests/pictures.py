"""Pictures for tests, made on the spot."""

from pathlib import Path

from PIL import Image

GPS = 34853


def with_position(path: Path) -> Path:
    """A small JPEG that tells where it was taken, as phones make them."""
    picture = Image.new("RGB", (320, 200), "#17693f")
    exif = Image.Exif()
    exif[GPS] = {1: "N", 2: (48.0, 12.0, 30.0), 3: "E", 4: (16.0, 22.0, 0.0)}
    picture.save(path, "JPEG", exif=exif)
    return path
