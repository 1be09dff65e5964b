import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { file } from '../../scripts/practice/entries.js'
import { ask, finalRoot, hasNoNamespaces, isMissing } from '../support/real-programs.js'
import { sharedFolder, textIn } from '../support/real-programs.js'

// dhcpcd has no way to check a file and end, so it configures a card that exists only in a namespace.
const noDhcpcd =
  isMissing({ dhcpcd: 'dhcpcd-base', ip: 'iproute2', unshare: 'util-linux' }) ||
  hasNoNamespaces() ||
  hasNoCables()
const folder = sharedFolder()

function hasNoCables(): boolean {
  const { status } = ask([
    'unshare',
    '--net',
    'ip',
    'link',
    'add',
    'eth0',
    'type',
    'veth',
    'peer',
    'name',
    'hub',
  ])
  if (status !== 0) console.warn('skipped: this kernel has no veth')
  return status !== 0
}

interface Result {
  readonly errors: readonly string[]
  readonly addresses: readonly string[]
  readonly routes: readonly string[]
  /** What its hooks write to resolv.conf. */
  readonly resolver: Readonly<Record<string, string>>
}

/**
 * What dhcpcd makes of two cards, of which only `eth0` may have a fixed address.
 * @param patience seconds to wait for an address of `eth0`
 * @param isManager whether one dhcpcd takes all cards, as its unit starts it, and brings them up
 */
function configure(text: string, patience = 20, isManager = false): Result {
  const path = join(folder, 'dhcpcd.conf')
  const hook = join(folder, 'hook')
  writeFileSync(path, text)
  writeFileSync(hook, '#!/bin/sh\n[ "$reason" != STATIC ] || env >/run/static\n', { mode: 0o755 })
  const script = `
    set -e
    mount -t tmpfs none /run
    mount -t tmpfs none /var/lib/dhcpcd
    ip link set lo up
    for card in eth0 eth1; do
      ip link add $card type veth peer name $card-hub
      ip link set $card-hub up
    done
    run() { timeout $1 dhcpcd -f ${path} -c ${hook} --noarp --noipv4ll --noipv6 -d $2 $3 $4 >>/run/log 2>&1 || true; }
    if ${isManager}; then
      run ${patience} -B --persistent --nodev
    else
      ip link set eth0 up
      ip link set eth1 up
      run 1 --oneshot eth1 &
      run ${patience} --oneshot eth0
      wait
    fi
    grep -E 'unknown|invalid|error|failed|missing' /run/log || true
    echo ---
    ip -4 -brief address show
    echo ---
    ip -4 route show
    echo ---
    cat /run/static 2>/dev/null || true`
  const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'] as const
  const { output, errors } = ask(['unshare', ...namespaces, 'sh', '-c', script])
  expect(errors).toBe('')
  const [complaints = [], addresses = [], routes = [], environment = []] = output
    .split('---\n')
    .map((part) => part.split('\n').filter((line) => line !== ''))
  const variable = (name: string): string => {
    return environment.find((line) => line.startsWith(`new_${name}=`))?.replace(/^[^=]*=/, '') ?? ''
  }
  return {
    errors: complaints,
    addresses: addresses
      .filter((line) => !line.startsWith('lo '))
      .map((line) => line.trim().split(/\s+/)[2] ?? ''),
    routes: routes.map((line) => line.replace(/ (proto|src|metric|scope) .*$/, '')),
    resolver: { servers: variable('domain_name_servers'), search: variable('domain_search') },
  }
}

