"""Asking for prices: the currency by buttons, the amount typed as people write it."""

from collections.abc import Callable, Sequence
from typing import Any

from bot.accounts.prices import CURRENCIES, PriceOutOfBounds, checked_price
from bot.core.money import Money
from bot.flows.answers import clean_line
from bot.flows.model import Answers, InvalidAnswer, Option, Step
from bot.flows.scene import Scene
from bot.i18n.money import NotAnAmount, currency_name, money, parse_money

_LONGEST_TYPED = 30


def currency_step(
    name: str,
    *,
    resets: tuple[str, ...] = (),
    offered: Callable[[Scene], Sequence[str]] = lambda _: CURRENCIES,
    **more: Any,
) -> Step:
    """Which currency the amounts after it are in."""

    def options(scene: Scene, _: Answers) -> Sequence[Option]:
        return [Option(code, currency_name(code, scene.texts.language)) for code in offered(scene)]

    return Step(
        name=name,
        asks=f"ask.{name}",
        label=f"field.{name}",
        options=options,
        show=lambda scene, value: currency_name(str(value), scene.texts.language),
        resets=resets,
        **more,
    )


def price_step(name: str, currency: str, **more: Any) -> Step:
    """An amount in the currency that the step `currency` was answered with.

    The answer is "<minor units> <currency>"; `as_money` reads it.
    """

    def check(scene: Scene, answers: Answers, typed: object) -> object:
        return as_answer(_priced(str(typed), str(answers[currency]), scene.texts.language))

    return Step(
        name=name,
        asks=f"ask.{name}",
        label=f"field.{name}",
        params=lambda _, answers: {"currency": answers[currency]},
        parse=lambda _, typed: clean_line(typed, _LONGEST_TYPED),
        check=check,
        show=lambda scene, value: money(as_money(value), scene.texts.language),
        **more,
    )


def as_answer(amount: Money) -> str:
    """An amount as an answer."""
    return f"{amount.minor} {amount.currency}"


def as_money(answer: object) -> Money:
    """The amount of an answer."""
    minor, _, currency = str(answer).partition(" ")
    return Money(int(minor), currency)


def _priced(typed: str, currency: str, reader: str) -> Money:
    example = money(parse_money("12", currency, "en"), reader)
    try:
        return checked_price(parse_money(typed, currency, reader))
    except NotAnAmount as error:
        raise InvalidAnswer("price.not_an_amount", example=example) from error
    except PriceOutOfBounds as error:
        raise InvalidAnswer(error.key, most=money(error.most, reader)) from error
