"""/card: saving, changing and removing a card, and paying what a card could not."""

from datetime import timedelta

from bot.billing.cards import Cards
from bot.billing.charging import Charging
from bot.billing.gateway import Page
from bot.billing.model import Invoice
from bot.billing.parties import card_of, unpaid_of
from bot.core.entity import short_id
from bot.flows.awaiting import Awaited
from bot.flows.billing_news import MONEY_PREFIX
from bot.flows.lesson_words import Reader
from bot.flows.receipt_words import party_name
from bot.flows.runner import StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.voice_turn import Parts
from bot.messaging.model import Button, Paragraph, Style

_PAGE_LIVES = timedelta(minutes=31)  # the gateway allows no less than thirty


class CardFlow:
    """What people do about the card they pay with.

    Args:
        currency: of what cards will be charged, unless a lesson says otherwise.
        return_url: where the gateway's pages lead back to.
    """

    def __init__(
        self, parts: Parts, cards: Cards, charging: Charging, currency: str, return_url: str
    ) -> None:
        self._parts = parts
        self._cards = cards
        self._charging = charging
        self._currency = currency
        self._return_url = return_url

    def show(self, scene: Scene, _: str = "") -> Later | None:
        """The card there is and what waits to be paid; without a card, the page to save one."""
        reader = Reader(scene.user, scene.incoming.address.platform)
        for invoice in unpaid_of(scene.work, scene.user.id):
            self._owed(scene, invoice, reader)
        party = card_of(scene.work, scene.user.id)
        if party is None:
            return self.save(scene)
        scene.say(
            scene.text("card.have", Style.STRONG, card=party.card_label or ""),
            scene.text("card.how"),
            buttons=[
                [scene.button("card.button.change", f"{MONEY_PREFIX}:card:")],
                [scene.button("card.button.remove", f"{MONEY_PREFIX}:uncard:")],
            ],
        )
        return None

    def save(self, scene: Scene) -> Later:
        """A page of the gateway; the same for the same event, however often it is handled."""
        user_id, key = scene.user.id, f"event:{scene.incoming.key}"
        expires_at = scene.now + _PAGE_LIVES

        async def ask() -> Page:
            return await self._cards.page(
                user_id,
                key=key,
                currency=self._currency,
                expires_at=expires_at,
                return_url=self._return_url,
            )

        return Awaited(self._parts, ask, _offer_card_page)

    def pay(self, scene: Scene, invoice: Invoice) -> Later:
        """A page on which the student pays an invoice; the same in every language."""
        title = f"LinguaFlex {invoice.number}"

        async def ask() -> str:
            return await self._charging.page(invoice.id, title)

        return Awaited(self._parts, ask, _offer_payment_page)

    def remove(self, scene: Scene) -> Later:
        """Forget the card."""
        user_id = scene.user.id
        if card_of(scene.work, user_id) is None:
            raise StaleButton

        async def ask() -> bool:
            return await self._cards.remove(user_id)

        return Awaited(self._parts, ask, _say_removed)

    def _owed(self, scene: Scene, invoice: Invoice, reader: Reader) -> None:
        scene.say(
            scene.text(
                "billing.owed",
                number=invoice.number,
                name=party_name(scene.work, invoice.payee_id, scene.texts),
                amount=reader.money(invoice.owed),
            ),
            buttons=[
                [scene.button("billing.button.pay", f"{MONEY_PREFIX}:pay:{short_id(invoice.id)}")]
            ],
        )


def _offer_card_page(scene: Scene, page: Page) -> None:
    scene.answer_button()
    scene.say(
        scene.text("card.page", Style.STRONG),
        scene.text("card.how"),
        buttons=[[Button(scene.texts("card.button.page"), url=page.url)]],
    )


def _offer_payment_page(scene: Scene, url: str) -> None:
    scene.answer_button()
    scene.say(
        Paragraph(scene.texts("billing.page")),
        buttons=[[Button(scene.texts("billing.button.page"), url=url)]],
    )


def _say_removed(scene: Scene, _: bool) -> None:
    scene.answer_button()
    scene.say(scene.text("card.removed"))
