"""State Hub: the live answer to what is going on."""

__version__ = "0.1.0"
