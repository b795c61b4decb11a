"""Questions of Discord's clients that are answered at once and leave nothing behind."""

from collections.abc import Sequence

import structlog

from bot.handlers.discord.components import modal
from bot.handlers.discord.failures import TROUBLES, service_failure
from bot.handlers.discord.ports import SuggestedChoices
from bot.handlers.discord.rest import Json, Rest
from bot.handlers.discord.translate import FORM_MARK, Object, half_typed
from bot.messaging.forms import Form, Forms
from bot.messaging.model import Incoming

_COMPONENT, _AUTOCOMPLETE = 3, 4
_CHOICES, _MODAL = 8, 9
_CHOICE_LIMIT, _MOST_CHOICES = 100, 25

_log = structlog.get_logger()


class Asking:
    """Opens forms, and suggests what could be typed."""

    def __init__(self, rest: Rest, forms: Forms, suggestions: SuggestedChoices) -> None:
        self._rest = rest
        self._forms = forms
        self._suggestions = suggestions

    def is_question(self, data: Object) -> bool:
        """Whether this interaction asks for something to be shown at once."""
        if data["type"] == _COMPONENT:
            return str(data["data"].get("custom_id", "")).startswith(FORM_MARK)
        return bool(data["type"] == _AUTOCOMPLETE)

    async def answer(self, data: Object, incoming: Incoming | None) -> bool:
        """Answer it; False when it means what any press means."""
        is_search = bool(data["type"] == _AUTOCOMPLETE)
        try:
            if is_search:
                choices = [_choice(*each) for each in await self._choices(data)]
                shown: Json = {"choices": choices[:_MOST_CHOICES]}
                await self._rest.answer(data["id"], data["token"], _CHOICES, shown)
            elif (form := await self._form(incoming)) is not None:
                await self._rest.answer(data["id"], data["token"], _MODAL, modal(form))
            else:
                return False
        except TROUBLES as error:
            _log.warning("discord.not_shown", cause=str(service_failure(error)))
            return is_search
        except Exception:
            _log.exception("discord.not_shown")
            return is_search
        return True

    async def _form(self, incoming: Incoming | None) -> Form | None:
        return await self._forms.form_for(incoming) if incoming else None

    async def _choices(self, data: Object) -> Sequence[tuple[str, str]]:
        return await self._suggestions.suggest(half_typed(data))


def _choice(label: str, value: str) -> Json:
    return {"name": label[:_CHOICE_LIMIT], "value": value[:_CHOICE_LIMIT]}
