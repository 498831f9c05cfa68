# shellcheck shell=sh
# Read by deploy/backup and deploy/restore: what libpq's programs need to reach the site's database.
if [ -n "${DATABASE_URL_FILE:-}" ]; then
    DATABASE_URL=$(cat "$DATABASE_URL_FILE")
    unset DATABASE_URL_FILE # manage.py would prefer it to the DATABASE_URL that deploy/restore gives it
    export DATABASE_URL
fi
case ${DATABASE_URL:=} in
postgres://* | postgresql://*) ;;
*)
    echo "DATABASE_URL has to name a PostgreSQL database, with postgres://" >&2
    exit 1
    ;;
esac
if [ -n "${DATABASE_PASSWORD_FILE:-}" ]; then
    PGPASSWORD=$(cat "$DATABASE_PASSWORD_FILE")
    export PGPASSWORD
elif [ -n "${DATABASE_PASSWORD:-}" ]; then
    export PGPASSWORD="$DATABASE_PASSWORD"
fi
