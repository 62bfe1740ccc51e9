"""Which modules pytest may import: an adapter without its library would fail, as it should."""

from importlib.util import find_spec

ADAPTERS = {
    "_arrow": "pyarrow",
    "data_juicer": "data_juicer",
    "datatrove": "datatrove",
    "haystack": "haystack",
    "langchain": "langchain_core",
    "llama_index": "llama_index",
    "pyspark": "pyspark",
    "ray": "ray",
    "scrapy": "scrapy",
    "spacy": "spacy",
}

collect_ignore = [
    f"contentfilter/integrations/{name}.py"
    for name, library in ADAPTERS.items()
    if find_spec(library) is None
]
