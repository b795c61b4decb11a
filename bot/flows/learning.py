"""What a person learns, changed from their profile: another language, another tutor."""

from collections.abc import Sequence
from dataclasses import replace

from bot.accounts.model import LearnerLanguage
from bot.core.errors import NotFound
from bot.flows.model import Answers, Flow
from bot.flows.runner import Runner, StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.tutor_choice import (
    accents_in,
    answers_of,
    avatar_name,
    context_name,
    learner_language,
    refreshed,
)
from bot.flows.tutor_steps import TutorSteps
from bot.i18n.formats import accent_name, language_name
from bot.messaging.model import Button, Paragraph, Style
from bot.voice.avatars import find_avatar
from bot.voice.contexts.catalogue import list_contexts
from bot.voice.session import VoiceSession

PREFIX = "l"
LEARNING_FLOW, NEW_LANGUAGE_FLOW = "learning", "new_language"
_CHANGEABLE = ("level", "accent", "gender", "avatar", "context")


def keep_choice(scene: Scene, answers: Answers) -> LearnerLanguage:
    """Store what was chosen as the language learned from here on."""
    languages, fresh = scene.work.learner_languages, learner_language(scene.user.id, answers)
    for known in languages.of_user(scene.user.id):
        if known.language == fresh.language:
            fresh = refreshed(known, answers)
    return languages.choose(fresh)


def retune(scene: Scene, learner: LearnerLanguage) -> VoiceSession | None:
    """Let the running practice go on with these choices; None where none in the language runs."""
    session = scene.work.voice_sessions.find_active(scene.user.id)
    if session is None or session.language != learner.language:
        return None
    return scene.work.voice_sessions.save(
        replace(
            session,
            level=learner.level,
            native_language=scene.user.native_language,
            avatar_id=learner.avatar_id,
            accent=learner.accent,
        )
    )


class Learning:
    """The card of what is learned, and its buttons."""

    def __init__(self, runner: Runner, tutor: TutorSteps) -> None:
        self._runner = runner
        self._tutor = tutor

    def flows(self) -> Sequence[Flow]:
        """One to change a thing about the language learned, one to take up another."""
        steps = self._tutor.learning()
        return (
            Flow(LEARNING_FLOW, steps, self._changed, shows_progress=False),
            Flow(NEW_LANGUAGE_FLOW, steps, self._changed),
        )

    def show(self, scene: Scene, _: str = "") -> Later | None:
        """The languages a person learns, with a button for everything that can be changed."""
        learned = scene.work.learner_languages.of_user(scene.user.id)
        active = next((each for each in learned if each.is_active), None)
        others = [each for each in learned if not each.is_active]
        body = [scene.text("learning.title", Style.STRONG)]
        rows: list[list[Button]] = []
        if active is None:
            body.append(scene.text("learning.none"))
        else:
            body.append(_card(scene, active))
            buttons = [
                scene.button(
                    "profile.button.edit", f"{PREFIX}:edit:{name}", what=_label(scene, name)
                )
                for name in _changeable(active)
            ]
            rows = [buttons[i : i + 2] for i in range(0, len(buttons), 2)]
        for other in others:
            name = language_name(other.language, scene.texts.language)
            rows.append(
                [scene.button("learning.button.use", f"{PREFIX}:use:{other.language}", name=name)]
            )
        rows.append([scene.button("learning.button.add", f"{PREFIX}:add:")])
        rows.append([scene.button("profile.button.back", "c:profile")])
        scene.show(*body, buttons=rows)
        return None

    def press(self, scene: Scene, data: str) -> Later | None:
        """`data` is "<action>:<field or language>", about the presser's own languages."""
        scene.answer_button()
        action, _, rest = data.partition(":")
        match action:
            case "open":
                return self.show(scene)
            case "add":
                return self._runner.start(scene, NEW_LANGUAGE_FLOW)
            case "use":
                return self._use(scene, rest)
            case "edit" if rest in _CHANGEABLE:
                return self._edit(scene, rest)
        raise StaleButton

    def _edit(self, scene: Scene, field: str) -> Later | None:
        learner = scene.work.learner_languages.find_active(scene.user.id)
        if learner is None:
            raise NotFound
        return self._runner.start_at(scene, LEARNING_FLOW, field, answers_of(learner))

    def _use(self, scene: Scene, language: str) -> Later | None:
        learned = scene.work.learner_languages.of_user(scene.user.id)
        wanted = next((each for each in learned if each.language == language), None)
        if wanted is None:
            raise NotFound
        scene.work.learner_languages.choose(wanted)
        return self.show(scene)

    def _changed(self, scene: Scene, answers: Answers) -> Later | None:
        retune(scene, keep_choice(scene, answers))
        return self.show(scene)


def _changeable(learner: LearnerLanguage) -> Sequence[str]:
    """What there is more than one of."""
    language = learner.language
    is_there = {"accent": len(accents_in(language)) > 1, "context": bool(list_contexts(language))}
    return [name for name in _CHANGEABLE if is_there.get(name, True)]


def _label(scene: Scene, name: str) -> str:
    return scene.texts(f"field.{name}")


def _card(scene: Scene, learner: LearnerLanguage) -> Paragraph:
    reader = scene.texts.language
    avatar = find_avatar(learner.avatar_id)
    lines = {
        "language": language_name(learner.language, reader),
        "level": learner.level.value,
        "accent": accent_name(learner.accent, reader) if learner.accent else "",
        "avatar": avatar_name(avatar.id) if avatar else "",
        "context": context_name(learner.context_id, learner.language, reader),
    }
    text = "\n".join(f"{_label(scene, name)}: {value}" for name, value in lines.items() if value)
    return Paragraph(text, Style.QUOTE)
