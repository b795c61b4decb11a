"""Rewriting `.env`: values survive, everything else stays, nobody else reads it."""

import stat
from io import StringIO

import pytest
from dotenv import dotenv_values
from hypothesis import example, given
from hypothesis import strategies as st

from bot.cli.env_file import merged, quoted, read_text, write_private
from config.settings import load_settings

TOKEN = "LINGUAFLEX_TELEGRAM__TOKEN"


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
@example("pa'ss\\word\"# $HOME ${HOME} `x`")
@example("${")
@example("\\")
@example(" around ")
@example("")
def test_every_value_comes_back_as_it_was(value):
    read = dotenv_values(stream=StringIO(f"NAME={quoted(value)}\n"))

    assert read == {"NAME": value}


def test_settings_read_what_was_written(folder):
    secret = 'it\'s ${HOME} # \\ "quoted"'
    write_private(folder / ".env", merged("", {"LINGUAFLEX_MAIL__FROM": secret}))

    assert load_settings().mail.sender == secret


def test_what_is_not_changed_stays_letter_by_letter():
    before = f"# mine\n\nOTHER = 'kept'  # why\nexport {TOKEN}=old\nLAST=1"

    after = merged(before, {TOKEN: "1:new", "LINGUAFLEX_ADMINS": "telegram:1"})

    assert after == before.replace("old", "1:new") + "\nLINGUAFLEX_ADMINS=telegram:1\n"


def test_a_name_written_twice_or_in_lower_case_is_set_once():
    before = f"{TOKEN.lower()}=a\nX=1\n{TOKEN}=b\n"

    assert merged(before, {TOKEN: "c"}) == f"{TOKEN}=c\nX=1\n"


def test_a_file_that_is_not_there_reads_as_nothing(folder):
    assert read_text(folder / ".env") == ""


@pytest.mark.parametrize("mode", [None, 0o644])
def test_only_the_owner_may_read_what_was_written(folder, mode):
    file = folder / ".env"
    if mode is not None:
        file.write_text("old")
        file.chmod(mode)

    write_private(file, "A=1\n")

    assert file.read_text() == "A=1\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(folder.iterdir()) == [file]


def test_a_link_to_the_file_stays_a_link(folder):
    kept = folder / "kept.env"
    (folder / ".env").symlink_to(kept)

    write_private(folder / ".env", "A=1\n")

    assert (folder / ".env").is_symlink()
    assert kept.read_text() == "A=1\n"


def test_a_write_that_fails_leaves_the_old_file_alone(folder):
    (folder / ".env").write_text("A=1\n")

    with pytest.raises(UnicodeEncodeError):
        write_private(folder / ".env", "\ud800")

    assert [path.name for path in folder.iterdir()] == [".env"]
    assert (folder / ".env").read_text() == "A=1\n"
