"""/teachers: verified teachers' offers, by language, category and price, a page at a time."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.accounts.gigs import Gig, GigCategory, GigStatus, TeacherSearch
from bot.core.entity import long_id, new_id, short_id
from bot.flows.answers import parse_language
from bot.flows.gig_card import CATALOGUE_PREFIX, gig_line, say_intro, show_gig
from bot.flows.introductions import Introductions
from bot.flows.model import Answers, Flow, Layout, Option, Step
from bot.flows.price_steps import as_answer, as_money, currency_step, price_step
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.soonest import soonest_offers
from bot.flows.steps import choice, worded
from bot.i18n.formats import language_name, own_language_name
from bot.i18n.money import money
from bot.messaging.model import Button, Paragraph, Style

PREFIX = CATALOGUE_PREFIX
SEARCH_FLOW = "search"
_PER_PAGE = 5
_MOST_WAITS = 10
_PAGE = re.compile(r"[0-9]{1,4}")
_ANY = "search.button.any"
_FILTERS = ("wanted_language", "wanted_category", "wanted_currency")


class GigSearch:
    """The catalogue. What a person looks for is a row of their own, so buttons carry no filters.

    A filter by rating is not offered while nothing is rated.
    """

    def __init__(self, runner: Runner, introductions: Introductions) -> None:
        self._runner = runner
        self._introductions = introductions

    def flows(self) -> Sequence[Flow]:
        """Each filter is a step of its own; the price asks for its currency first."""
        steps = (
            _language(),
            _category(),
            currency_step(
                "wanted_currency",
                resets=("wanted_price",),
                offered=lambda scene: scene.work.gigs.currencies(),
                is_optional=True,
                skip_label=_ANY,
            ),
            price_step(
                "wanted_price",
                "wanted_currency",
                when=lambda _, answers: answers.get("wanted_currency") is not None,
            ),
        )
        return [Flow(SEARCH_FLOW, steps, self._narrowed, shows_progress=False)]

    def show(self, scene: Scene, _: str = "") -> Later | None:
        """/teachers: the first page of what fits the last search."""
        return self._page(scene, 0)

    def press(self, scene: Scene, data: str) -> Later | None:
        """`data` is "<action>:<page, filter or short gig id>"."""
        action, _, rest = data.partition(":")
        match action:
            case "page" if _PAGE.fullmatch(rest):
                scene.answer_button()
                return self._page(scene, int(rest))
            case "soon" if _PAGE.fullmatch(rest):
                scene.answer_button()
                return self._page(scene, int(rest), is_soonest=True)
            case "filter" if rest in _FILTERS:
                scene.answer_button()
                return self._ask(scene, rest)
            case "watch":
                return self._watch(scene)
            case "notnow":
                scene.answer_button(scene.texts("search.not_now"))
                return None
            case "open" | "hear" | "write":
                return self._at(scene, action, _seen_gig(scene, rest))
        raise StaleButton

    def _at(self, scene: Scene, action: str, gig: Gig) -> Later | None:
        if action == "open":
            scene.answer_button()
            show_gig(scene, gig)
        elif action == "hear" and gig.intro_id is not None:
            scene.answer_button()
            say_intro(scene, gig)
        elif action == "write":
            return self._write(scene, gig)
        return None

    def _write(self, scene: Scene, gig: Gig) -> Later | None:
        if gig.user_id == scene.user.id:
            scene.answer_button(scene.texts("search.own"))
            return None
        scene.answer_button()
        if not scene.user.is_registered:
            scene.say(
                scene.text("search.register_first"),
                buttons=[[scene.button("start.register", "c:register")]],
            )
            return None
        return self._introductions.introduce(scene, gig.user_id)

    def _page(self, scene: Scene, page: int, *, is_soonest: bool = False) -> Later | None:
        search = _search(scene)
        count = scene.work.gigs.count_listed(search.wish)
        body = [scene.text("search.title", Style.STRONG), _looked_for(scene, search)]
        rows: list[list[Button]] = []
        if count:
            lines, rows = _offers(scene, search, page, count, is_soonest=is_soonest)
            body.append(Paragraph("\n".join(lines)))
        else:
            body.append(scene.text("search.nothing"))
            rows.append([scene.button("search.button.watch", f"{PREFIX}:watch:")])
        rows.append(
            [scene.button(f"search.button.{name}", f"{PREFIX}:filter:{name}") for name in _FILTERS]
        )
        scene.show(*body, buttons=rows)
        return None

    def _ask(self, scene: Scene, step: str) -> Later | None:
        answers = _answers_of(_search(scene))
        if step == "wanted_currency":  # so that the price is asked for again
            answers = {name: value for name, value in answers.items() if "price" not in name}
            answers["wanted_currency"] = None
        return self._runner.start_at(scene, SEARCH_FLOW, step, answers)

    def _narrowed(self, scene: Scene, answers: Answers) -> Later | None:
        category, language = answers["wanted_category"], answers["wanted_language"]
        price = answers.get("wanted_price")
        has_price = price is not None and answers["wanted_currency"] is not None
        most = as_money(price) if has_price else None
        _keep(
            scene,
            replace(
                _search(scene),
                category=None if category is None else GigCategory(str(category)),
                language=None if language is None else str(language),
                most_minor=None if most is None else most.minor,
                currency=None if most is None else most.currency,
            ),
        )
        return self._page(scene, 0)

    def _watch(self, scene: Scene) -> Later | None:
        """Tell the presser once when something comes that fits what they look for."""
        search = _search(scene)
        if scene.work.gigs.count_listed(search.wish):
            scene.answer_button()
            return self._page(scene, 0)
        scene.answer_button()
        waits = [s for s in scene.work.teacher_searches.of_user(scene.user.id) if s.watching_since]
        if all(each.wish != search.wish for each in waits):
            for oldest in waits[: max(0, len(waits) + 1 - _MOST_WAITS)]:
                scene.work.teacher_searches.remove(oldest.id)
            scene.work.teacher_searches.add(
                replace(search, id=new_id(), version=0, watching_since=scene.now)
            )
        scene.say(scene.text("search.watching"), _looked_for(scene, search))
        return None


def _category() -> Step:
    """Worded as the teachers read it."""
    step = choice("gig_category", tuple(GigCategory), is_optional=True, skip_label=_ANY)
    return replace(step, name="wanted_category", asks="ask.wanted_category")


def _language() -> Step:
    def options(scene: Scene, _: Answers) -> Sequence[Option]:
        return [Option(tag, own_language_name(tag)) for tag in scene.work.gigs.languages()]

    return Step(
        name="wanted_language",
        asks="ask.wanted_language",
        label="field.gig_language",
        options=options,
        layout=Layout.GRID,
        parse=lambda _, typed: parse_language(typed),
        is_optional=True,
        skip_label=_ANY,
    )


def _seen_gig(scene: Scene, short: str) -> Gig:
    """A gig students may see, or the presser's own. Raises StaleButton for any other."""
    try:
        gig_id = long_id(short)
    except ValueError as error:
        raise StaleButton from error
    own = scene.work.gigs.find(gig_id)
    if own is not None and own.user_id == scene.user.id and own.status is not GigStatus.DELETED:
        return own
    listed = scene.work.gigs.find_listed(gig_id)
    if listed is None:
        raise StaleButton
    return listed


