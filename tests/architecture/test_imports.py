"""Who imports whom, as `.importlinter` says."""

import ast
from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "bot").rglob("*.py")) + sorted((ROOT / "config").rglob("*.py"))


def test_every_import_contract_is_kept(capsys):
    status = lint_imports(config_filename=str(ROOT / ".importlinter"), no_cache=True, no_logo=True)

    assert status == 0, capsys.readouterr().out


def test_no_type_is_imported_for_the_type_checker_alone():
    hiding = [
        module.relative_to(ROOT)
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    ]

    assert hiding == []


def test_nobody_reaches_for_a_junk_drawer():
    drawers = {"utils.py", "helpers.py", "common.py", "misc.py"}

    assert [module for module in MODULES if module.name in drawers] == []
