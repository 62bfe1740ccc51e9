"""The tests in real hosts, a virtual environment each.

    nox                 all of them; what could not be installed or failed is told by name
    nox -s ray pyspark  some of them
    nox -t light        those that take seconds; -t heavy: those that start clusters

A host is installed as its extra says; LOWEST=1 in the environment takes the oldest versions that
the extra allows instead. nox goes on after a failure, ends with a list of what passed and what
failed, and exits with a status other than 0 if anything did.
"""

import os

import nox

nox.options.reuse_existing_virtualenvs = True
nox.options.stop_on_first_error = False
nox.options.default_venv_backend = "uv|virtualenv"  # with uv an environment takes seconds

# Hosts without an extra, as no module of ours imports them.
BARE = {
    "beam": ["apache-beam>=2.60"],
    "dask": ["dask[bag,dataframe]>=2024.8", "pandas>=2.0", "pyarrow>=15"],
    "datasets": ["datasets>=3.0"],
    "dolma": ["dolma>=1.0"],
    "polars": ["polars>=1.0"],
}
# What tests use of a host beyond its extra.
MORE = {"datatrove": ["datatrove[io]"]}
TIMEOUT = 240  # seconds for a test: one that hangs fails by its name, and the next one follows
PARTS = {
    "light": "datasets datatrove haystack langchain llama_index polars scrapy spacy".split(),
    "heavy": "beam dask data_juicer dolma pyspark ray".split(),
}


def check(session: nox.Session, name: str) -> None:
    """Install one host with contentfilter, and run its tests."""
    own = f".[{name}]" if name not in BARE else "."  # editable, or changes would not be seen
    lowest = ["--resolution", "lowest-direct"] if os.environ.get("LOWEST") else []
    needed = [*BARE.get(name, []), *MORE.get(name, []), "pytest>=8.0", "pytest-timeout>=2.3"]
    session.install(*lowest, "-e", own, *needed)
    tests = f"integration_tests/test_{name}.py"
    # Hosts warn of their own affairs; a warning out of our modules is still an error.
    warnings = ["-W", "default", "-W", "error:::contentfilter"]
    conformance = "integration_tests/test_conformance.py"
    bound = f"--timeout={TIMEOUT}"
    session.run("python", "-m", "pytest", *warnings, bound, "--durations=5", conformance, tests)


for _tag, _names in PARTS.items():
    for _name in _names:
        nox.session(name=_name, tags=[_tag])(lambda session, name=_name: check(session, name))
