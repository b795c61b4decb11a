"""Tables of money: who owes, what is owed, how it is collected, and the ledger."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from bot.billing.disputes import DisputeState
from bot.billing.model import (
    ChargeState,
    ChargeWay,
    InvoiceState,
    PayoutState,
    PayoutWay,
    RefundState,
    Side,
)
from bot.storage.types import EnumText, UtcDateTime, metadata

_ID = String(36)
_VENDOR_ID = String(120)
_HASH = String(64)

billing_parties = Table(
    "billing_parties",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("user_id", _ID, ForeignKey("users.id"), index=True),
    Column("customer_id", _VENDOR_ID, unique=True),
    Column("card_id", _VENDOR_ID, index=True),
    Column("card_label", String(80)),
    Column("account_id", _VENDOR_ID, unique=True),
    Column("can_be_paid", Boolean, nullable=False),
    Column("commission_bp", Integer),
    Column("created_at", UtcDateTime, nullable=False),
)

invoices = Table(
    "invoices",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("number", BigInteger, unique=True),
    Column("booking_id", _ID, unique=True),
    Column("seat_id", _ID, unique=True),
    Column("payer_id", _ID, ForeignKey("billing_parties.id"), nullable=False),
    Column("payee_id", _ID, ForeignKey("billing_parties.id"), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("lines", Text, nullable=False),
    Column("tax_name", String(40)),
    Column("tax_bp", Integer, nullable=False),
    Column("commission_bp", Integer, nullable=False),
    Column("credited_minor", BigInteger, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("state", EnumText(InvoiceState), nullable=False),
    Column("carried_to", _ID, ForeignKey("invoices.id"), index=True),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime),
    Column("paid_at", UtcDateTime),
    Index("ix_invoices_payer", "payer_id", "number"),
    Index("ix_invoices_payee", "payee_id", "number"),
    Index("ix_invoices_state", "state", "number"),
)

card_pages = Table(
    "card_pages",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("party_id", _ID, ForeignKey("billing_parties.id"), nullable=False),
    Column("key", String(120), nullable=False, unique=True),
    Column("page_id", _VENDOR_ID, unique=True),
    Column("is_open", Boolean, nullable=False, index=True),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)

charges = Table(
    "charges",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("invoice_id", _ID, ForeignKey("invoices.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("key", String(80), nullable=False, unique=True),
    Column("way", EnumText(ChargeWay), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("state", EnumText(ChargeState), nullable=False),
    Column("intent_id", _VENDOR_ID, unique=True),
    Column("page_id", _VENDOR_ID, unique=True),
    Column("reason", String(120)),
    Column("made_at", UtcDateTime, nullable=False),
    UniqueConstraint("invoice_id", "number"),
)

refunds = Table(
    "refunds",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("invoice_id", _ID, ForeignKey("invoices.id"), nullable=False, index=True),
    Column("charge_id", _ID, ForeignKey("charges.id"), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("state", EnumText(RefundState), nullable=False, index=True),
    Column("gateway_id", _VENDOR_ID, unique=True),
    Column("made_at", UtcDateTime, nullable=False),
)

payouts = Table(
    "payouts",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("payee_id", _ID, ForeignKey("billing_parties.id"), nullable=False),
    Column("way", EnumText(PayoutWay), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("state", EnumText(PayoutState), nullable=False),
    Column("gateway_id", _VENDOR_ID, unique=True),
    Column("made_at", UtcDateTime, nullable=False),
    Index("ix_payouts_payee", "payee_id", "made_at"),
)

disputes = Table(
    "disputes",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("invoice_id", _ID, ForeignKey("invoices.id"), nullable=False, unique=True),
    Column("opened_by", EnumText(Side), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("state", EnumText(DisputeState), nullable=False),
    Column("proposed_by", EnumText(Side)),
    Column("minutes", Integer),
    Column("decided_by", _ID),
    Column("ended_at", UtcDateTime),
    Index("ix_disputes_state", "state", "opened_at"),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", BigInteger, nullable=False),
    Column("mark", _HASH),
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("cause", String(120), nullable=False, unique=True),
    Column("previous", _HASH, nullable=False),
    Column("hash", _HASH, nullable=False),
)

ledger_postings = Table(
    "ledger_postings",
    metadata,
    Column("entry", BigInteger, ForeignKey("ledger_entries.number"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("account", String(80), nullable=False),
    Column("minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Index("ix_ledger_postings_account", "account", "entry"),
)
