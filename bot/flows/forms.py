"""Forms and suggestions: what a platform asks for before anything happens. Reads alone."""

from collections.abc import Sequence

from bot.core.storage import Storage
from bot.flows.commands import CommandTable
from bot.flows.ports import FlowWork
from bot.flows.runner import Runner
from bot.flows.scene import Scenes
from bot.messaging.forms import Form
from bot.messaging.model import Incoming


class FlowForms:
    """The forms of whatever flow a person is in. Implements `Forms`."""

    def __init__(self, storage: Storage[FlowWork], scenes: Scenes, runner: Runner) -> None:
        self._storage = storage
        self._scenes = scenes
        self._runner = runner

    async def form_for(self, press: Incoming, /) -> Form | None:
        """See `Forms.form_for`."""

        def look(work: FlowWork) -> Form | None:
            scene = self._scenes.look(work, press)
            return None if scene is None else self._runner.form(scene, press.data or "")

        return await self._storage.read(look)


class Suggestions:
    """What could stand after a command, as the table says."""

    def __init__(self, storage: Storage[FlowWork], scenes: Scenes, table: CommandTable) -> None:
        self._storage = storage
        self._scenes = scenes
        self._table = table

    async def suggest(self, asked: Incoming, /) -> Sequence[tuple[str, str]]:
        """(label, value) of what fits the beginning of `asked.text`.

        Args:
            asked: a command that is still being typed.
        """
        command = self._table.find(asked.command or "")
        if command is None or command.suggest is None:
            return ()
        suggest = command.suggest

        def look(work: FlowWork) -> Sequence[tuple[str, str]]:
            scene = self._scenes.look(work, asked)
            if scene is None or not command.allows(scene.user):
                return ()
            typed = (asked.text or "").casefold()
            return [each for each in suggest(scene) if typed in each[0].casefold()]

        return await self._storage.read(look)
