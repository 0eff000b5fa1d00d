#!/bin/sh
# A virtual environment with uv in it. Debian keeps what `python3 -m venv` needs in a package of its own.
set -eu

"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "weft: $PYTHON is $("$PYTHON" -V 2>&1 | cut -d' ' -f2), and Weft needs 3.11 or later; try \`make PYTHON=python3.11\`" >&2
    exit 1
}

if [ ! -x "$VENV/bin/pip" ] && ! "$PYTHON" -c 'import ensurepip' 2>/dev/null; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "weft: $PYTHON cannot make virtual environments: install python3-venv (Debian: \`apt-get install python3-venv\`)" >&2
        exit 1
    fi
    echo "installing python3-venv"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
fi

[ -x "$VENV/bin/python" ] && [ -x "$VENV/bin/pip" ] || "$PYTHON" -m venv "$VENV"
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check uv
