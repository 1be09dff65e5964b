import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filterRules } from '../support/filter-rules.js'
import { hostRules } from '../support/host-rules.js'
import { ask, hasNoNamespaces, isMissing, sharedFolder } from '../support/real-programs.js'
import { unpacked } from '../support/unpacked.js'

const folder = sharedFolder()
const tcpd = unpacked('tcpd')

describe.skipIf(tcpd === undefined)('libwrap itself', () => {
  it.each(hostRules)('%j', ({ allow, deny, refusedAt }) => {
    const place = mkdtempSync(join(folder, 'hosts-'))
    writeFileSync(join(place, 'hosts.allow'), allow)
    writeFileSync(join(place, 'hosts.deny'), deny)
    const access = (client: string) => {
      const script = `cd ${place} && ${tcpd ?? ''}/usr/sbin/tcpdmatch -d sshd ${client}`
      return /^access: +(\w+)/m.exec(ask(['sh', '-c', script]).output)?.[1]
    }
    expect(['10.0.0.1', '10.0.0.254'].map(access).includes('denied')).toBe(refusedAt !== undefined)
  })
})

const noFilter =
  isMissing({ 'iptables-restore': 'iptables', ip: 'iproute2', python3: 'python3', nsenter: 'util-linux' }) ||
  hasNoNamespaces()

/** The node at 10.0.0.3 and another computer at 10.0.0.1, each a network namespace with a cable between them. */
const start = `
  set -e
  unshare --net sleep 600 &
  other=$!
  until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
  ip link add name node0 type veth peer name other0 netns $other
  ip address add 10.0.0.3/24 dev node0 && ip link set node0 up && ip link set lo up
  nsenter -t $other -n sh -c 'ip address add 10.0.0.1/24 dev other0 && ip link set other0 up'
  python3 -m http.server 22 --bind 10.0.0.3 >/dev/null 2>&1 &
  until [ -n "$(ss -Hltn 'sport = :22')" ]; do sleep 0.02; done
  set +e`

describe.skipIf(noFilter)('iptables itself', () => {
  it('accepts and refuses connections to port 22 as the effect says', () => {
    const attempts = filterRules.map(({ lines }, index) => {
      const rules = lines.map((text) => text.replace('CHAIN', 'INPUT'))
      const path = join(folder, `rules-${index}`)
      // Refused at once, where a policy would let the other computer wait.
      const text = ['*filter', ':INPUT ACCEPT [0:0]', ...rules, '-A INPUT -j REJECT', 'COMMIT', ''].join('\n')
      writeFileSync(path, text.replaceAll('-j DROP', '-j REJECT'))
      const connect = `nsenter -t $other -n bash -c '</dev/tcp/10.0.0.3/22' 2>/dev/null`
      return `iptables-restore ${path}; ${connect} && echo open || echo closed`
    })
    const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'] as const
    const script = [start, ...attempts].join('\n')
    const { output, errors } = ask(['unshare', ...namespaces, 'bash', '-c', script])
    expect(errors).toBe('')
    expect(output.trim().split('\n')).toEqual(filterRules.map(({ isOpen }) => (isOpen ? 'open' : 'closed')))
  })
})
