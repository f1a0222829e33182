#!/bin/sh
# Resolve every declared dependency of the workspace into requirements.lock: one resolution for all platforms, with
# hashes and without addresses. Arguments go to `uv pip compile` (for example --upgrade). Run from the root.
set -eu

if command -v uv >/dev/null 2>&1; then
    uv=uv
else
    throwaway=$(mktemp -d)
    trap 'rm -rf "$throwaway"' EXIT
    "${PYTHON:-python3}" -m venv "$throwaway/venv"
    "$throwaway/venv/bin/python" -m pip install --quiet --disable-pip-version-check "uv>=0.13,<0.14"
    uv="$throwaway/venv/bin/uv"
fi

"$uv" pip compile --quiet --universal --generate-hashes --python-version 3.11 \
    --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
    --no-emit-package cascade-contracts --no-emit-package cascade-servicekit --no-emit-package cascade-console \
    --no-emit-package cascade-local --no-emit-package cascade-plan-api --no-emit-package cascade-workflow-worker \
    --no-emit-package cascade-notifier \
    --all-extras --group dev pyproject.toml services/*/pyproject.toml shared/*/pyproject.toml deploy/local/pyproject.toml \
    --output-file requirements.lock "$@"
