"""A person's own card, and changing one thing on it at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from bot.accounts.ages import years_between
from bot.accounts.model import Profile, Purpose, Role, User, UserStatus
from bot.accounts.service import with_birth, with_email
from bot.flows.answers import (
    clean_line,
    clean_text,
    parse_birth,
    parse_country,
    parse_name,
    parse_phone,
    parse_postal_code,
)
from bot.flows.email_steps import CODE_STEP, EmailSteps
from bot.flows.learning import PREFIX as LEARNING_PREFIX
from bot.flows.model import Answers, Flow, InvalidAnswer, Layout, Step
from bot.flows.own_voice import stop_keeping
from bot.flows.profile_picture import PictureKeeper
from bot.flows.runner import REMOVE_KEYBOARD, Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.steps import choice, optional, text, worded
from bot.flows.teacher_queue import end_for_minor
from bot.flows.tutor_steps import TutorSteps
from bot.i18n.formats import calendar_day, country_name, language_name
from bot.messaging.model import Attachment, Button, MediaKind, MessageKind, Paragraph, Style

PREFIX = "p"
PROFILE_FLOW = "profile"
GOALS = ("travel", "work", "study", "exam", "family", "friends", "culture", "moving")
_GENDERS = ("female", "male", "other")
_STATUSES = (UserStatus.ACTIVE.value, UserStatus.PAUSED.value, UserStatus.CLOSED.value)
_PICTURES = frozenset({MediaKind.PHOTO, MediaKind.DOCUMENT})
# As they stand in `Profile`, under these names.
_PLAIN = ("bio", "phone", "address", "city", "country", "postal_code")


class ProfileCard:
    """/profile: the card, its buttons and the flow behind them."""

    def __init__(
        self, runner: Runner, email: EmailSteps, tutor: TutorSteps, pictures: PictureKeeper
    ) -> None:
        self._runner = runner
        self._email = email
        self._tutor = tutor
        self._pictures = pictures

    def flow(self) -> Flow:
        """Every field is a step of its own; one is asked at a time."""
        address, code = self._email.steps()
        steps = (
            text("name", parse_name),
            *optional(address),
            code,
            self._tutor.native(),
            *optional(
                Step(
                    name="picture",
                    asks="ask.picture",
                    label="field.picture",
                    media=_PICTURES,
                ),
                text("bio", clean_text, is_long=True),
                choice("goals", GOALS, layout=Layout.GRID, is_many=True),
                text("phone", parse_phone, takes_contact=True),
                choice("own_gender", _GENDERS, layout=Layout.GRID),
                Step(
                    name="birth",
                    asks="ask.birth",
                    label="field.birth",
                    parse=lambda scene, typed: parse_birth(typed, scene.now).isoformat(),
                    check=_old_enough,
                ),
                text("address", clean_line),
                text("city", clean_line),
                text("country", parse_country),
                text("postal_code", parse_postal_code),
            ),
            choice("status", _STATUSES),
        )
        return Flow(PROFILE_FLOW, steps, self._changed, shows_progress=False)

    def show(self, scene: Scene, _: str = "") -> Later | None:
        """The picture, and under it the card with a button for every field."""
        picture = scene.user.profile.picture_id
        if picture is not None:
            scene.say(
                kind=MessageKind.NOTICE,
                attachment=Attachment(
                    kind=MediaKind.PHOTO,
                    blob_id=picture,
                    mime="image/jpeg",
                    filename="picture.jpg",
                    is_kept=True,
                ),
            )
        scene.say(scene.text("profile.title", Style.STRONG), _card(scene), buttons=_rows(scene))
        return None

    def press(self, scene: Scene, field: str) -> Later | None:
        """Change one field of the presser's own card."""
        if field not in _values(scene.user) or not scene.user.is_registered:
            raise StaleButton
        scene.answer_button()
        if field == "phone":
            share = Button(scene.texts("profile.button.share_phone"), asks_contact=True)
            scene.say(scene.text("profile.share_phone"), buttons=[[share]])
        answers = {"field": field, "goals": list(scene.user.profile.goals)}
        return self._runner.start_at(scene, PROFILE_FLOW, field, answers)

    def _changed(self, scene: Scene, answers: Answers) -> Later | None:
        field = str(answers["field"])
        value = answers.get(field)
        if field == "picture" and value is not None:
            return self._pictures.keep(self.show)
        before = scene.user
        scene.save_user(_with(scene, field, value, answers))
        self._email.tell_the_old_address(scene, before)
        if field == "picture":
            self._pictures.remove(scene)
        extra = REMOVE_KEYBOARD if field == "phone" else None
        is_kept = field == "email" and value not in {None, scene.user.email}
        told = "profile.email.kept" if is_kept else "profile.saved"
        scene.say(scene.text(told, what=_label(scene, field)), extra=extra)
        if scene.user.is_minor and not before.is_minor:
            for purpose in Purpose:
                scene.work.consents.revoke(scene.user.id, purpose, scene.now)
                stop_keeping(scene.work, scene.user.id, purpose)
            scene.say(scene.text("register.minor"))
            end_for_minor(scene.work, scene.user)
            if Role.TEACHER in before.roles:
                scene.say(scene.text("teach.adults_only"))
        return self.show(scene)


