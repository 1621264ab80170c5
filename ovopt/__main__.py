"""`python -m ovopt`."""

from ovopt.cli.main import main

main()
