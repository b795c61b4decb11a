"""Writes the next numbered migration from the difference between the tables and the last one.

python tools/make_migration.py 0002 "add_lessons"
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from bot.storage import schema, work  # noqa: F401 - work imports every table

VERSIONS = Path(schema.__file__).parent / "migrations" / "versions"


def main(number: str, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'empty.db'}"
        if list(VERSIONS.glob("0*.py")):
            asyncio.run(schema.migrate(url))
        config = Config()
        config.set_main_option("script_location", str(VERSIONS.parent))
        engine = create_engine(url)
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.revision(config, message=name, rev_id=number, autogenerate=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
