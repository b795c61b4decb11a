"""Builders of the steps that flows have in common."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.flows.model import Answers, Layout, Option, Step
from bot.flows.scene import Scene

Applies = Callable[[Scene, Answers], bool]


def choice(name: str, values: Sequence[str], *, layout: Layout = Layout.LIST, **more: Any) -> Step:
    """One of a few values, worded by the catalog: `choice.{name}.{value}`."""

    def options(scene: Scene, _: Answers) -> Sequence[Option]:
        return [Option(value, worded(scene, name, value)) for value in values]

    def show(scene: Scene, value: object) -> str:
        chosen = value if isinstance(value, list | tuple) else [value]
        return ", ".join(worded(scene, name, str(each)) for each in chosen)

    return Step(name=name, options=options, layout=layout, show=show, **_keys(name), **more)


def text(name: str, parse: Callable[[str], object], **more: Any) -> Step:
    """Something typed."""
    return Step(name=name, parse=lambda _, typed: parse(typed), **_keys(name), **more)


def worded(scene: Scene, name: str, value: str) -> str:
    """A choice's value in the reader's language."""
    return scene.texts(f"choice.{name}.{value}")


def only(applies: Applies, *steps: Step) -> tuple[Step, ...]:
    """The steps, asked only where `applies` too."""
    return tuple(replace(step, when=_both(applies, step.when)) for step in steps)


def optional(*steps: Step) -> tuple[Step, ...]:
    """The steps with a way past them, which takes a value back."""
    return tuple(replace(step, is_optional=True, skip_label="flow.button.remove") for step in steps)


def _keys(name: str) -> Mapping[str, Any]:
    """The same question is worded once, whichever flow asks it."""
    return {"asks": f"ask.{name}", "label": f"field.{name}"}


def _both(first: Applies, second: Applies | None) -> Applies:
    if second is None:
        return first
    return lambda scene, answers: first(scene, answers) and second(scene, answers)
