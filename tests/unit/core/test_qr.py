"""QR codes: the modules another encoder (qrcode 8.2) draws of the same texts."""

import hashlib
import struct
import zlib

import pytest

from bot.core.qr import MOST_BYTES, qr_matrix, qr_png

LINK = "https://t.me/linguaflex_bot?start=t_AbCdEfGhIjKlMnOpQrStUv"
# The first 16 digits of SHA-256 of the modules as one line of 0 and 1, by mask.
SHORT_DRAWN = (
    "4151783ecba05e9b", "01a3a9bf4c382234", "21e7d257651867ad", "575cfa91fac74efa",
    "69f210848b0d70fc", "38fa2accff47594e", "7657e716484ab4ee", "12401f19fd1c7066",
)  # fmt: skip
LINK_DRAWN = (
    "06df81a19dc57290", "f0bf61d92a9479ce", "3cb9e844f0f43c09", "022932c291cda30c",
    "9fc692b76f95b4c9", "2d23177122d342f9", "bc6d68e1591af840", "4f556c45cb1d7bec",
)  # fmt: skip


def drawn(text: str, mask: int | None = None) -> str:
    line = "".join(str(module) for row in qr_matrix(text, mask) for module in row)
    return hashlib.sha256(line.encode()).hexdigest()[:16]


@pytest.mark.parametrize(("text", "expected"), [("LinguaFlex", SHORT_DRAWN), (LINK, LINK_DRAWN)])
def test_every_mask_draws_what_another_encoder_draws(text: str, expected: tuple[str, ...]) -> None:
    assert tuple(drawn(text, mask) for mask in range(8)) == expected


def test_one_of_the_masks_is_chosen() -> None:
    assert drawn(LINK) in LINK_DRAWN


@pytest.mark.parametrize(
    ("size", "side"), [(14, 21), (15, 25), (42, 29), (62, 33), (84, 37), (106, 41)]
)
def test_the_code_grows_with_the_text(size: int, side: int) -> None:
    assert len(qr_matrix("x" * size, 0)) == side


def test_a_text_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="too many"):
        qr_matrix("x" * (MOST_BYTES + 1))


def test_the_picture_has_white_around_it() -> None:
    png = qr_png("LinguaFlex")
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    assert (width, height) == ((21 + 8) * 8,) * 2
    start = png.index(b"IDAT") + 4
    pixels = zlib.decompress(png[start : png.index(b"IEND") - 8])
    rows = [pixels[i : i + width + 1] for i in range(0, len(pixels), width + 1)]
    assert all(row[1:] == b"\xff" * width for row in rows[:32])
    assert rows[32][1 + 32] == 0
