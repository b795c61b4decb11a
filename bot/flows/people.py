"""Meeting people: the two doors of /start, help, and what areas of a person's own are reached."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.accounts.codes import Codes
from bot.accounts.model import LearnerLanguage, Role
from bot.core.language import Level
from bot.flows.commands import Command, CommandTable
from bot.flows.dispatch import Press
from bot.flows.model import Answers, Flow, Layout, Option, Step
from bot.flows.practice import TRY_FLOW, Practice
from bot.flows.runner import Runner
from bot.flows.scene import Later, Scene
from bot.flows.voice_turn import Parts
from bot.i18n.formats import own_language_name
from bot.messaging.model import Paragraph

_GUEST_LEVEL = Level.A2


class People:
    """Start, help, trying as a guest."""

    def __init__(self, runner: Runner, practice: Practice, parts: Parts, codes: Codes) -> None:
        self._runner = runner
        self._practice = practice
        self._parts = parts
        self._codes = codes
        self.table = CommandTable(())

    def flows(self) -> Sequence[Flow]:
        return [self._try_flow()]

    def commands(self) -> Sequence[Command]:
        return [
            Command(name="start", action=self.start),
            Command(name="help", action=self.help),
        ]

    def presses(self) -> Mapping[str, Press]:
        return {}

    def start(self, scene: Scene, payload: str) -> Later | None:
        """/start: two doors; somebody known is greeted and goes on."""
        if payload and self._is_claim(scene, payload):
            return None
        name = scene.user.first_name
        if scene.user.is_registered:
            scene.say(
                scene.text("start.again", name=name),
                buttons=[
                    [scene.button("start.talk", "c:talk")],
                    [scene.button("start.help", "c:help")],
                ],
            )
            return None
        scene.say(
            scene.text("start.welcome", name=name),
            scene.text("start.doors"),
            buttons=[
                [scene.button("start.talk", "c:talk")],
                [scene.button("start.register", "c:register")],
            ],
        )
        return None

    def help(self, scene: Scene, _: str) -> Later | None:
        """/help: what can be asked for, from the command table."""
        lines = [
            f"/{name} {about}" for name, about in self.table.menu(scene.texts.language, scene.user)
        ]
        scene.say(scene.text("help.intro"), Paragraph("\n".join(lines)), scene.text("help.outro"))
        return None

    def _is_claim(self, scene: Scene, payload: str) -> bool:
        kind, _, token = payload.partition("_")
        if kind != "admin" or not self._codes.redeem_claim(scene.work, token):
            return False
        scene.save_user(replace(scene.user, roles=scene.user.roles | {Role.ADMIN}))
        scene.say(scene.text("start.admin"))
        return True

    def _try_flow(self) -> Flow:
        """One tap: the language to practise."""

        def languages(scene: Scene, _: Answers) -> list[Option]:
            return [Option(tag, own_language_name(tag)) for tag in self.languages()]

        def finish(scene: Scene, answers: Answers) -> Later | None:
            learner = scene.work.learner_languages.choose(
                LearnerLanguage(
                    user_id=scene.user.id, language=str(answers["language"]), level=_GUEST_LEVEL
                )
            )
            return self._practice.begin(scene, learner)

        step = Step(name="language", options=languages, layout=Layout.GRID)
        return Flow(TRY_FLOW, (step,), finish, shows_progress=False)

    def languages(self) -> Sequence[str]:
        """Languages that can be practised now, those with content of ours first."""
        able = ["en", "es", "fr", "it", "pt", "de", "ja", "ko", "ru", "hi", "ar"]
        return [tag for tag in able if self._parts.chain.able(tag)]
