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
    DATABASE_PASSWORD=$(cat "$DATABASE_PASSWORD_FILE")
elif [ -z "${DATABASE_PASSWORD:-}" ]; then # everybody on this machine reads what a command is given, nobody its environment
    DATABASE_PASSWORD=$(python3 -c 'import os; from urllib.parse import *
print(unquote(urlsplit(os.environ["DATABASE_URL"]).password or ""))')
fi
unset DATABASE_PASSWORD_FILE
DATABASE_URL=$(printf %s "$DATABASE_URL" | sed 's|^\([a-z]*://[^:@/]*\):[^@/]*@|\1@|')
export DATABASE_PASSWORD DATABASE_URL PGPASSWORD="$DATABASE_PASSWORD"
