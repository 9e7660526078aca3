"""Pictures for tests."""

from pathlib import Path

from PIL import Image

GPS = 34853


def with_position(path: Path) -> Path:
    """A small JPEG with the position where it was taken, as phones store it."""
    picture = Image.new("RGB", (320, 200), "#17693f")
    exif = Image.Exif()
    exif[GPS] = {1: "N", 2: (48.0, 12.0, 30.0), 3: "E", 4: (16.0, 22.0, 0.0)}
    picture.save(path, "JPEG", exif=exif)
    return path
