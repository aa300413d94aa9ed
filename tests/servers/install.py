"""Installs the servers into a folder of their own: nothing outside it is written.

Garage is built by cargo, quickly rather than well; moto comes into a virtual environment. Both are
of one version for everybody, so that two reports differ by what we changed and by nothing else.
"""

import os
import pathlib
import subprocess
import sys

GARAGE = "2.5.0"
MOTO = "5.2.1"

# The speed of the servers is not what is looked at: an optimized build takes three times as long.
QUICKLY = {
    "CARGO_PROFILE_RELEASE_OPT_LEVEL": "1",
    "CARGO_PROFILE_RELEASE_LTO": "off",
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
    "CARGO_PROFILE_RELEASE_DEBUG": "false",
}


def said(command):
    """What a program says, or nothing where it is not there."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""


def run(what, command, **options):
    print(f"installing {what}", file=sys.stderr, flush=True)
    done = subprocess.run([str(word) for word in command], check=False, stdout=sys.stderr, **options)
    if done.returncode != 0:
        sys.exit(f"error: {what} could not be installed: {command[0]} ended with {done.returncode}")


def garage(cache, program=None):
    """The program of Garage: the one that is given, or one built here (a quarter of an hour)."""
    program = pathlib.Path(program or cache / "garage" / "bin" / "garage")
    if GARAGE not in said([program, "--version"]):
        run(f"garage {GARAGE}",
            ["cargo", "install", "garage", "--locked", "--version", GARAGE, "--quiet",
             "--no-default-features", "--features", "bundled-libs,lmdb", "--root", cache / "garage"],
            env={**os.environ, **QUICKLY, "CARGO_TARGET_DIR": str(cache / "build")})
    return program


def python(cache):
    """The interpreter that has moto, and the client that stands for administrators and thieves."""
    program = cache / "python" / "bin" / "python"
    if said([program, "-c", "import importlib.metadata as m; print(m.version('moto'))"]).strip() != MOTO:
        run("a virtual environment", [sys.executable, "-m", "venv", cache / "python"])
        run(f"moto {MOTO}", [program, "-m", "pip", "install", "--quiet", f"moto[server]=={MOTO}", "boto3"])
    return program
