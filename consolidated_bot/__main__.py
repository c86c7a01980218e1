"""`python -m consolidated_bot`."""

from consolidated_bot.cli import main

main()
