"""`python -m dev run`, `exec` or `clean`, on a machine that may have no PostgreSQL or Redis."""

import argparse
import signal
import sys
from types import FrameType

from dev import local, system
from dev.servers import Trouble


def leave(number: int, frame: FrameType | None) -> None:
    """Stop in order; a second Ctrl-C must not interrupt the stopping, which takes seconds at most."""
    for sig in local.SIGNALS:
        signal.signal(sig, lambda number, frame: None)
    raise SystemExit(128 + number)


def _until_stopped() -> int:
    """Ctrl-C is how `make run` is meant to end, which is no error."""
    try:
        return system.run()
    except SystemExit as end:
        return 0 if end.code == 128 + signal.SIGINT else int(end.code or 0)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dev", description=__doc__)
    commands = parser.add_subparsers(dest="do", required=True)
    commands.add_parser("run", help="the whole system, until Ctrl-C")
    commands.add_parser("clean", help="remove what earlier runs kept")
    execution = commands.add_parser("exec", help="run a command with PostgreSQL and Redis at hand")
    execution.add_argument(
        "--instance", default=local.KEPT, help=f"`{local.KEPT}` (kept, the default) or a scratch one"
    )
    execution.add_argument("--fast", action="store_true", help="let PostgreSQL forget on a power cut")
    execution.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    for sig in local.SIGNALS:
        signal.signal(sig, leave)
    try:
        if options.do == "clean":
            return local.clean()
        if options.do == "run":
            return _until_stopped()
        command = options.command[1:] if options.command[:1] == ["--"] else options.command
        return local.execute(command, name=options.instance, durable=not options.fast)
    except Trouble as trouble:
        print(f"\n{trouble}\n", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