def _search(scene: Scene) -> TeacherSearch:
    """What the person looked for last; everything, the first time."""
    found = scene.work.teacher_searches.find_of_user(scene.user.id)
    return found or TeacherSearch(user_id=scene.user.id)


def _keep(scene: Scene, search: TeacherSearch) -> None:
    searches = scene.work.teacher_searches
    if searches.find(search.id) is None:
        searches.add(search)
    else:
        searches.save(search)


def _answers_of(search: TeacherSearch) -> dict[str, object]:
    most = search.wish.most
    return {
        "wanted_language": search.language,
        "wanted_category": search.category.value if search.category else None,
        "wanted_currency": search.currency,
        "wanted_price": None if most is None else as_answer(most),
    }


def _looked_for(scene: Scene, search: TeacherSearch) -> Paragraph:
    """The filters in words."""
    reader, most = scene.texts.language, search.wish.most
    parts = [
        language_name(search.language, reader) if search.language else "",
        worded(scene, "gig_category", search.category) if search.category else "",
        scene.texts("search.up_to", price=money(most, reader)) if most else "",
    ]
    words = " · ".join(part for part in parts if part)
    return Paragraph(words or scene.texts("search.everything"))


def _offers(
    scene: Scene, search: TeacherSearch, page: int, count: int, *, is_soonest: bool
) -> tuple[list[str], list[list[Button]]]:
    """One page: newest first, or whose teacher is free first."""
    if is_soonest:
        every = soonest_offers(scene, search.wish)
        count = len(every)
    pages = -(-count // _PER_PAGE)
    page = min(page, pages - 1)
    start = page * _PER_PAGE
    if is_soonest:
        shown = every[start : start + _PER_PAGE]
        gigs, told = [each.gig for each in shown], [each.line(scene) for each in shown]
    else:
        gigs = list(scene.work.gigs.listed(search.wish, start, _PER_PAGE))
        told = [gig_line(scene, gig) for gig in gigs]
    lines = [f"{n}. {line}" for n, line in enumerate(told, start + 1)]
    rows = [
        [Button(f"{n}. {gig.title}", f"{PREFIX}:open:{short_id(gig.id)}")]
        for n, gig in enumerate(gigs, start + 1)
    ]
    order, other = ("soon", "page") if is_soonest else ("page", "soon")
    rows.append(_turning(scene, order, page, pages))
    rows.append([scene.button(f"search.button.by.{other}", f"{PREFIX}:{other}:0")])
    return lines, rows


def _turning(scene: Scene, order: str, page: int, pages: int) -> list[Button]:
    row = []
    if page > 0:
        row.append(scene.button("flow.button.earlier", f"{PREFIX}:{order}:{page - 1}"))
    if page < pages - 1:
        row.append(scene.button("flow.button.more", f"{PREFIX}:{order}:{page + 1}"))
    return row
