"""A link as a picture to point a phone's camera at."""

from io import BytesIO

import segno

_PIXELS_A_MODULE = 8
_QUIET_MODULES = 4  # ISO/IEC 18004 asks for four on each side


def qr_png(text: str) -> bytes:
    """`text` as a QR code of error correction level M or better, a PNG."""
    picture = BytesIO()
    code = segno.make_qr(text, error="m")
    code.save(picture, kind="png", scale=_PIXELS_A_MODULE, border=_QUIET_MODULES)
    return picture.getvalue()
