#!/bin/sh
# Becomes one of the portal's processes:
#   web         takes pushes, serves the pages and the API
#   worker      makes calls of kept pushes; any number of them
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
        exec gunicorn callportal.wsgi:application --config callportal/gunicorn.py \
            --bind "${BIND:-0.0.0.0}:${PORT:-8000}"
        ;;
    worker)
        exec celery --quiet --app callportal worker --loglevel INFO \
            --concurrency "${TASK_WORKERS:-1}" --pool prefork \
            --without-gossip --without-mingle --without-heartbeat
        ;;
    scheduler)
        exec celery --quiet --app callportal beat --loglevel WARNING --pidfile=
        ;;
    migrate)
        exec python manage.py migrate --noinput
        ;;
    manage)
        shift
        exec python manage.py "$@"
        ;;
    *)
        echo "entrypoint.sh: expected web, worker, scheduler, migrate or manage, got \"${1:-}\"" >&2
        exit 64
        ;;
esac
