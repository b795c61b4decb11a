"""What a host tells about a conversation, question by question."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.accounts.teachers import TeacherProfile
from bot.core.language import Level
from bot.flows.answers import clean_line, clean_text, parse_language
from bot.flows.book_slots import reader_of
from bot.flows.live.halls import ROOMS_ON
from bot.flows.live.making_materials import material_steps
from bot.flows.live.search import LISTED_KINDS
from bot.flows.live.when import parse_length, parse_start
from bot.flows.live.words import LIVE_PREFIX, kind_name, language_badge, level_badge
from bot.flows.model import Answers, InvalidAnswer, Layout, Option, Step
from bot.flows.price_steps import price_step
from bot.flows.scene import Scene
from bot.flows.steps import choice, text, worded
from bot.i18n.formats import minutes
from bot.live.model import ANY_LEVEL, Kind, RoomKind
from bot.messaging.model import Button

OPEN, BY_CODE = "open", "code"
_TITLE_LIMIT, _ABOUT_LIMIT = 80, 500
_LENGTHS = (30, 45, 60, 90)
_SEATS = (4, 6, 8, 10, 12, 20)
_MINUTE = timedelta(minutes=1)


def making_steps() -> tuple[Step, ...]:
    """From the title to the prompts; what is optional can be skipped."""
    return (
        text("live_title", lambda typed: clean_line(typed, _TITLE_LIMIT)),
        _kind(),
        _language(),
        _level(),
        _start(),
        _length(),
        _seats(),
        _room(),
        choice("live_access", (OPEN, BY_CODE)),
        price_step(
            "live_price",
            "live_currency",
            when=is_for_sale,
            is_optional=True,
            skip_label="group.button.free",
        ),
        text(
            "live_about",
            lambda typed: clean_text(typed, _ABOUT_LIMIT),
            is_optional=True,
            is_long=True,
        ),
        *material_steps(),
    )


def is_for_sale(scene: Scene, _: Answers) -> bool:
    """Whether the person may ask for money: a verified teacher."""
    profile = teacher_of(scene)
    return profile is not None and profile.is_verified


def teacher_of(scene: Scene) -> TeacherProfile | None:
    """The person as a teacher, if they are one."""
    return scene.work.teachers.find_of_user(scene.user.id)


def start_of(answers: Answers) -> datetime:
    """The instant that was chosen."""
    return datetime.fromisoformat(str(answers["live_start"]))


def _kind() -> Step:
    """A private one is a lesson, and its button says so."""

    def options(scene: Scene, _: Answers) -> Sequence[Option]:
        return [Option(kind.value, kind_name(kind, scene.texts)) for kind in LISTED_KINDS]

    def private(scene: Scene, _: Answers) -> Sequence[Sequence[Button]]:
        return [[Button(kind_name(Kind.PRIVATE, scene.texts), f"{LIVE_PREFIX}:private")]]

    return Step(
        name="live_kind",
        asks="ask.live_kind",
        label="field.live_kind",
        options=options,
        extra_rows=private,
        show=lambda scene, value: kind_name(str(value), scene.texts),
    )


def _language() -> Step:
    """The person's own languages first; any other can be typed."""

    def options(scene: Scene, _: Answers) -> Sequence[Option]:
        learned = [each.language for each in scene.work.learner_languages.of_user(scene.user.id)]
        profile = teacher_of(scene)
        taught = [each.language for each in profile.languages] if profile else []
        native = [scene.user.native_language] if scene.user.native_language else []
        tags = dict.fromkeys([*taught, *learned, *native])
        return [Option(tag, language_badge(tag, scene.texts)) for tag in tags]

    return Step(
        name="live_language",
        asks="ask.live_language",
        label="field.live_language",
        options=options,
        layout=Layout.GRID,
        parse=lambda _, typed: parse_language(typed),
        show=lambda scene, value: language_badge(str(value), scene.texts),
        resets=("live_materials",),
    )


def _level() -> Step:
    def options(scene: Scene, _: Answers) -> Sequence[Option]:
        return [Option(each, level_badge(each, scene.texts)) for each in (*Level, ANY_LEVEL)]

    return Step(
        name="live_level",
        asks="ask.live_level",
        label="field.live_level",
        options=options,
        layout=Layout.GRID,
        show=lambda scene, value: level_badge(str(value), scene.texts),
        resets=("live_materials",),
    )


def start_step(name: str = "live_start", **more: Any) -> Step:
    """An instant, typed as people write it; kept as ISO 8601 in UTC."""

    def parse(scene: Scene, typed: str) -> object:
        return parse_start(typed, scene.now, _zone(scene)).isoformat()

    return Step(
        name=name,
        asks=f"ask.{name}",
        label="field.live_start",
        params=lambda scene, _: {"zone": _zone(scene)},
        parse=parse,
        show=lambda scene, value: reader_of(scene).at(datetime.fromisoformat(str(value))),
        **more,
    )


def _start() -> Step:
    def check(scene: Scene, _: Answers, value: object) -> object:
        if datetime.fromisoformat(str(value)) <= scene.now:
            raise InvalidAnswer("group.when.past")
        return value

    return start_step(check=check)


def _length() -> Step:
    """Minutes; the end may be typed instead."""

    def options(scene: Scene, _: Answers) -> Sequence[Option]:
        return [Option(str(each), _minutes_shown(scene, each)) for each in _LENGTHS]

    def check(scene: Scene, answers: Answers, value: object) -> object:
        if str(value).isdecimal():
            return str(value)
        length = parse_length(str(value), start_of(answers), _zone(scene))
        return str(length // _MINUTE)

    return Step(
        name="live_length",
        asks="ask.live_length",
        label="field.live_length",
        options=options,
        layout=Layout.GRID,
        parse=lambda _, typed: typed.strip(),
        check=check,
        show=lambda scene, value: _minutes_shown(scene, int(str(value))),
    )


def _seats() -> Step:
    def options(_: Scene, __: Answers) -> Sequence[Option]:
        return [Option(str(each), str(each)) for each in _SEATS]

    def parse(_: Scene, typed: str) -> object:
        if not typed.isdecimal() or len(typed) > len("999"):
            raise InvalidAnswer("group.no_number")
        return typed

    return Step(
        name="live_seats",
        asks="ask.live_seats",
        label="field.live_seats",
        options=options,
        layout=Layout.GRID,
        parse=parse,
    )


def _room() -> Step:
    """Rooms for people are made on servers that announce conversations."""

    def options(scene: Scene, _: Answers) -> Sequence[Option]:
        platforms = {board.platform for board in scene.work.halls.boards.all()}
        kinds = [kind for kind, platform in ROOMS_ON.items() if platform in platforms]
        rooms = (RoomKind.NOTES, RoomKind.ZOOM, *kinds)
        return [Option(each.value, worded(scene, "live_room", each.value)) for each in rooms]

    return Step(
        name="live_room",
        asks="ask.live_room",
        label="field.live_room",
        options=options,
        show=lambda scene, value: worded(scene, "live_room", str(value)),
    )


def _minutes_shown(scene: Scene, number: int) -> str:
    return minutes(number * _MINUTE, scene.texts.language)


def _zone(scene: Scene) -> str:
    return scene.user.time_zone or "UTC"
