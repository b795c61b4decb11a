"""What a stored message still lacks when it goes out: ids of what it refers to, and its bytes."""

from dataclasses import replace

from bot.core.errors import NotFound
from bot.messaging.model import MessageRef, Outgoing
from bot.messaging.ports import OutboxStorage, Undeliverable


async def resolved(storage: OutboxStorage, message: Outgoing) -> Outgoing:
    """With the platform's ids of the rows it refers to, as far as those were sent."""
    if message.target is None and message.target_key is not None:
        key, to = message.target_key, message.to
        found = await storage.read(lambda work: work.outbox.find_message_id(key))
        target = None if found is None else MessageRef(to, found)
        return replace(message, target=target)
    if message.reply_to is None and message.reply_to_key is not None:
        key = message.reply_to_key
        found = await storage.read(lambda work: work.outbox.find_message_id(key))
        return replace(message, reply_to=found)
    return message


async def content_of(storage: OutboxStorage, message: Outgoing) -> bytes | None:
    """The bytes of its attachment. Raises Undeliverable where they were removed."""
    if message.attachment is None:
        return None
    blob_id = message.attachment.blob_id
    try:
        return await storage.read(lambda work: work.blobs.get(blob_id))
    except NotFound as error:
        raise Undeliverable("its attachment was removed") from error
