"""Money: prices, invoices, charges, payouts, the ledger."""
