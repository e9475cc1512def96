#!/bin/sh
# Becomes one of the portal's processes:
#   web         takes pushes, serves the pages and the API
#   worker      makes calls of kept pushes; any number of them
#   courier     sends requests to vendors
#   scheduler   rings for the sweep; exactly one
#   migrate     brings the database up to date and ends
#   manage …    any other command of manage.py
set -eu
cd "$(dirname "$0")/.."

# Static files come from the image, never from an older volume.
if [ -n "${DATA_DIR:-}" ] && [ -d collected/static ]; then
    mkdir -p "$DATA_DIR"
    ln -sfn "$PWD/collected/static" "$DATA_DIR/static"
fi

case "${1:-}" in
    web)
        BIND="${BIND:-0.0.0.0}" exec python manage.py run --only web
        ;;
    worker)
        exec python manage.py run --only worker
        ;;
    courier)
        exec python manage.py run --only courier
        ;;
    scheduler)
        exec python manage.py run --only scheduler
        ;;
    migrate)
        exec python manage.py migrate --noinput
        ;;
    manage)
        shift
        exec python manage.py "$@"
        ;;
    *)
        echo "entrypoint.sh: expected web, worker, courier, scheduler, migrate or manage, got \"${1:-}\"" >&2
        exit 64
        ;;
esac
