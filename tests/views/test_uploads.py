"""Files of uploads while they arrive: bounded in number, and what was begun ends."""

import io

import pytest

from app.platform import security
from app.platform.uploads import MEMORY_BYTES, UploadedFile, UploadPlaces
from ideas.errors import Busy
from tests import factories

LARGE = b"x" * (MEMORY_BYTES + 1)


def arriving(places):
    file = UploadedFile(places)
    file.write(LARGE)
    return file


def test_the_upload_that_arrives_for_the_longest_time_ends_if_all_places_are_taken():
    places = UploadPlaces(most=2)
    small = UploadedFile(places)
    small.write(b"x")
    slow, other = arriving(places), arriving(places)
    assert places.taken == 2, "a small one takes none"

    late = arriving(places)

    assert places.taken == 2
    with pytest.raises(Busy):
        slow.write(b"x")
    for file in (other, late, small):
        file.write(b"x")


def test_an_upload_that_has_arrived_is_not_ended_and_its_place_is_free_once_it_is_closed():
    places = UploadPlaces(most=1)
    whole = arriving(places)
    places.keep([whole])

    with pytest.raises(Busy):
        arriving(places)
    whole.seek(0)
    assert whole.read() == LARGE
    whole.close()
    arriving(places).close()
    assert places.taken == 0


@pytest.mark.parametrize(("files", "status"), [(1, 404), (2, 503), (security.FILES_OF_A_FORM_MAX + 1, 413)])
def test_no_file_is_left_after_a_request(app, client, monkeypatch, files, status):
    """Of a form that is read in full, one whose first file was ended by its second, and one with too many files."""
    places = UploadPlaces(most=1)
    monkeypatch.setattr(security, "uploads", places)
    size = 1 if files > security.FILES_OF_A_FORM_MAX else len(LARGE)
    fields = {f"image-{n}": (io.BytesIO(LARGE[:size]), "a.png") for n in range(files)}

    answer = client.post("/challenges/999/ideas", data={"op": factories.op(), **fields})

    assert answer.status_code == status
    assert places.taken == 0
