"""Asking what somebody learns and from whom: language, level, accent, tutor, situation."""

from collections.abc import Sequence

from bot.core.language import Level, base_language
from bot.flows.answers import parse_language
from bot.flows.model import Answers, InvalidAnswer, Layout, Option, Step
from bot.flows.scene import Scene
from bot.flows.steps import choice, worded
from bot.flows.tutor_choice import (
    ANY,
    accent_of,
    accents_in,
    avatar_name,
    context_name,
    fitting,
    wished,
)
from bot.flows.tutor_sample import TutorSamples
from bot.i18n.formats import accent_name, language_name, own_language_name
from bot.i18n.names import COMMON_LANGUAGES
from bot.messaging.model import Button, Paragraph
from bot.voice.avatars import Avatar, find_avatar
from bot.voice.contexts.catalogue import list_contexts
from bot.voice.engines import EngineChain

# Languages an engine without a list of its own is offered for, those with content of ours first.
_OFFERED = ("en", "es", "fr", "it", "pt", "de", "ja", "ko", "ru", "hi", "ar")
_GENDERS = (ANY, "female", "male")
_RESTS_ON_LANGUAGE = ("level", "accent", "gender", "avatar", "tutor_ok", "context")
_RESTS_ON_VOICE = ("avatar", "tutor_ok")


class TutorSteps:
    """The steps; what they ask follows from what the engines and the tutors can do."""

    def __init__(self, chain: EngineChain, samples: TutorSamples) -> None:
        self._chain = chain
        self._samples = samples

    def languages(self) -> Sequence[str]:
        """Languages that can be practised now."""
        named = {tag for engine in self._chain.engines for tag in engine.caps.languages or ()}
        offered = [*_OFFERED, *sorted(named.difference(_OFFERED))]
        return [tag for tag in offered if self._chain.able(tag)]

    def suggested(self, scene: Scene) -> Sequence[str]:
        """The likeliest first: not the language the person's client speaks."""
        spoken = {scene.user.native_language, own_language(scene)}
        return sorted(self.languages(), key=lambda tag: tag in spoken)

    def native(self) -> Step:
        """The person's own language."""

        def options(scene: Scene, _: Answers) -> Sequence[Option]:
            first = own_language(scene)
            tags = sorted(COMMON_LANGUAGES, key=lambda tag: tag != first)
            return [Option(tag, own_language_name(tag)) for tag in tags]

        return Step(
            name="native",
            asks="ask.native",
            label="field.native",
            options=options,
            layout=Layout.GRID,
            parse=lambda _, typed: parse_language(typed),
            show=_language_shown,
        )

    def learning(self) -> tuple[Step, ...]:
        """From the language to the situation."""
        return (
            self._language(),
            choice("level", list(Level)),
            _accent(),
            choice(
                "gender", _GENDERS, layout=Layout.GRID, is_optional=True, resets=_RESTS_ON_VOICE
            ),
            self._avatar(),
            self._confirmation(),
            _context(),
        )

    def _language(self) -> Step:
        def options(scene: Scene, answers: Answers) -> Sequence[Option]:
            native = answers.get("native") or scene.user.native_language
            tags = [tag for tag in self.suggested(scene) if tag != native]
            return [Option(tag, own_language_name(tag)) for tag in tags]

        def check(scene: Scene, answers: Answers, tag: object) -> object:
            if tag == (answers.get("native") or scene.user.native_language):
                raise InvalidAnswer("answer.same_language")
            if not self._chain.able(str(tag)):
                raise InvalidAnswer("answer.not_practised")
            return tag

        return Step(
            name="language",
            asks="ask.language",
            label="field.language",
            options=options,
            layout=Layout.GRID,
            parse=lambda _, typed: parse_language(typed),
            check=check,
            show=_language_shown,
            resets=_RESTS_ON_LANGUAGE,
        )

    def _avatar(self) -> Step:
        def options(_: Scene, answers: Answers) -> Sequence[Option]:
            return [Option(a.id, f"{a.picture} {a.name}") for a in fitting(answers)]

        def samples(scene: Scene, answers: Answers) -> Sequence[Sequence[Button]]:
            language = str(answers["language"])
            buttons = [self._samples.button(scene, a, language) for a in fitting(answers)]
            return [buttons[i : i + 3] for i in range(0, len(buttons), 3)]

        return Step(
            name="avatar",
            asks="ask.avatar",
            label="field.avatar",
            options=options,
            layout=Layout.GRID,
            is_optional=True,
            before=_closest_is_named,
            extra_rows=samples,
            show=lambda _, value: avatar_name(str(value)),
            resets=("tutor_ok",),
        )

    def _confirmation(self) -> Step:
        """The tutor as chosen, to hear once more and to take."""

        def card(scene: Scene, answers: Answers) -> Sequence[Paragraph]:
            avatar = find_avatar(str(answers["avatar"]))
            return [_card(scene, avatar, answers)] if avatar else []

        def sample(scene: Scene, answers: Answers) -> Sequence[Sequence[Button]]:
            avatar = find_avatar(str(answers["avatar"]))
            language = str(answers["language"])
            return [[self._samples.button(scene, avatar, language)]] if avatar else []

        return choice(
            "tutor_ok",
            ("yes",),
            is_hidden=True,
            when=lambda _, answers: answers.get("avatar") is not None,
            before=card,
            extra_rows=sample,
        )


def own_language(scene: Scene) -> str:
    """The language the person's client speaks, or the interface's."""
    return base_language(scene.identity.locale or scene.user.ui_language)


def _accent() -> Step:
    def options(scene: Scene, answers: Answers) -> Sequence[Option]:
        reader = scene.texts.language
        return [
            Option(tag, accent_name(tag, reader)) for tag in accents_in(str(answers["language"]))
        ]

    return Step(
        name="accent",
        asks="ask.accent",
        label="field.accent",
        options=options,
        is_optional=True,
        when=lambda _, answers: len(accents_in(str(answers.get("language")))) > 1,
        show=lambda scene, value: accent_name(str(value), scene.texts.language),
        resets=_RESTS_ON_VOICE,
    )


def _context() -> Step:
    def contexts(scene: Scene, answers: Answers) -> Sequence[Option]:
        language, reader = str(answers.get("language")), scene.texts.language
        return [
            Option(context.id, context_name(context.id, language, reader))
            for context in list_contexts(language)
        ]

    def show(scene: Scene, value: object) -> str:
        return context_name(str(value), "en", scene.texts.language)

    return Step(
        name="context",
        asks="ask.context",
        label="field.context",
        options=contexts,
        is_optional=True,
        when=lambda scene, answers: bool(contexts(scene, answers)),
        show=show,
    )


def _closest_is_named(scene: Scene, answers: Answers) -> Sequence[Paragraph]:
    found = wished(answers)
    if found.is_exact:
        return []
    language = language_name(str(answers["language"]), scene.texts.language)
    is_own = base_language(str(answers["language"])) in found.avatar.languages
    key = "tutor.closest" if is_own else "tutor.no_own"
    return [scene.text(key, name=found.avatar.name, language=language)]


def _card(scene: Scene, avatar: Avatar, answers: Answers) -> Paragraph:
    reader, language = scene.texts.language, str(answers["language"])
    accent = accent_of(avatar, language, answers.get("accent"))
    return scene.text(
        "tutor.card",
        name=avatar_name(avatar.id),
        accent=accent_name(accent or language, reader),
        gender=worded(scene, "gender", avatar.gender),
        about=avatar.about.get(reader, avatar.about["en"]),
    )


def _language_shown(scene: Scene, value: object) -> str:
    return language_name(str(value), scene.texts.language)
