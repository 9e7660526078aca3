"""The key of an installation is made once, only its owner reads it, and the public key checks its signatures."""

import pytest

from ideas import signing


@pytest.fixture
def folder(app, tmp_path):
    return tmp_path


def test_the_key_is_made_once_and_only_its_owner_reads_it(folder):
    signing.make_key()
    kept = (folder / signing.KEY_FILE).read_text()
    signing.make_key()

    assert (folder / signing.KEY_FILE).read_text() == kept
    assert (folder / signing.KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [file.name for file in folder.iterdir() if file.name.startswith("tmp")] == []


def test_a_signature_fits_its_data_and_its_key_only(folder):
    public, signature = signing.public_key(), signing.sign(b"manifest")

    assert signing.is_signed(public, signature, b"manifest")
    assert not signing.is_signed(public, signature, b"manifesT")
    assert not signing.is_signed(public, signature[:-1] + bytes([signature[-1] ^ 1]), b"manifest")
    assert not signing.is_signed(b"\x00" * 31, signature, b"manifest")
    (folder / signing.KEY_FILE).unlink()
    assert signing.public_key() != public
    assert not signing.is_signed(signing.public_key(), signature, b"manifest")


def test_a_damaged_key_is_reported_and_not_replaced(folder):
    (folder / signing.KEY_FILE).write_text("not a key\n")

    with pytest.raises(signing.NoKey):
        signing.sign(b"")

    assert (folder / signing.KEY_FILE).read_text() == "not a key\n"


def test_a_fingerprint_is_the_digest_of_the_public_key():
    assert signing.fingerprint(bytes(32)).replace(" ", "").startswith("66687aadf862bd77")
