#!/bin/sh
# Make .venv from the lock with nothing but Python 3.11 or newer: uv where it is present, pip where not.
# Every third-party package is checked against its hash; our own seven packages are linked, not copied.
# Honours PYTHON (an interpreter) and VENV (a folder, default .venv). Run from the root of the repository.
set -eu

VENV=${VENV:-.venv}
MEMBERS="shared/contracts shared/servicekit shared/console services/plan-api services/workflow-worker services/notifier deploy/local"

refuse() {
    printf '%s\n' "$@" >&2
    exit 1
}

check_platform() {
    system=$(uname -s)
    machine=$(uname -m)
    case "$system/$machine" in
        Linux/x86_64 | Linux/amd64 | Linux/aarch64 | Linux/arm64 | Darwin/arm64) ;;
        MINGW* | MSYS* | CYGWIN* | Windows*)
            refuse "Windows itself is not supported. Install WSL2 (wsl --install) and run this inside its Linux." ;;
        *)
            refuse "$system on $machine is not supported. Use Linux (x86-64, arm64), macOS (arm64) or WSL2 on Windows." ;;
    esac
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14 python; do
        if command -v "$candidate" >/dev/null 2>&1 && new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    refuse "Python 3.11 or newer is needed, found: $(python3 --version 2>&1 || echo none)." \
        "Install it (Debian: apt install python3 python3-venv; macOS: brew install python@3.12)" \
        "or name one: make PYTHON=/path/to/python3.12"
}

has_installer() {
    command -v uv >/dev/null 2>&1 || "$VENV/bin/python" -m pip --version >/dev/null 2>&1
}

make_environment() {
    if [ -x "$VENV/bin/python" ] && new_enough "$VENV/bin/python" && has_installer; then
        return
    fi
    python=$(find_python)
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --clear --python "$python" "$VENV"
    else
        "$python" -m venv --clear "$VENV" || refuse "Python's venv module did not work." \
            "On Debian and Ubuntu: apt install python3-venv. Or install uv, which needs no venv module."
    fi
}

install_packages() {
    PATH="$(cd "$VENV/bin" && pwd):$PATH" # the build backend's program must be found
    export PATH
    editables=""
    for member in $MEMBERS; do
        editables="$editables -e ./$member"
    done
    # $editables is split into words on purpose.
    if command -v uv >/dev/null 2>&1; then
        uv pip install --quiet --python "$VENV/bin/python" --require-hashes -r requirements.lock
        uv pip install --quiet --python "$VENV/bin/python" --no-deps --no-build-isolation $editables
    else
        "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
        "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $editables
    fi
}

check_platform
make_environment
install_packages
touch "$VENV/.stamp"
