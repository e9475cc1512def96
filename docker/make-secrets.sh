#!/bin/sh
# Makes the secrets that compose.yaml asks for, where they are not there yet. Back them up: without
# credentials_key nothing sealed in the database can be opened.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets certificates

random() {
    head -c "$1" /dev/urandom | base64 | tr -d '\n'
}

[ -s secrets/secret_key ] || random 48 > secrets/secret_key
[ -s secrets/credentials_key ] || random 32 | tr '+/' '-_' > secrets/credentials_key
[ -s secrets/postgres_password ] || random 33 | tr -d '+/=' > secrets/postgres_password
[ -s secrets/database_url ] || printf 'postgres://callportal:%s@postgres:5432/callportal' \
    "$(cat secrets/postgres_password)" > secrets/database_url

# Only root can enter the folder; the containers' own users read the single files.
chmod 644 secrets/*
echo "secrets are in $(pwd)/secrets"
