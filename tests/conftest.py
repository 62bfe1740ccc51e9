"""Settings of all tests."""

import os

from hypothesis import settings

# The same examples on every run, so that a test fails with the change that broke it. To look for
# new ones: HYPOTHESIS_PROFILE=explore ./check
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("explore", settings())
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))
