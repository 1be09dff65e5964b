#!/bin/bash
# OpenSSH 9.2 does not read an ed25519 key in PKCS #8, and reads an RSA key in PKCS #8.
#
# Expected: OpenSSH reads PEM files of PKCS #8, so it reads what Node's crypto or "openssl genpkey" write for ed25519.
# Seen with OpenSSH 9.2p1: "invalid format" for the ed25519 key, status 255; the RSA key of the same program and format works.
# Who makes ed25519 keys for ssh has to write OpenSSH's own format (PROTOCOL.key in its source).
# Source: ssh-keygen(1) lists PKCS8 under -m for private keys and names no type that it leaves out; RFC 8410 is the format.
. "$(dirname "$0")/lib/setup.sh"
debian openssh-client=1:9.2p1-2+deb12u10
version OpenSSH_9.2p1 ssh -V

type node > "$tmp/log" 2>&1 || skip 'node is needed'
node - "$tmp" << 'END'
const { generateKeyPairSync } = require('node:crypto')
const { writeFileSync } = require('node:fs')
for (const [type, options] of [['ed25519'], ['rsa', { modulusLength: 2048 }]]) {
  const key = generateKeyPairSync(type, options).privateKey.export({ type: 'pkcs8', format: 'pem' })
  writeFileSync(`${process.argv[2]}/${type}`, key, { mode: 0o600 })
}
END

ssh-keygen -y -f "$tmp/rsa" > "$tmp/public" 2> "$tmp/log" || changed "the RSA key is refused: $(cat "$tmp/log")"
status=0
ssh-keygen -y -f "$tmp/ed25519" > "$tmp/public" 2> "$tmp/log" || status=$?
[ "$status" -eq 255 ] || changed "ssh-keygen ends with $status for the ed25519 key"
grep -q 'invalid format' "$tmp/log" || changed "ssh-keygen says of the ed25519 key: $(cat "$tmp/log")"
echo 'Two private keys in PKCS #8: the RSA key is read, the ed25519 key is of an invalid format.'
