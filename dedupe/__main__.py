"""``python -m dedupe``."""

from dedupe.cli.start import run

if __name__ == "__main__":
    run()
