/** A container has no clock to set. */
export const chronyWithoutClock = `
  mkdir -p /run/systemd/system/chrony.service.d
  printf '[Unit]\\nConditionCapability=\\n[Service]\\nExecStart=\\nExecStart=!/usr/sbin/chronyd $DAEMON_OPTS -x\\n' >/run/systemd/system/chrony.service.d/test.conf
  systemctl daemon-reload
  systemctl restart chrony`

/** Asks a time server (NTP, RFC 5905), and prints its stratum. */
export const askTime = `
import socket, sys
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.settimeout(10)
udp.sendto(b"\\x23" + bytes(47), (sys.argv[1], 123))
try:
    print("stratum", udp.recv(100)[1])
except OSError:
    print("nothing")
`
