#!/bin/sh
# Makes the certificates of the tests: an authority, a server for 127.0.0.1 and ::1, and a client, twice (own and foreign).
# They are valid for a hundred years, protect nothing, and are committed so that tests need no openssl.
set -eu
cd "$(dirname "$0")"
for set in own foreign; do
  mkdir -p "$set"
  (
    cd "$set"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.crt -subj "/CN=test-ca-$set" -days 36500
    for name in server client; do
      openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$name"
      if [ "$name" = server ]; then echo 'subjectAltName=IP:127.0.0.1,IP:::1'; else echo 'extendedKeyUsage=clientAuth'; fi >"$name.ext"
      openssl x509 -req -in "$name.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -out "$name.crt" -days 36500 -extfile "$name.ext"
    done
    rm -f ca.key ca.srl ./*.csr ./*.ext
  )
done
