"""The commands, and the one place where errors become a sentence and an exit code."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from click_default_group import DefaultGroup

from analyzer import __version__
from analyzer.cli.botapi import botapi_command
from analyzer.cli.compare import compare_command
from analyzer.cli.contexts import contexts_command
from analyzer.cli.doctor import doctor_command
from analyzer.cli.replay import replay_command
from analyzer.cli.report import report_command
from analyzer.cli.run import run_command
from analyzer.cli.slo import slo_group
from analyzer.cli.sql import sql_command
from analyzer.cli.validate import validate_command
from analyzer.cli.watch import watch_command
from analyzer.cli.whatif import whatif_command
from analyzer.errors import AnalyzerError, InputError

_INTERRUPTED = 130


@click.group(
    cls=DefaultGroup,
    default="run",
    default_if_no_args=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="analyze")
def cli() -> None:
    """Tell from a fleet's own logs which services to consolidate, and what that brings.

    `analyze LOGS...` is `analyze run LOGS...`: it reads the logs, links the calls, finds what
    slowed down or failed in the peak, proposes bounded contexts, and writes a report.
    """


cli.add_command(run_command)
cli.add_command(contexts_command)
cli.add_command(whatif_command)
cli.add_command(report_command)
cli.add_command(sql_command)
cli.add_command(botapi_command)
cli.add_command(slo_group)
cli.add_command(compare_command)
cli.add_command(validate_command)
cli.add_command(watch_command)
cli.add_command(replay_command)
cli.add_command(doctor_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code (README, "Exit codes")."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = cli.main(args=words, standalone_mode=False, prog_name="analyze")
    except click.exceptions.Abort:
        click.echo("Stopped. What was finished is kept: the same command goes on.", err=True)
        sys.exit(_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except AnalyzerError as error:
        for line in str(error).splitlines():
            click.echo(f"analyze: {line}", err=True)
        hint = _meant(words) if isinstance(error, InputError) else None
        if hint:
            click.echo(f"Did you mean `analyze {hint}`?", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output went away (`| head`): not an error, but nothing more to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)


def _meant(words: list[str]) -> str | None:
    """Return the command that a word which is no path was probably meant to be."""
    if words and words[0] in cli.commands:
        return None
    for word in words:
        if not word.startswith("-") and not Path(word).exists():
            near = difflib.get_close_matches(word, sorted(cli.commands), n=1, cutoff=0.6)
            return near[0] if near else None
    return None