describe.skipIf(noDhcpcd)('dhcpcd configures', () => {
  describe.each(['buster', 'bullseye'] as const)('a card of %s', (release) => {
    const configured = (set: Record<string, string>) =>
      configure(textIn(finalRoot({ release, set }), '/etc/dhcpcd.conf'))

    it('with a fixed address and the master as the gateway', () => {
      expect(configured({})).toEqual({
        errors: [],
        addresses: ['10.0.0.3/24'],
        routes: ['default via 10.0.0.1 dev eth0', '10.0.0.0/24 dev eth0'],
        resolver: { servers: '10.0.0.1', search: 'cluster.internal' },
      })
    })

    it('with a fixed address and no gateway', () => {
      expect(configured({ gateway: 'none', address: '192.168.5.33/26' })).toEqual({
        errors: [],
        addresses: ['192.168.5.33/26'],
        routes: ['192.168.5.0/26 dev eth0'],
        resolver: { servers: '', search: '' },
      })
    })

    it('whatever its base image says of the card', () => {
      const own = ['interface eth0', 'static ip_address=192.168.1.77/16', 'static routers=192.168.1.1']
      const conf = ['denyinterfaces eth*', 'allowinterfaces wlan0 eth1', ...own, ''].join('\n')
      const root = finalRoot({ release, extra: [file('/etc/dhcpcd.conf', conf)] })
      expect(configure(textIn(root, '/etc/dhcpcd.conf'))).toMatchObject({
        errors: [],
        addresses: ['10.0.0.3/24'],
        routes: ['default via 10.0.0.1 dev eth0', '10.0.0.0/24 dev eth0'],
      })
    })

    // effects/address-dhcpcd.ts reports what is proved here.
    it.each([
      ['noipv4', false, false],
      ['ipv6only', false, false],
      ['noconfigure', false, false],
      ['nodhcp', true, true],
      ['inform', true, true],
      ['request 192.168.1.7', true, true],
      ['nogateway', true, false],
      ['static ip_address=192.168.1.7/24', true, true],
      ['static routers=192.168.1.1', true, false],
    ] as const)('with an option for all cards in front: %s', (option, hasAddress, hasRoute) => {
      const text = textIn(finalRoot({ release, set: {} }), '/etc/dhcpcd.conf')
      const { addresses, routes } = configure(`${option}\n${text}`, 6)
      const seen = [addresses.includes('10.0.0.3/24'), routes.includes('default via 10.0.0.1 dev eth0')]
      expect([option, ...seen]).toEqual([option, hasAddress, hasRoute])
    })

    it('where it brings the card up', () => {
      const text = textIn(finalRoot({ release, set: {} }), '/etc/dhcpcd.conf')
      const addresses = (option: string) => configure(`${option}\n${text}`, 4, true).addresses
      expect([addresses(''), addresses('noup')]).toEqual([['10.0.0.3/24'], []])
    })

    it('with name servers of its own', () => {
      expect(configured({ dns: '1.1.1.1,9.9.9.9', domain: 'a.example' })).toMatchObject({
        errors: [],
        resolver: { servers: '1.1.1.1 9.9.9.9', search: 'a.example' },
      })
    })
  })

  it.each([{}, { gateway: 'none' }])('a card that asks for an address: %j', (set) => {
    const text = textIn(
      finalRoot({ release: 'bullseye', set: { address: 'dhcp', ...set } }),
      '/etc/dhcpcd.conf',
    )
    expect(configure(text, 1)).toMatchObject({ errors: [], addresses: [], routes: [] })
  })
})

/** What the hooks make of a lease that names the node `old`, and 10.0.0.1 as the server: its hostname, and resolv.conf. */
function hooked(environment: string, prepare = ':'): string[] {
  const script = `
    set -e
    mount -t tmpfs none /run
    mkdir /run/upper /run/work
    mount -t overlay none -o lowerdir=/etc,upperdir=/run/upper,workdir=/run/work /etc
    hostname node3
    rm -f /etc/resolv.conf
    echo nameserver 8.8.8.8 >/etc/resolv.conf
    ${prepare}
    lease='new_host_name=old new_domain_name_servers=10.0.0.1'
    env interface=eth0 protocol=dhcp reason=BOUND if_up=true if_configured=true $lease ${environment} ${hooks} >/dev/null 2>&1
    hostname
    sed -n 's/^nameserver //p' /etc/resolv.conf`
  const { output } = ask(['unshare', '--mount', '--net', '--uts', 'sh', '-c', script])
  return output.trim().split('\n')
}

const hooks = '/usr/lib/dhcpcd/dhcpcd-run-hooks'

// effects/hostname.ts and effects/resolver.ts report what is proved here.
describe.skipIf(noDhcpcd || !existsSync(hooks) || isMissing({ hostname: 'hostname' }))(
  'the hooks of dhcpcd',
  () => {
    it.each([
      ['nothing', '', ['node3', '10.0.0.1']],
      ['a forced hostname', 'force_hostname=YES', ['old', '10.0.0.1']],
      [
        'a forced hostname whose hook is off',
        'force_hostname=YES skip_hooks=hostname',
        ['node3', '10.0.0.1'],
      ],
      ['a hook that is off', 'skip_hooks=resolv.conf', ['node3', '8.8.8.8']],
      ['a hook that is off by its whole name', 'skip_hooks=20-resolv.conf', ['node3', '8.8.8.8']],
    ])('with %s', (_, environment, found) => {
      expect(hooked(environment)).toEqual(found)
    })

    it('with name servers in front', () => {
      expect(hooked('', 'echo nameserver 9.9.9.9 >/etc/resolv.conf.head')).toEqual([
        'node3',
        '9.9.9.9',
        '10.0.0.1',
      ])
    })
  },
)
