"""Downloads of what people sent, with bounds."""

from telegram import Bot
from telegram.error import BadRequest, NetworkError, TelegramError

from bot.handlers.telegram.failures import is_too_big, service_failure
from bot.handlers.telegram.request import AiohttpRequest
from bot.messaging.errors import FileTooLarge
from bot.messaging.model import IncomingMedia

DOWNLOAD_LIMIT_BYTES = 20_000_000  # Bot API, getFile


async def fetch_file(bot: Bot, media: IncomingMedia, *, max_bytes: int) -> bytes:
    """The content of `media`; a failing network is tried twice.

    Raises:
        ServiceFailure: Telegram did not hand it out.
        FileTooLarge: more than `max_bytes`, or than bots may download.
    """
    limit = min(max_bytes, DOWNLOAD_LIMIT_BYTES)
    _check(media.size, limit)
    try:
        try:
            return await _download(bot, media.file_id, limit)
        except BadRequest:
            raise
        except NetworkError:
            return await _download(bot, media.file_id, limit)
    except TelegramError as error:
        if isinstance(error, BadRequest) and is_too_big(error):
            raise FileTooLarge from None
        raise service_failure(error) from error


async def _download(bot: Bot, file_id: str, limit: int) -> bytes:
    file = await bot.get_file(file_id)
    _check(file.file_size, limit)
    url = file.file_path or ""
    if isinstance(bot.request, AiohttpRequest):
        return await bot.request.download(url, max_bytes=limit)
    content = await bot.request.retrieve(url)  # a wire that was put in place of ours
    _check(len(content), limit)
    return content


def _check(size: int | None, limit: int) -> None:
    if size is not None and size > limit:
        raise FileTooLarge