def _with(scene: Scene, field: str, value: object, answers: Answers) -> User:
    """The person with one field changed; a value of None takes it back."""
    user, words = scene.user, None if value is None else str(value)
    setters: Mapping[str, Callable[[], User]] = {
        "name": lambda: replace(user, name=str(words)),
        "email": lambda: with_email(scene.work, user, words, _proved(answers), scene.now),
        "native": lambda: replace(user, native_language=words),
        "goals": lambda: _with_profile(user, goals=tuple(value) if isinstance(value, list) else ()),
        "own_gender": lambda: _with_profile(user, gender=words),
        "birth": lambda: with_birth(user, date.fromisoformat(words) if words else None, scene.now),
        "status": lambda: replace(user, status=UserStatus(str(words))),
        "picture": lambda: user,
    }
    setter = setters.get(field)
    return setter() if setter else _with_profile(user, **{field: words})


def _with_profile(user: User, **changes: object) -> User:
    profile: Profile = replace(user.profile, **changes)  # type: ignore[arg-type] # by field name
    return replace(user, profile=profile)


def _proved(answers: Answers) -> str | None:
    return None if answers.get(CODE_STEP) is None else str(answers[CODE_STEP])


def _old_enough(scene: Scene, _: Answers, value: object) -> object:
    birth = date.fromisoformat(str(value))
    if years_between(birth, scene.now.date()) < scene.rules.minimum_age:
        raise InvalidAnswer("profile.too_young", age=scene.rules.minimum_age)
    return value


def _values(user: User) -> Mapping[str, object]:
    """The fields of the card in their order."""
    profile = user.profile
    return {
        "name": user.name,
        "email": user.email,
        "native": user.native_language,
        "picture": profile.picture_id,
        "goals": profile.goals,
        "own_gender": profile.gender,
        "birth": profile.date_of_birth,
        **{name: getattr(profile, name) for name in _PLAIN},
        "status": user.status,
    }


def _card(scene: Scene) -> Paragraph:
    lines = [
        f"{_label(scene, name)}: {_shown(scene, name, value)}"
        for name, value in _values(scene.user).items()
        if value and name != "picture"
    ]
    learned = [
        f"{language_name(each.language, scene.texts.language)} {each.level.value}"
        for each in scene.work.learner_languages.of_user(scene.user.id)
    ]
    if learned:
        lines.append(f"{_label(scene, 'language')}: {', '.join(learned)}")
    return Paragraph("\n".join(lines), Style.QUOTE)


def _shown(scene: Scene, name: str, value: object) -> str:
    reader, user = scene.texts.language, scene.user
    shown: Mapping[str, Callable[[], str]] = {
        "email": lambda: scene.texts(
            "profile.email.proved" if user.email_verified_at else "profile.email.unproved",
            address=value,
        ),
        "native": lambda: language_name(str(value), reader),
        "goals": lambda: ", ".join(worded(scene, "goals", goal) for goal in user.profile.goals),
        "own_gender": lambda: worded(scene, "own_gender", str(value)),
        "birth": lambda: calendar_day(date.fromisoformat(str(value)), reader),
        "country": lambda: country_name(str(value), reader),
        "status": lambda: worded(scene, "status", str(value)),
    }
    show = shown.get(name)
    return show() if show else str(value)


def _rows(scene: Scene) -> Sequence[Sequence[Button]]:
    buttons = [
        scene.button("profile.button.edit", f"{PREFIX}:{name}", what=_label(scene, name))
        for name in _values(scene.user)
    ]
    rows = [buttons[i : i + 2] for i in range(0, len(buttons), 2)]
    learning = scene.button("profile.button.learning", f"{LEARNING_PREFIX}:open")
    settings = scene.button("profile.button.settings", "c:settings")
    return [*rows, [learning, settings]]


def _label(scene: Scene, name: str) -> str:
    return scene.texts(f"field.{name}")
