"""/live: what is coming up, with filters that travel in the buttons, and one's own."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.core.language import base_language
from bot.flows.answers import clean_line
from bot.flows.book_slots import reader_of
from bot.flows.lesson_words import Reader
from bot.flows.live.card import line_of
from bot.flows.live.search import LEVELS, LISTED_KINDS, Wish, cut, parse_wish
from bot.flows.live.standing import state_of
from bot.flows.live.words import (
    ABOUT,
    LIVE_PREFIX,
    MINE,
    NEW,
    headline,
    kind_name,
    language_badge,
    level_badge,
    listed,
    live_data,
    person_name,
)
from bot.flows.model import Answers, Flow
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.steps import text
from bot.i18n.names import COMMON_LANGUAGES
from bot.live.finding import Listed, Query, asker_state
from bot.live.model import LiveConversation
from bot.messaging.model import Button, Paragraph, Style

FIND_FLOW = "live_find"
_PER_PAGE = 5
_PAGE = re.compile(r"[0-9]{1,2}")
_LANGUAGES_SHOWN = 12
_IN_A_ROW = 3
_MINE_SHOWN = 10
_EVERYTHING = Wish()


class Listing:
    """The pages of the list."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def flows(self) -> Sequence[Flow]:
        """What to look for, typed."""
        words = text("live_find", lambda typed: clean_line(typed))
        return [Flow(FIND_FLOW, (words,), self._found, shows_progress=False)]

    def show(self, scene: Scene, wish: Wish = _EVERYTHING, page: int = 0) -> Later | None:
        """A page of what fits."""
        query = Query(
            now=scene.now,
            language=wish.language,
            level=wish.level,
            kind=wish.kind,
            is_free=wish.is_free,
            text=wish.text,
            page=page,
            limit=_PER_PAGE,
            asker_id=scene.user.id,
        )
        found = scene.work.live.conversations.find_listed(query)
        if not found.rows and page:
            return self.show(scene, wish)
        reader, me = reader_of(scene), scene.user.id
        items = [
            Listed(
                row.conversation,
                person_name(scene.work, row.conversation.host_id, scene.texts),
                asker_state(row, me),
            )
            for row in found.rows
        ]
        body = [scene.text("group.title", Style.STRONG), _looked_for(scene, wish, found.total)]
        if items:
            body.append(_numbered(items, page * _PER_PAGE + 1, reader))
        else:
            body.append(scene.text("group.nothing"))
        rows = [*_opening(items, page * _PER_PAGE + 1), *_below(scene, wish, page, found.total)]
        scene.show(*body, buttons=rows)
        return None

    def press(self, scene: Scene, rest: str) -> Later | None:
        """`rest` is "<filters>:<page>"."""
        packed, _, page = rest.partition(":")
        if not _PAGE.fullmatch(page):
            raise StaleButton
        wish = parse_wish(packed)
        scene.answer_button()
        return self.show(scene, wish, int(page))

    def pick(self, scene: Scene, rest: str) -> Later | None:
        """`rest` is "<first letter of a filter>:<filters>": what it can be."""
        name, _, packed = rest.partition(":")
        wish = parse_wish(packed)
        if name == "w":
            scene.answer_button()
            return self._runner.start(scene, FIND_FLOW, {"wish": replace(wish, text="").packed})
        options = _OPTIONS.get(name)
        if options is None:
            raise StaleButton
        filter_name, labels = options
        scene.answer_button()
        buttons = [
            Button(label, _list_data(wish.with_one(filter_name, value)))
            for value, label in labels(scene)
        ]
        rows = [buttons[at : at + _IN_A_ROW] for at in range(0, len(buttons), _IN_A_ROW)]
        any_of_it = scene.button("group.button.any", _list_data(wish.with_one(filter_name, "")))
        scene.show(scene.text(f"group.pick.{filter_name}"), buttons=[*rows, [any_of_it]])
        return None

    def mine(self, scene: Scene) -> Later | None:
        """What the person leads, has a seat in, or waits for; soonest first."""
        live, me = scene.work.live, scene.user.id
        seated = [
            live.conversations.get(seat.conversation_id)
            for seat in live.seats.upcoming(me, scene.now)
        ]
        own = {each.id: each for each in (*live.conversations.led_by(me, scene.now), *seated)}
        shown = sorted(own.values(), key=_start)[:_MINE_SHOWN]
        rows: list[list[Button]] = _opening([_item(scene, each) for each in shown], 1)
        rows.append(
            [scene.button("group.button.list", "c:live"), scene.button("group.button.new", NEW)]
        )
        body = [scene.text("group.mine", Style.STRONG)]
        if shown:
            body.append(_numbered([_item(scene, each) for each in shown], 1, reader_of(scene)))
        else:
            body.append(scene.text("group.mine_none"))
        scene.show(*body, buttons=rows)
        return None

    def _found(self, scene: Scene, answers: Answers) -> Later | None:
        wish = parse_wish(str(answers["wish"]))
        typed = str(answers["live_find"]).replace(":", " ")
        return self.show(scene, replace(wish, text=cut(typed)))


