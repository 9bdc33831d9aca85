#!/bin/sh
# Prints the interpreter that the virtual environment is made from: $PYTHON when it is set, else the
# first of python3, python3.13, python3.12 and python3.11 that really is Python 3.11 to 3.13, else a
# newer python3. As root on Debian and Ubuntu, installs python3 when there is none at all.
set -eu

is_between() { # command, lowest minor, highest minor
    "$1" -c "import sys; sys.exit(not (3, $2) <= sys.version_info[:2] <= (3, $3))" 2>/dev/null
}

find_python() {
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if is_between "$name" 11 13; then command -v "$name"; return; fi
    done
    for name in ${PYTHON:-python3}; do
        if is_between "$name" 14 99; then command -v "$name"; return; fi
    done
    return 1
}

if find_python; then exit 0; fi

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! command -v python3 >/dev/null; then
    echo "Python is missing: installing python3 and python3-venv with apt-get." >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >&2 || true
    apt-get install -y -qq --no-install-recommends python3 python3-venv >&2
    if find_python; then exit 0; fi
fi

echo "Fixgate needs Python 3.11 or newer and found none${PYTHON:+ in PYTHON=$PYTHON}." >&2
echo "On Debian 12, Ubuntu 24.04 or later:  sudo apt-get install -y python3 python3-venv" >&2
echo "Elsewhere, install Python 3.11 to 3.13 and name it:  make PYTHON=/path/to/python3.13 ..." >&2
exit 1
