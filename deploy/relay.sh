#!/bin/sh
# Runs coturn with the certificate that Caddy has for a name, and shows it each new one.
#
#     sh relay.sh TURNSERVER.CONF CADDYS_CERTIFICATES FOLDER_FOR_A_COPY
#
# CERTIFICATE_NAME is the name, and RUNS_AS, if set, who coturn becomes. A new one is looked for every
# CERTIFICATE_SECONDS, an hour: Caddy renews a certificate a month before it is over.
set -eu
configuration=$1 store=$2 copy=$3
seconds=${CERTIFICATE_SECONDS:-3600}

# Copy the newest certificate; 0 if it is another one than before. Authorities have a folder each.
renewed() {
    newest=$(ls -t "$store"/*/"$CERTIFICATE_NAME/$CERTIFICATE_NAME.crt" 2>/dev/null | head -n 1)
    newest=${newest%.crt}
    [ -n "$newest" ] && [ -f "$newest.key" ] && [ -f "$newest.json" ] || return 1 # the last one
    ! cmp -s "$newest.crt" "$copy/certificate" || ! cmp -s "$newest.key" "$copy/key" || return 1
    (umask 077 && cp "$newest.key" "$copy/key.new" && cp "$newest.crt" "$copy/certificate.new")
    [ -z "${RUNS_AS:-}" ] || chown "$RUNS_AS" "$copy/key.new" "$copy/certificate.new"
    mv "$copy/key.new" "$copy/key" && mv "$copy/certificate.new" "$copy/certificate"
}

watch() {
    while sleep "$seconds"; do
        if renewed; then
            echo "relay.sh: a new certificate for $CERTIFICATE_NAME" >&2
            # What began without one begins again: Docker and systemd see to that.
            kill -s "$signal" "$1"
        fi
    done
}

rm -f "$copy/certificate" "$copy/key"
signal=TERM
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    if renewed; then
        signal=USR2 # coturn reads its certificate again
        break
    fi
    sleep 1
done
set -- turnserver -c "$configuration"
if [ "$signal" = USR2 ]; then
    set -- "$@" --cert "$copy/certificate" --pkey "$copy/key"
else
    echo "relay.sh: no TURN over TLS yet: Caddy has no certificate for $CERTIFICATE_NAME, its log says why" >&2
    seconds=10
fi
if [ -n "${RUNS_AS:-}" ]; then
    set -- setpriv --reuid "$RUNS_AS" --regid "$RUNS_AS" --init-groups --no-new-privs "$@"
fi
"$@" &
relay=$!
watch "$relay" &
watcher=$!
stopping=
trap 'stopping=yes; kill "$relay"' TERM INT
status=0
wait "$relay" || status=$?
[ -z "$stopping" ] || { wait "$relay" || true; status=0; }
kill "$watcher" || true
# Ended by the watcher for a certificate: a failure, so that it is started again.
[ -n "$stopping" ] || [ "$status" != 0 ] || status=1
exit "$status"
