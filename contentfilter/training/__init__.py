"""Making a model: seeds and legitimate text in, one file out. Nothing here runs when cleaning."""
