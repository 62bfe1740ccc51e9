"""Settings of the tests in real hosts."""

import pytest


def pytest_collection_modifyitems(items):
    """Let hosts warn of their own affairs; a warning out of our modules is still an error."""
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("default", "error:::contentfilter"))