def _start(conversation: LiveConversation) -> tuple[object, str]:
    return conversation.starts_at, conversation.id


def _item(scene: Scene, conversation: LiveConversation) -> Listed:
    name = person_name(scene.work, conversation.host_id, scene.texts)
    return Listed(conversation, name, state_of(scene.work, conversation, scene.user.id))


def _numbered(items: Sequence[Listed], first: int, reader: Reader) -> Paragraph:
    lines = [f"{number}. {line_of(each, reader)}" for number, each in enumerate(items, first)]
    return Paragraph("\n".join(lines))


def _opening(items: Sequence[Listed], first: int) -> list[list[Button]]:
    """A button for each."""
    return [
        [
            Button(
                f"{number}. {headline(each.conversation)}",
                live_data("open", each.conversation.id),
            )
        ]
        for number, each in enumerate(items, first)
    ]


def _looked_for(scene: Scene, wish: Wish, total: int) -> Paragraph:
    """The filters in words, and how many fit."""
    texts = scene.texts
    price = "" if wish.is_free is None else texts(f"group.{'free' if wish.is_free else 'paid'}")
    words = listed(
        [
            language_badge(wish.language, texts) if wish.language else "",
            level_badge(wish.level, texts) if wish.level else "",
            kind_name(wish.kind, texts) if wish.kind else "",
            price,
            texts("group.text_filter", text=wish.text) if wish.text else "",
        ]
    )
    found = texts("group.found", count=total)
    return Paragraph(listed([words or texts("group.everything"), found]))


def _below(scene: Scene, wish: Wish, page: int, total: int) -> list[list[Button]]:
    """Turning pages, the filters, and the other views."""
    turning = []
    if page > 0:
        turning.append(scene.button("flow.button.earlier", _list_data(wish, page - 1)))
    if (page + 1) * _PER_PAGE < total and page < 99:
        turning.append(scene.button("flow.button.more", _list_data(wish, page + 1)))
    filters = [
        scene.button(f"group.button.{name}", f"{LIVE_PREFIX}:pick:{letter}:{wish.packed}")
        for letter, name in (("l", "language"), ("v", "level"), ("k", "kind"))
    ]
    more = [
        scene.button(f"group.button.{name}", f"{LIVE_PREFIX}:pick:{letter}:{wish.packed}")
        for letter, name in (("p", "price"), ("w", "words"))
    ]
    if wish != _EVERYTHING:
        more.append(scene.button("group.button.clear", _list_data(_EVERYTHING)))
    views = [
        scene.button("group.button.mine", MINE),
        scene.button("group.button.new", NEW),
        scene.button("group.button.about", ABOUT),
    ]
    return [turning, filters, more, views]


def _list_data(wish: Wish, page: int = 0) -> str:
    return f"{LIVE_PREFIX}:list:{wish.packed}:{page}"


def _languages(scene: Scene) -> Sequence[tuple[str, str]]:
    """The person's own first, then the most asked for."""
    learned = [each.language for each in scene.work.learner_languages.of_user(scene.user.id)]
    native = [scene.user.native_language] if scene.user.native_language else []
    own = [base_language(tag) for tag in (*learned, *native)]
    tags = list(dict.fromkeys([*own, *COMMON_LANGUAGES]))[:_LANGUAGES_SHOWN]
    return [(tag, language_badge(tag, scene.texts)) for tag in tags]


def _levels(scene: Scene) -> Sequence[tuple[str, str]]:
    return [(each, level_badge(each, scene.texts)) for each in LEVELS]


def _kinds(scene: Scene) -> Sequence[tuple[str, str]]:
    return [(kind.value[0], kind_name(kind, scene.texts)) for kind in LISTED_KINDS]


def _prices(scene: Scene) -> Sequence[tuple[str, str]]:
    return [(name[0], scene.texts(f"group.button.{name}")) for name in ("free", "paid")]


_OPTIONS: Mapping[str, tuple[str, Callable[[Scene], Sequence[tuple[str, str]]]]] = {
    "l": ("language", _languages),
    "v": ("level", _levels),
    "k": ("kind", _kinds),
    "p": ("price", _prices),
}
