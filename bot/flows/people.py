"""Meeting people: the two doors of /start, help, and everything of a person's own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from bot.accounts.codes import Codes
from bot.accounts.model import Role, UserStatus
from bot.accounts.tokens import Tokens
from bot.flows.code_check import CodeChecks
from bot.flows.commands import Action, Command, CommandTable
from bot.flows.dispatch import Press
from bot.flows.email_steps import PREFIX as EMAIL_PREFIX
from bot.flows.email_steps import EmailSteps
from bot.flows.learning import PREFIX as LEARNING_PREFIX
from bot.flows.learning import Learning
from bot.flows.linking import LINK_PAYLOAD, Linking
from bot.flows.linking import PREFIX as LINKING_PREFIX
from bot.flows.model import Answers, Flow, Layout, Option, Step
from bot.flows.own_data import OwnData
from bot.flows.own_records import Records
from bot.flows.own_settings import PREFIX as SETTINGS_PREFIX
from bot.flows.own_settings import OwnSettings
from bot.flows.practice import TRY_FLOW, Practice
from bot.flows.privacy import PREFIX as PRIVACY_PREFIX
from bot.flows.privacy import Privacy
from bot.flows.profile import PREFIX as PROFILE_PREFIX
from bot.flows.profile import ProfileCard
from bot.flows.profile_picture import PictureKeeper
from bot.flows.runner import Runner, menu_rows
from bot.flows.scene import Later, Scene
from bot.flows.student_onboarding import StudentOnboarding
from bot.flows.tutor_choice import context_name, learner_language
from bot.flows.tutor_sample import PREFIX as SAMPLE_PREFIX
from bot.flows.tutor_sample import TutorSamples
from bot.flows.tutor_steps import TutorSteps
from bot.flows.voice_turn import Parts
from bot.i18n.formats import own_language_name
from bot.messaging.model import Button, Paragraph, Style
from bot.voice.contexts.catalogue import list_contexts

_ADMIN_LINK = "admin"
CONTEXT_PREFIX = "x"


class TeachersDoor(Protocol):
    """Where registering, /start and /profile go on for teachers."""

    def begin(self, scene: Scene, /) -> Later | None: ...
    def accept(self, scene: Scene, payload: str, /) -> bool: ...
    def show(self, scene: Scene, /) -> Later | None: ...


class People:
    """Start, help, trying as a guest, registering, and a person's own matters."""

    def __init__(
        self,
        runner: Runner,
        practice: Practice,
        parts: Parts,
        records: Records,
        codes: Codes,
        tokens: Tokens,
        teaching: TeachersDoor,
    ) -> None:
        self._runner = runner
        self._practice = practice
        self._tokens = tokens
        samples = TutorSamples(parts)
        self._samples = samples
        self._email = EmailSteps(codes, CodeChecks(parts, codes), runner)
        self._tutor = TutorSteps(parts.chain, samples)
        self._profile = ProfileCard(runner, self._email, self._tutor, PictureKeeper(parts))
        self._learning = Learning(runner, self._tutor)
        self._settings = OwnSettings(runner)
        self._privacy = Privacy(parts.chain)
        self._data = OwnData(runner, parts, records)
        self._linking = Linking(runner, self._email, parts, tokens, records)
        self._teaching = teaching
        self._onboarding = StudentOnboarding(
            runner, practice, self._email, self._tutor, teaching.begin
        )
        self.table = CommandTable(())
        self.links: Sequence[Callable[[Scene, str], bool]] = (teaching.accept,)

    def flows(self) -> Sequence[Flow]:
        return [
            self._try_flow(),
            self._onboarding.flow(),
            self._profile.flow(),
            *self._learning.flows(),
            self._settings.flow(),
            self._data.forget_flow(),
            *self._linking.flows(),
        ]

    def commands(self) -> Sequence[Command]:
        return [
            Command(name="start", action=self.start, takes="code"),
            Command(name="help", action=self.help),
            Command(name="register", action=in_private(self._onboarding.register)),
            _own("profile", self._cards),
            _own("me", self._cards, is_listed=False),
            Command(name="context", action=self._context, is_listed=False),
            Command(name="link", action=in_private(self._linking.link), takes="code"),
            Command(name="recover", action=in_private(self._linking.recover)),
            Command(name="settings", action=in_private(self._settings.show)),
            Command(name="privacy", action=in_private(self._privacy.show)),
            Command(name="export", action=in_private(self._data.export)),
            Command(name="forget", action=in_private(self._data.ask_to_forget)),
            Command(name="terms", action=_terms),
            Command(name="support", action=_support),
            Command(name="skip", action=self._skip, is_listed=False),
            Command(name="back", action=self._back, is_listed=False),
        ]

    def presses(self) -> Mapping[str, Press]:
        return {
            EMAIL_PREFIX: self._email.press,
            SAMPLE_PREFIX: self._samples.press,
            PROFILE_PREFIX: self._profile.press,
            LEARNING_PREFIX: self._learning.press,
            SETTINGS_PREFIX: self._settings.press,
            PRIVACY_PREFIX: self._privacy.press,
            LINKING_PREFIX: self._linking.press,
        }

    def start(self, scene: Scene, payload: str) -> Later | None:
        """/start: two doors; somebody known is greeted and goes on."""
        if payload and self._is_claim(scene, payload):
            return None
        if payload.startswith(LINK_PAYLOAD):
            return self._linking.redeem(scene, payload.removeprefix(LINK_PAYLOAD))
        if any(opens(scene, payload) for opens in self.links):
            return None
        name = scene.user.first_name
        if not scene.user.is_registered:
            scene.say(
                scene.text("start.welcome", name=name),
                scene.text("start.doors"),
                buttons=[
                    [scene.button("start.talk", "c:talk")],
                    [scene.button("invite.button.teachers", "c:teachers")],
                    [scene.button("start.register", "c:register")],
                ],
            )
            return None
        if scene.user.status is not UserStatus.ACTIVE:
            scene.save_user(replace(scene.user, status=UserStatus.ACTIVE))
            scene.say(scene.text("start.reopened"))
        scene.say(
            scene.text("start.again", name=name),
            buttons=[
                [scene.button("start.talk", "c:talk")],
                [scene.button("invite.button.teachers", "c:teachers")],
                [scene.button("start.help", "c:help")],
            ],
        )
        return None

    def _cards(self, scene: Scene, _: str) -> Later | None:
        """/profile: the person, and the teacher they may be."""
        self._profile.show(scene)
        return self._teaching.show(scene)

    def help(self, scene: Scene, _: str) -> Later | None:
        """/help: what can be asked for, from the command table."""
        platform = scene.incoming.address.platform
        menu = self.table.menu(scene.texts.language, scene.user, platform)
        lines = [f"/{name} {about}" for name, about in menu]
        scene.say(scene.text("help.intro"), Paragraph("\n".join(lines)), scene.text("help.outro"))
        return None

    def _is_claim(self, scene: Scene, payload: str) -> bool:
        kind, _, token = payload.partition("_")
        if kind != _ADMIN_LINK or not self._tokens.redeem_claim(scene.work, token):
            return False
        roles = scene.user.roles - {Role.NAMED} | {Role.ADMIN}  # for good, whoever is named
        scene.save_user(replace(scene.user, roles=roles))
        scene.say(scene.text("start.admin"))
        return True

    def _context(self, scene: Scene, _: str) -> Later | None:
        """/context: the situations of the language being learned."""
        learner = scene.work.learner_languages.find_active(scene.user.id)
        contexts = list_contexts(learner.language) if learner else ()
        if not contexts:
            scene.say(scene.text("talk.how"), buttons=menu_rows(scene))
            return None
        reader = scene.texts.language
        rows = [
            [Button(context_name(c.id, c.language, reader), f"{CONTEXT_PREFIX}:{c.id}")]
            for c in contexts
        ]
        scene.say(scene.text("ask.context", Style.STRONG), buttons=rows)
        return None

    def _skip(self, scene: Scene, _: str) -> Later | None:
        state = self._runner.find(scene)
        if state is not None:
            return self._runner.skip(scene, state)
        scene.say(scene.text("cancel.nothing"), buttons=menu_rows(scene))
        return None

    def _back(self, scene: Scene, _: str) -> Later | None:
        state = self._runner.find(scene)
        if state is not None:
            self._runner.back(scene, state)
        else:
            scene.say(scene.text("cancel.nothing"), buttons=menu_rows(scene))
        return None

    def _try_flow(self) -> Flow:
        """One tap: the language to practise."""

        def languages(scene: Scene, _: Answers) -> list[Option]:
            return [Option(tag, own_language_name(tag)) for tag in self._tutor.suggested(scene)]

        def finish(scene: Scene, answers: Answers) -> Later | None:
            chosen = learner_language(scene.user.id, answers)
            return self._practice.begin(scene, scene.work.learner_languages.choose(chosen))

        step = Step(name="language", options=languages, layout=Layout.GRID)
        return Flow(TRY_FLOW, (step,), finish, shows_progress=False)


def _own(name: str, action: Action, *, is_listed: bool = True) -> Command:
    """A command about a registered person's own matters."""
    return Command(
        name=name, action=in_private(action), is_listed=is_listed, needs_registration=True
    )


def in_private(action: Action) -> Action:
    """What is a person's own is not shown where others read along."""

    def act(scene: Scene, rest: str) -> Later | None:
        if not scene.incoming.is_shared or scene.incoming.is_whispered:
            return action(scene, rest)
        scene.say(scene.text("command.in_private"))
        return None

    return act


def _terms(scene: Scene, _: str) -> Later | None:
    scene.say(
        scene.text("terms.title", Style.STRONG),
        *(scene.text(f"terms.{part}") for part in ("service", "tutor", "age", "use", "end")),
        buttons=[[scene.button("privacy.button.open", "c:privacy")]],
    )
    return None


def _support(scene: Scene, _: str) -> Later | None:
    scene.say(
        scene.text("support.title", Style.STRONG),
        scene.text("support.help"),
        scene.text("support.contact"),
        buttons=menu_rows(scene),
    )
    return None
