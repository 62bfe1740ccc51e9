"""One module for each pipeline library: thin adapters over one core, imported one by one."""
