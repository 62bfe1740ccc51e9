"""The pages on hosts: one for each adapter, each with the command that installs it."""

import tomllib

import pytest

from conftest import ADAPTERS
from tests.examples import ROOT

PAGES = ROOT / "docs" / "integrations"
HOSTS = sorted(name for name in ADAPTERS if not name.startswith("_"))


@pytest.mark.parametrize("name", HOSTS)
def test_each_adapter_has_a_page_that_tells_how_to_install_it(name):
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert f'pip install "contentfilter[{name}]"' in text
    assert "\n## Traps\n" in text


@pytest.mark.parametrize("page", sorted(p.name for p in PAGES.glob("*.md") if p.stem != "README"))
def test_the_overview_names_each_page(page):
    assert f"({page})" in (PAGES / "README.md").read_text(encoding="utf-8")


def test_each_adapter_has_an_extra():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["optional-dependencies"].keys() >= set(HOSTS)
