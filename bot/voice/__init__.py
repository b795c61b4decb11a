"""Practice by voice: sessions, turns, scores, and the engines behind them."""
