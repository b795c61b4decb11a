"""Papers: names of every script print, tables open in spreadsheets without running anything."""

from datetime import UTC, datetime

import pytest

from bot.billing.adapters.pdf import PdfPrinter, drawable
from bot.billing.documents import Document, Section, as_csv
from bot.billing.rails import Product, Rail, rail_for

AT = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)


def a_document(name: str) -> Document:
    lines = [("Student", name), ("Price", "12,50 €")] * 40
    return Document("Receipt 7", [Section("Lesson", lines)], "Rounded up.", AT)


@pytest.mark.parametrize(
    "name", ["Ana Núñez", "Ωμέγα", "Дмитрий", "山田太郎", "محمد", "🧑‍🏫", "\u0000x", "a" * 500, ""]
)
def test_any_name_prints(name: str) -> None:
    pdf = PdfPrinter().pdf(a_document(name))
    assert pdf.startswith(b"%PDF-")


def test_the_same_document_is_the_same_file() -> None:
    assert PdfPrinter().pdf(a_document("Ana")) == PdfPrinter().pdf(a_document("Ana"))


def test_latin_greek_and_cyrillic_are_drawn_and_what_cannot_be_drawn_is_marked() -> None:
    pytest.importorskip("font_source_sans_pro", reason="the receipts' font is not installed")
    assert drawable("Núñez Ωμέγα Дмитрий €") == "Núñez Ωμέγα Дмитрий €"
    assert drawable("山田 Ana") == "?? Ana"


def test_a_cell_that_looks_like_a_formula_stays_text() -> None:
    assert as_csv([["name", 1], ["=1+1", -2]]).decode("utf-8-sig") == "name,1\r\n'=1+1,-2\r\n"


def test_each_platform_has_the_way_of_paying_its_rules_allow() -> None:
    assert rail_for(Product.HUMAN_LESSON, "telegram") is Rail.CARD
    assert rail_for(Product.PROGRAM, "telegram") is Rail.STARS
    assert rail_for(Product.PROGRAM, "discord") is Rail.NONE
    assert rail_for(Product.HUMAN_LESSON, "telegram", {"discord": "card"}) is Rail.NONE
