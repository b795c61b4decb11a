"""Registering: a guest tells who they are, and goes on with what they began."""

from collections.abc import Callable, Sequence

from bot.accounts.ages import ADULT_YEARS
from bot.accounts.model import Role
from bot.accounts.service import Registration, register
from bot.flows.answers import parse_name
from bot.flows.email_steps import CODE_STEP, EmailSteps
from bot.flows.learning import keep_choice, retune
from bot.flows.model import Answers, Flow, InvalidAnswer, Option, Refused, Step
from bot.flows.practice import Practice
from bot.flows.runner import Runner
from bot.flows.scene import Later, Scene
from bot.flows.steps import choice, only, text
from bot.flows.tutor_steps import TutorSteps
from bot.i18n.formats import language_name
from bot.messaging.model import Button

REGISTER_FLOW = "register"
_AS_SHOWN = "-"  # the name the client shows; nobody types it as their own
_ADULT, _YOUNG, _CHILD = "adult", "young", "child"


class StudentOnboarding:
    """The flow of /register."""

    def __init__(
        self,
        runner: Runner,
        practice: Practice,
        email: EmailSteps,
        tutor: TutorSteps,
        teach: Callable[[Scene], Later | None],
    ) -> None:
        self._runner = runner
        self._practice = practice
        self._email = email
        self._tutor = tutor
        self._teach = teach

    def register(self, scene: Scene, _: str = "") -> Later | None:
        """/register: begin, or go on where it was left."""
        if scene.user.is_registered:
            scene.say(scene.text("register.already"), buttons=[_profile_row(scene)])
            return None
        state = self._runner.find(scene)
        if state is not None and state.flow == REGISTER_FLOW:
            self._runner.repeat(scene, state)
            return None
        return self._runner.start(scene, REGISTER_FLOW)

    def flow(self) -> Flow:
        """Age comes before anything personal, so that nothing of a child is ever asked for."""
        return Flow(
            REGISTER_FLOW,
            (
                choice("role", (Role.STUDENT.value, Role.TEACHER.value)),
                _age(),
                _name(),
                *self._email.steps(),
                self._tutor.native(),
                *only(_learns, *self._tutor.learning()),
                Step(name="summary", is_summary=True),
            ),
            finish=self._finish,
        )

    def _finish(self, scene: Scene, answers: Answers) -> Later | None:
        email = answers.get("email")
        told = Registration(
            role=Role(str(answers["role"])),
            name=str(answers["name"]),
            email=None if email is None else str(email),
            proved_email=None if answers.get(CODE_STEP) is None else str(answers[CODE_STEP]),
            native_language=str(answers["native"]),
            is_minor=answers["age"] != _ADULT,
        )
        user = scene.save_user(register(scene.work, scene.user, told, scene.now))
        scene.show(scene.text("register.done", name=user.first_name))
        if user.email is not None and user.email_verified_at is None:
            scene.say(scene.text("register.email_unconfirmed"))
        if user.is_minor:
            scene.say(scene.text("register.minor"))
        if not _learns(scene, answers):
            scene.say(scene.text("register.teacher"))
            return self._teach(scene)
        self._begin_learning(scene, answers)
        return None

    def _begin_learning(self, scene: Scene, answers: Answers) -> None:
        """Store what is learned; a practice in that language goes on with the choices made."""
        learner = keep_choice(scene, answers)
        language = language_name(learner.language, scene.texts.language)
        if retune(scene, learner) is not None:
            scene.say(scene.text("register.go_on", language=language))
            return
        scene.say(
            scene.text("register.begin", language=language),
            buttons=[[scene.button("start.talk", "c:talk")]],
        )


def _learns(_: Scene, answers: Answers) -> bool:
    """Whoever came to learn, and a minor whatever they came for."""
    return answers.get("role") == Role.STUDENT.value or answers.get("age") == _YOUNG


def _tell_minor(scene: Scene, answers: Answers) -> None:
    """Somebody who came to teach hears at once that they can register as a student."""
    if answers.get("role") == Role.TEACHER.value and answers["age"] == _YOUNG:
        scene.say(scene.text("register.adults_teach", age=ADULT_YEARS))


def _name() -> Step:
    """The client's display name is offered, since most people go by it."""

    def options(scene: Scene, _: Answers) -> Sequence[Option]:
        shown = _shown_name(scene)
        return [Option(_AS_SHOWN, shown)] if shown else []

    def check(scene: Scene, _: Answers, value: object) -> object:
        return _shown_name(scene) if value == _AS_SHOWN else value

    return text("name", parse_name, options=options, check=check)


def _shown_name(scene: Scene) -> str | None:
    try:
        return parse_name(scene.incoming.sender.display_name)
    except InvalidAnswer:
        return None


def _age() -> Step:
    """Whether the person has come of age, is allowed in as a minor, or is too young."""

    def options(scene: Scene, _: Answers) -> Sequence[Option]:
        least = scene.rules.minimum_age
        adult = max(ADULT_YEARS, least)
        listed = [Option(_ADULT, scene.texts("choice.age.adult", age=adult))]
        if least < ADULT_YEARS:
            key = "choice.age.one" if least == ADULT_YEARS - 1 else "choice.age.young"
            label = scene.texts(key, least=least, most=ADULT_YEARS - 1)
            listed.append(Option(_YOUNG, label))
        return [*listed, Option(_CHILD, scene.texts("choice.age.child", age=least))]

    def check(scene: Scene, _: Answers, value: object) -> object:
        if value == _CHILD:
            raise Refused("register.too_young", age=scene.rules.minimum_age)
        return value

    def show(scene: Scene, value: object) -> str:
        return next(o.label for o in options(scene, {}) if o.value == value)

    return Step(
        name="age",
        asks="ask.age",
        label="field.age",
        options=options,
        check=check,
        after=_tell_minor,
        show=show,
    )


def _profile_row(scene: Scene) -> list[Button]:
    return [
        scene.button("start.talk", "c:talk"),
        scene.button("register.button.profile", "c:profile"),
    ]
