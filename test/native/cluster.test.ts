import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type Desk, piimg } from '../support/cli.js'
import { isFull } from '../support/full.js'
import { reachable } from '../support/images.js'
import { whyNoPackages } from '../support/package-mirror.js'
import { saveLists, withLists } from './apt-lists.js'
import { type Base, bases, type Cards, cardsOf, nativeBase } from './base.js'
import { type Computer, far, hardwareAddress, type Lab, type Node, openLab } from './lab.js'
import { aptProxy, openDhcp, openOutside, openProgram, type Outside, type Program } from './outside.js'
import { uplinkAddress, whyNoOutside } from './outside.js'
import { ssh } from './ssh.js'
import { everything, forAll, type Found, listenEverywhere, onlySsh, scan, scanAll } from './ports.js'
import { askTime, chronyWithoutClock } from './time-server.js'

for (const base of bases.slice(0, isFull ? bases.length : 1)) {
  describe(`a cluster of ${base.name}`, () => testCluster(base))
}

const clusterFile = `
[cluster]
dhcp_range = 10.0.0.3-10.0.0.100
apt_proxy = ${aptProxy}
clock_wait = 1
packages = tcpdump

[master]
uplink = eth1
lease_time = 24h

[node2]

[node3]
mac = ${hardwareAddress('node3')}

[node4]
`

/** MPI and the tools are others' to test, and take a minute of every node. */
const files = {
  'cluster.ini': clusterFile,
  'overlays/mpi/overlay.ini': '[overlay]\nsummary = none here\n',
  'overlays/tools/overlay.ini': '[overlay]\nsummary = none here\n',
}

/** A computer that somebody plugs in. */
const laptop = {
  'profiles/worker.ini': '[profile]\nsummary = plain\noverlays = hostname network user ssh\n',
}

function testCluster(base: Base): void {
  let reason = ''
  let baseFile: string
  let cards: Cards
  let lab: Lab
  let outside: Outside
  let inside: Computer
  let master: Node
  let node2: Node
  let node3: Node
  let node4: Node
  let guest: Node
  let start: (name: string, image: string, uplink?: boolean) => Node
  let image: (name: string) => string
  const scans: Record<string, Found>[] = []

  beforeAll(async () => {
    const found = nativeBase(base)
    reason = 'reason' in found ? found.reason : whyNoOutside() || (await whyNoPackages(found.file))
    if ('reason' in found || reason !== '') return
    baseFile = reachable(found.file)
    cards = cardsOf(found.file, files)
    await build(cards.desk, '--image', baseFile)
    const laptopImage = await cardsOf(found.file, laptop).build('laptop', 'address=dhcp')
    image = (name) => join(cards.desk.folder, 'out', `${name}.img`)
    lab = await openLab()
    outside = await openOutside(lab)
    inside = await lab.plug('inside', '10.0.0.200/24')
    start = (name, file, uplink = false) =>
      lab.startNode({
        name,
        image: file,
        prepare: base.stock + withLists(found.file) + listenEverywhere,
        uplink,
      })
    let isReady = false
    const watch = scanUntil(outside.computer, () => isReady, scans)
    master = start('master', image('master'), true)
    ;[node2, node3, node4] = ['node2', 'node3', 'node4'].map((name) => start(name, image(name))) as [
      Node,
      Node,
      Node,
    ]
    guest = start('laptop', laptopImage)
    await Promise.all([master, node2, node3, node4, guest].map((node) => node.waitUntilRunning()))
    await ready([master, node2, node3, node4])
    await saveLists(lab, 'node2', found.file)
    await master.ask('cp -p /etc/iptables.* /root/')
    isReady = true
    await watch
  })

  afterAll(async () => {
    if (reason !== '') return
    await outside.close()
    await lab.close()
  })

  beforeEach((context) => {
    context.skip(reason !== '', reason)
    context.onTestFailed(async () => {
      console.error(await master.journal(200))
      await master.run(asBefore)
    })
  })

  it('gets ready through the master, which nobody outside enters meanwhile but by ssh', async () => {
    expect(outside.mirror.requests.filter((url) => url.includes('tcpdump_')).length).toBeGreaterThanOrEqual(4)
    const all = scans.flatMap((scanned) => Object.entries(scanned)).filter(([, found]) => found.length > 0)
    const ways = new Map(all.map(([address]) => [address, all.filter(([other]) => other === address).length]))
    console.log(
      `${scans.length} scans in the first boot; those that found something: ${JSON.stringify([...ways])}`,
    )
    expect([...ways.keys()].sort()).toEqual(
      ['10.0.0.1', uplinkAddress, `${await linkLocal(master, 'eth1')}%eth0`].sort(),
    )
    // How often a scan fits into the first boot depends on the computer.
    for (const times of ways.values()) expect(times).toBeGreaterThan(1)
    expect(all.filter(([, found]) => found.join() !== onlySsh.join())).toEqual([])
    for (const node of [node2, node3, node4]) {
      expect(await node.ask('ip route show default')).toMatch(/^default via 10\.0\.0\.1 dev eth0 /)
    }
  })

  it('answers its cluster on every port, and others on that of ssh', async () => {
    const own = ['10.0.0.1', `${await linkLocal(master, 'eth0')}%eth0`]
    const others = [
      uplinkAddress,
      '10.0.0.1',
      `${await linkLocal(master, 'eth1')}%eth0`,
      await globalIpv6(master),
    ]
    expect(await scanAll(inside, own)).toEqual(forAll(own, everything))
    expect(await scanAll(outside.computer, others)).toEqual(forAll(others, onlySsh))
  })

  it('lets nobody outside reach a worker; without the filter, everybody does', async () => {
    await master.ask('cluster-internet on; ip address add fd00:c::1/64 dev eth0 nodad')
    await node2.ask('ip address add fd00:c::2/64 dev eth0 nodad; ip route add default via fd00:c::1')
    await inside.run('ip', 'address', 'add', 'fd00:c::200/64', 'dev', 'eth0', 'nodad')
    await outside.computer.run('ip', 'route', 'replace', 'fd00:c::/64', 'via', await globalIpv6(master))
    const workers = ['10.0.0.2', '10.0.0.3', 'fd00:c::2']
    expect(await scanAll(inside, workers)).toEqual(forAll(workers, everything))
    expect(await scanAll(outside.computer, workers)).toEqual(forAll(workers, []))
    await master.ask(withoutFilter)
    const all = [...workers, uplinkAddress, await globalIpv6(master)]
    expect(await scanAll(outside.computer, all)).toEqual(forAll(all, everything))
    // Of itself, too, dnsmasq answers nobody out there.
    expect(await resolve(outside.computer, uplinkAddress)).toBe('ECONNREFUSED')
    expect(await resolve(outside.computer, '10.0.0.1')).toMatch(/TIMEOUT/)
    expect(await outside.computer.run('python3', askDhcp, 'eth0', '6')).toMatchObject({
      stdout: '',
      exitCode: 1,
    })
    await master.ask('systemctl restart piimg-firewall')
    expect(await scanAll(outside.computer, workers)).toEqual(forAll(workers, []))
    await master.ask('cluster-internet auto')
  })

  it('gives each node the address that is kept for it, and others one of the pool', async () => {
    expect(await addressOf(node3)).toBe('10.0.0.3')
    expect(await addressOf(node4)).toBe('10.0.0.4')
    const own = await addressOf(guest)
    expect(Number(/^10\.0\.0\.(\d+)$/.exec(own)?.[1])).toBeGreaterThan(4)
    expect(Number(/^10\.0\.0\.(\d+)$/.exec(own)?.[1])).toBeLessThanOrEqual(100)
    const [line] = (await master.ask('grep laptop /var/lib/misc/dnsmasq.leases')).split('\n')
    const left = Number(line?.split(' ')[0]) - Math.floor(Date.now() / 1000)
    expect(left).toBeGreaterThan(23 * 3600)
    expect(left).toBeLessThanOrEqual(24 * 3600)
    await guest.reboot()
    await guest.waitUntilRunning()
    expect(await addressOf(guest)).toBe(own)
  })

  it('knows everybody by name and by address', async () => {
    const own = await addressOf(guest)
    const known = {
      master: '10.0.0.1',
      node1: '10.0.0.1',
      node2: '10.0.0.2',
      node3: '10.0.0.3',
      node4: '10.0.0.4',
      laptop: own,
    }
    // Where a stock image has dhcpcd it has openresolv, which leads the master to its own name server; this base has not.
    for (const from of base.network === 'dhcpcd' ? [node2, guest] : [master, node2, guest]) {
      // Who has its address by DHCP alone calls itself 127.0.1.1.
      for (const [name, address] of Object.entries(known).filter(([each]) => each !== from.name)) {
        expect(await from.ask(`getent ahostsv4 ${name} | cut -d ' ' -f 1 | sort -u`), name).toBe(address)
        expect(await from.ask(`getent ahostsv4 ${name}.cluster.internal | cut -d ' ' -f 1 | sort -u`)).toBe(
          address,
        )
        if (name !== 'node1')
          expect(await from.ask(`getent hosts ${address}`)).toContain(`${name}.cluster.internal`)
      }
    }
  })

  it('lets no other machine take the name of a node', async () => {
    const { stdout } = await inside.run('python3', '-c', impostor, 'node3')
    expect(stdout).toMatch(/^10\.0\.0\.\d+\n$/)
    expect(stdout).not.toBe('10.0.0.3\n')
    expect(await node2.ask('getent ahostsv4 node3 | cut -d " " -f 1 | sort -u')).toBe('10.0.0.3')
    expect(await node2.ask(`getent hosts ${stdout.trim()} || echo nobody`)).toBe('nobody')
  })

  it('keeps its names, addresses and time to the cluster', async () => {
    await master.ask(chronyWithoutClock)
    expect(await resolve(inside, '10.0.0.1')).toBe('10.0.0.2')
    expect(await inside.run('python3', askDhcp, 'eth0', '60')).toMatchObject({ stdout: '10.0.0.1\n' })
    expect(await inside.run('python3', '-c', askTime, '10.0.0.1')).toMatchObject({ stdout: 'stratum 10\n' })
    const refusals = [uplinkAddress, '10.0.0.1'].map(async (address) => {
      expect(await resolve(outside.computer, address)).toMatch(/TIMEOUT/)
      expect((await outside.computer.run('python3', '-c', askTime, address)).stdout).toBe('nothing\n')
    })
    const nobody = { stdout: '', exitCode: 1 }
    await Promise.all([
      ...refusals,
      expect(outside.computer.run('python3', askDhcp, 'eth0', '6')).resolves.toMatchObject(nobody),
    ])
    expect(await node2.ask('cat /etc/systemd/timesyncd.conf.d/piimg.conf')).toBe('[Time]\nNTP=10.0.0.1')
  })

  it('knows how its nodes are, and shuts the way to the internet when all are ready', async () => {
    await says(master, 'cluster-internet', /^closed \(auto\) for \d+ minutes: every node is ready/)
    const table = await master.ask('runuser -u pi -- cluster-status')
    const rows = table.split('\n').map((line) => line.trim().split(/ {2,}/))
    const isReady = (name: string) => `ready: everything is installed; ${name} is ready`
    expect(rows.slice(0, 5)).toEqual([
      ['NODE', 'ADDRESS', 'ANSWERS', 'FIRST BOOT'],
      ['master', '10.0.0.1', 'here', isReady('master')],
      ['node2', '10.0.0.2', 'yes', isReady('node2')],
      ['node3', '10.0.0.3', 'yes', isReady('node3')],
      ['node4', '10.0.0.4', 'yes', isReady('node4')],
    ])
    expect(await reaches(node2)).toBe(false)
  })

  it('sees where two machines have one address', async () => {
    const status = async () => master.ask('runuser -u pi -- cluster-status')
    const card = async (node: Node) => node.ask('cat /sys/class/net/eth0/address')
    const other = (await inside.run('cat', '/sys/class/net/eth0/address')).stdout.trim()
    expect(await status()).not.toContain('several network cards')
    for (const [address, node] of [
      ['10.0.0.4', node4],
      ['10.0.0.1', master],
    ] as const) {
      await inside.run('ip', 'address', 'add', `${address}/24`, 'dev', 'eth0')
      const cards = [other, await card(node)].sort().join(' ')
      expect(await status()).toContain(
        `\nnotice: several network cards have the address ${address} (${cards}): `,
      )
      await inside.run('ip', 'address', 'delete', `${address}/24`, 'dev', 'eth0')
    }
    await Promise.all([master, node2, node3, node4].map((node) => node.ask('ip neighbor flush dev eth0')))
    // One machine that is twice at the switch would look the same, if it answered for an address by a card that has another.
    await node2.ask('ip address add 10.0.0.99/32 dev lo')
    expect((await node3.run('ping -q -c 1 -W 2 10.0.0.99')).exitCode).toBe(1)
    await node2.ask('ip address delete 10.0.0.99/32 dev lo')
    expect(await status()).not.toContain('several network cards')
  })

  it('hears of a node from that node only', async () => {
    const file = (name: string) => master.ask(`cat /var/lib/piimg/nodes/${name}`)
    const before = await file('node3')
    const lie = 'state=failed\\ntext=I am node3 \\033[31m\\nname=node3\\naddress=10.0.0.3'
    const tell = 'sudo -n --preserve-env=SSH_USER_AUTH,SSH_CONNECTION /usr/lib/piimg/announced'
    await node2.ask(`printf '${lie}' | runuser -u pi -- ssh -o BatchMode=yes 10.0.0.1 ${tell}`)
    expect(await file('node2')).toBe('state=failed\naddress=10.0.0.2\ntext=I am node3 [31m\nhint=')
    expect(await file('node3')).toBe(before)
    const user = await ssh(inside, 'pi@10.0.0.1', cards.key, `echo state=failed | ${tell}`)
    expect(user).toMatchObject({ exitCode: 1, stderr: 'announced: the login used no certificate\n' })
    expect((await master.run('echo state=failed | /usr/lib/piimg/announced')).stderr).toContain('by ssh')
    // The node announces its real state again within an hour, or when its service restarts.
    await node2.ask('systemctl restart piimg-announce')
    await says(master, 'cat /var/lib/piimg/nodes/node2', /^state=ready$/m)
  })

  it('takes in a node that was added later, and opens the way to the internet for it', async () => {
    appendFileSync(join(cards.desk.folder, 'cluster.ini'), '\n[node9]\n')
    await build(cards.desk, '--image', baseFile, '--node', 'node9')
    const node9 = start('node9', image('node9'))
    await says(
      master,
      'cluster-internet',
      /^open \(auto\) .*\n {2}for node9, which is not ready: \d of 120 minutes$/m,
    )
    await ready([node9])
    await says(master, 'cluster-internet', /^closed \(auto\)/)
    const given = await addressOf(node9)
    for (const node of [node2, master]) {
      expect(await node.ask('getent ahostsv4 node9 | cut -d " " -f 1 | sort -u')).toBe(given)
    }
    expect(await master.ask('cluster-status')).toMatch(new RegExp(`^node9 +${given} +yes +ready`, 'm'))
    // The master's card knew nothing of its address; now the master does.
    await node9.reboot()
    await node9.waitUntilRunning()
    expect(await addressOf(node9)).toBe('10.0.0.9')
    await says(master, 'getent ahostsv4 node9', /^10\.0\.0\.9 /)
    expect(await master.ask('grep -c node9 /etc/hosts')).toBe('1')
    await node9.stop()
  })

  it('waits for a node no longer than two hours of its own time', async () => {
    await says(master, 'cluster-internet', /^closed \(auto\)/)
    // The test counts the minutes, however long its commands take.
    await master.ask('systemctl stop piimg-internet.timer')
    await master.ask('echo "ghost worker 10.0.0.222" >>/etc/piimg/nodes; cluster-internet settle')
    expect(await master.ask('cluster-internet')).toMatch(
      /^open \(auto\) .*\n {2}for ghost, .* 0 of 120 minutes$/,
    )
    await master.ask('for each in $(seq 118); do cluster-internet minute; done')
    expect(await master.ask('cluster-internet')).toMatch(/^open/)
    await master.ask('cluster-internet minute; cluster-internet minute')
    expect(await master.ask('cluster-internet')).toMatch(
      /^closed \(auto\) .*: every node is ready or has used its two hours$/,
    )
    await master.ask('sed -i /ghost/d /etc/piimg/nodes; systemctl start piimg-internet.timer')
    // A timer does the same each minute, and the journal is spared.
    await says(master, 'systemctl show --property=ExecMainStartTimestampMonotonic piimg-internet', /=[1-9]/)
    expect(await master.ask('journalctl -b -u piimg-internet')).toContain('No entries')
  })

  it('shuts the way to the internet in the middle of a connection, and keeps it shut', async () => {
    await master.ask('systemctl stop piimg-internet.timer; cluster-internet on')
    const clock = await openFlow(lab, node2)
    expect(await grows(node2, far)).toBe(true)
    expect(await master.ask('cluster-internet off')).toBe('closed (off) for 0 minutes: switched off')
    expect(await grows(node2)).toBe(false)
    expect(await master.ask('cluster-internet on --for 30m')).toBe(
      'open (on) for 0 minutes\n  for 30 more minutes, then off',
    )
    expect(await grows(node2, far)).toBe(true)
    await master.ask('for each in $(seq 29); do cluster-internet minute; done')
    expect(await master.ask('cluster-internet')).toMatch(
      /^open \(on\) for (29|30) minutes\n {2}for 1 more minutes/,
    )
    await master.ask('cluster-internet minute')
    expect(await master.ask('cluster-internet')).toMatch(/^closed \(off\) for [01] minutes/)
    expect(await grows(node2)).toBe(false)
    expect((await master.run('runuser -u pi -- cluster-internet on')).stderr).toContain(
      'only root may change this: sudo cluster-internet on',
    )
    expect(await master.ask('runuser -u pi -- cluster-internet')).toMatch(/^closed/)
    await master.reboot()
    await master.waitUntilRunning()
    expect(await master.ask('cluster-internet')).toMatch(/^closed \(off\)/)
    expect(await master.ask('cat /proc/sys/net/ipv4/ip_forward')).toBe('0')
    await master.ask('cluster-internet auto')
    await clock.close()
  })

  it('has its filter before its network, and keeps what it knew of addresses', async () => {
    const when = async (unit: string, what: string) =>
      Number(await master.ask(`systemctl show --property=${what}TimestampMonotonic --value ${unit}`))
    const network = base.network === 'dhcpcd' ? 'dhcpcd' : 'NetworkManager'
    expect(await when('piimg-firewall', 'ActiveEnter')).toBeLessThan(await when(network, 'InactiveExit'))
    const own = await addressOf(guest)
    await guest.reboot()
    await guest.waitUntilRunning()
    expect(await addressOf(guest)).toBe(own)
    expect(await node2.ask('getent ahostsv4 laptop | cut -d " " -f 1 | sort -u')).toBe(own)
  })

  it('keeps rules that somebody adds and saves', async () => {
    await master.ask(
      'iptables -A INPUT -p tcp --dport 8080 -j ACCEPT && iptables-save >/etc/iptables.ipv4.nat',
    )
    await master.reboot()
    await master.waitUntilRunning()
    expect(await scan(outside.computer, uplinkAddress)).toEqual([...onlySsh, 'tcp 8080'])
    await master.ask('cluster-internet on')
    expect(await reaches(node2)).toBe(true)
  })

  it('fails closed where its rules are cut off in the middle, and says so', async () => {
    await master.ask('cp -p /etc/iptables.* /root/; truncate --size=400 /etc/iptables.ipv4.nat')
    await master.reboot()
    expect(await master.waitUntilStarted()).toBe('degraded')
    expect(
      await master.ask('systemctl list-units --state=failed --plain --no-legend | cut -d " " -f 1'),
    ).toBe('piimg-firewall.service')
    const words =
      /the firewall rules could not be loaded, so nothing is forwarded: \/etc\/iptables\.ipv4\.nat is damaged/
    for (const where of [
      'cat /boot/firmware/piimg.txt',
      'cluster-status',
      'piimg-firstboot',
      'journalctl -b -t piimg',
    ])
      expect(await master.ask(where), where).toMatch(words)
    const own = [uplinkAddress, await globalIpv6(master)]
    expect(await scanAll(outside.computer, [...own, '10.0.0.2'])).toEqual({
      ...forAll(own, onlySsh),
      '10.0.0.2': [],
    })
    expect(await scan(inside, '10.0.0.1')).toEqual(everything)
    await master.ask('cluster-internet on')
    expect(await reaches(node2)).toBe(false)
    await master.ask('cp -p /root/iptables.* /etc/; systemctl restart piimg-firewall')
    expect(await reaches(node2)).toBe(true)
    expect(await master.ask('cat /boot/firmware/piimg.txt')).not.toMatch(words)
  })

  it.each([
    ['are empty', ': >/etc/iptables.ipv4.nat', /iptables\.ipv4\.nat is damaged/],
    [
      'are holes',
      'truncate --size=0 /etc/iptables.ipv4.nat; truncate --size=900 /etc/iptables.ipv4.nat',
      /iptables\.ipv4\.nat is damaged/,
    ],
    ['lack those for IPv6', 'rm /etc/iptables.ipv6', /iptables\.ipv6 is damaged/],
  ])('fails closed where its rules %s', async (_, damage, words) => {
    await master.ask('cluster-internet on')
    await master.ask(damage)
    expect((await master.run('systemctl restart piimg-firewall')).exitCode).not.toBe(0)
    expect(await master.ask('cluster-status')).toMatch(words)
    expect(await reaches(node2)).toBe(false)
    expect(await master.ask('nft list table inet piimg')).toContain('policy drop')
    await master.ask('cp -p /root/iptables.* /etc/; systemctl restart piimg-firewall')
    expect(await reaches(node2)).toBe(true)
  })

  it('is quiet as long as another DHCP server answers, and says so', async () => {
    await master.ask('cluster-internet on')
    const rogue = await openDhcp(lab, 'rogue', '10.0.0')
    onTestFinished(() => rogue.close())
    await master.ask('systemctl restart dnsmasq; systemctl restart piimg-conflicts')
    await says(master, 'cat /boot/firmware/piimg.txt', /another DHCP server answers on eth0: 10\.0\.0\.250/)
    expect(await master.ask('cluster-status')).toMatch(/another DHCP server answers on eth0/)
    expect(await master.ask('cluster-internet')).toMatch(/^closed \(on\) .*another DHCP server/)
    expect(await reaches(node2)).toBe(false)
    await rogue.close()
    await says(master, 'systemctl is-active dnsmasq', /^active/)
    expect((await inside.run('python3', askDhcp, 'eth0', '6')).stdout).toBe('')
    expect(await resolve(inside, '10.0.0.1')).toBe('10.0.0.2')
    await master.ask('systemctl restart piimg-conflicts')
    await says(master, 'cat /boot/firmware/piimg.txt; cluster-internet', /^open \(on\)/m)
    expect(await master.ask('cat /boot/firmware/piimg.txt')).not.toMatch(/DHCP/)
    await says(master, 'systemctl is-active dnsmasq', /^active/)
    expect((await inside.run('python3', askDhcp, 'eth0', '60')).stdout).toBe('10.0.0.1\n')
  })

  it('is quiet as long as its uplink overlaps the cluster, and says so', async () => {
    await master.ask('cluster-internet on')
    await master.ask('ip address add 10.0.0.77/16 dev eth1; systemctl restart piimg-conflicts')
    await says(
      master,
      'cat /boot/firmware/piimg.txt',
      /eth1 has the address 10\.0\.0\.77\/16, which overlaps the cluster's network 10\.0\.0\.0\/24/,
    )
    await says(master, 'cluster-internet', /^closed \(on\) .*overlaps/)
    expect(await reaches(node2)).toBe(false)
    await master.ask('ip address delete 10.0.0.77/16 dev eth1; systemctl restart piimg-conflicts')
    await says(master, 'cluster-internet', /^open \(on\)/)
    expect(await reaches(node2)).toBe(true)
  })

  it('gets ready although the master boots again in the middle', async () => {
    await node4.stop()
    node4 = start('node4', image('node4'))
    await says(node4, 'cat /var/lib/piimg/status', /downloading package lists|installing/)
    await master.powerCycle()
    await master.waitUntilRunning()
    await ready([node4])
    expect(await addressOf(node4)).toBe('10.0.0.4')
  })
}

/** Makes good what a test that failed in the middle has left on the master, so that the next ones do not fail with it. */
const asBefore = `
  sed -i /ghost/d /etc/piimg/nodes
  cp -p /root/iptables.* /etc/
  ip address delete 10.0.0.77/16 dev eth1
  systemctl start piimg-internet.timer
  systemctl restart piimg-firewall piimg-conflicts dnsmasq
  cluster-internet auto`

async function build(desk: Desk, ...words: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await piimg(desk, ['build', ...words])
  if (exitCode !== 0) throw new Error(stderr)
}

const withoutFilter = `
  for each in iptables ip6tables; do
    $each -F && $each -P INPUT ACCEPT && $each -P FORWARD ACCEPT
  done
  sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1`

const askDhcp = fileURLToPath(
  new URL('../../overlays/conflicts/root/usr/lib/piimg/ask-dhcp', import.meta.url),
)

/** A DHCP client with a MAC address and a name of its choice; prints the address that it is given. */
const impostor = `
import os, runpy, socket, sys, time
ask = runpy.run_path(${JSON.stringify(askDhcp)})
name, mac, number = sys.argv[1].encode(), b"\\x02" + os.urandom(5), 4711
def exchange(kind, more=b""):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ask["ETH_P_IP"]))
    wire.bind(("eth0", ask["ETH_P_IP"]))
    wire.settimeout(60)
    options = bytes([53, 1, kind, 12, len(name)]) + name + more
    wire.sendto(ask["packet"](ask["message"](mac, number, options)), ("eth0", ask["ETH_P_IP"], 0, 0, ask["BROADCAST"]))
    while True:
        udp = wire.recv(2048)[20:]
        if udp[:4] == bytes([0, 67, 0, 68]) and udp[12:16] == number.to_bytes(4, "big"):
            return udp[24:28]
offered = exchange(1)
given = exchange(3, bytes([50, 4]) + offered)
print(socket.inet_ntoa(given))
`

async function ready(nodes: readonly Node[]): Promise<void> {
  await Promise.all(
    nodes.map((node) => says(node, 'cat /var/lib/piimg/status; ls /var/lib/piimg', /^ready$/m)),
  )
}

/** Until a command on a node answers so. */
async function says(node: Node, command: string, pattern: RegExp): Promise<string> {
  for (const limit = Date.now() + far * 1000; ;) {
    const { stdout } = await node.run(command)
    if (pattern.test(stdout)) return stdout
    if (Date.now() > limit)
      throw new Error(
        `${node.name}: ${command}: not ${String(pattern)} but\n${stdout}\n${await node.journal(200)}`,
      )
    await delay(300)
  }
}

/** Again and again, from before the first packet on: the master by each address that it has by then, and a worker. */
async function scanUntil(
  from: Computer,
  isOver: () => boolean,
  scans: Record<string, Found>[],
): Promise<void> {
  await from.run('ip', 'route', 'replace', '10.0.0.0/24', 'via', uplinkAddress)
  while (!isOver()) {
    scans.push(await scanAll(from, [uplinkAddress, '10.0.0.1', '10.0.0.2', ...(await neighbours(from))]))
    await delay(500)
  }
}

/** Who has spoken on the same switch by IPv6. */
async function neighbours(computer: Computer): Promise<string[]> {
  const own = (await computer.run('ip', '-6', 'address', 'show', 'dev', 'eth0')).stdout
  const { stdout } = await computer.run('ip', '-6', 'neighbor', 'show', 'dev', 'eth0')
  const all = [...stdout.matchAll(/^(fe80:\S+) lladdr /gm)].map(([, address]) => address ?? '')
  return all.filter((address) => !own.includes(`${address}/`)).map((address) => `${address}%eth0`)
}

async function addressOf(node: Node): Promise<string> {
  return (
    /inet ([\d.]+)\//.exec(
      await says(node, 'ip -4 -oneline address show dev eth0 scope global', /inet/),
    )?.[1] ?? ''
  )
}

const linkLocal = async (node: Node, card: string) =>
  /inet6 (\S+)\//.exec(await node.ask(`ip -6 -oneline address show dev ${card} scope link`))?.[1] ?? ''

/** The address that the router outside has led it to. */
const globalIpv6 = async (node: Node) =>
  /inet6 (fd00:2:\S+)\//.exec(
    await says(node, 'ip -6 -oneline address show dev eth1 scope global', /fd00:2:/),
  )?.[1] ?? ''

/** What a name server says of node2. */
async function resolve(from: Computer, server: string): Promise<string> {
  const script = `
    const resolver = new (require('node:dns').Resolver)({ timeout: 1500, tries: 3 })
    resolver.setServers([process.argv[1]])
    resolver.resolve4('node2.cluster.internal', (error, found) => console.log(error ? error.code : found.join()))`
  return (await from.run(process.execPath, '-e', script, server)).stdout.trim()
}

/** Whether a node reaches what is outside. */
const reaches = async (node: Node) => (await node.run('ping -q -c 3 -i 0.3 -W 2 192.0.2.1')).exitCode === 0

/** A connection from the node to a computer outside, which says something every tenth of a second. */
async function openFlow(lab: Lab, node: Node): Promise<Program> {
  const server = `require('node:net').createServer((one) => setInterval(() => one.write('x'), 100)).on('connection', (one) => one.on('error', () => {})).listen(7777)`
  const program = openProgram(lab, 'router', [process.execPath, '-e', server])
  await node.ask(`
    cat >/root/flow.py <<'PYTHON'
import socket, time
while True:
    try:
        flow = socket.create_connection(("192.0.2.1", 7777))
        break
    except ConnectionRefusedError:
        time.sleep(0.1)
count = 0
while flow.recv(1):
    count += 1
    open("/root/flow", "w").write(str(count))
PYTHON
    systemd-run --quiet python3 /root/flow.py`)
  return program
}

/** Whether more comes by the connection, within so many seconds. */
async function grows(node: Node, seconds = 3): Promise<boolean> {
  const count = async () => Number((await node.run('cat /root/flow')).stdout)
  await delay(500)
  const before = await count()
  for (const limit = Date.now() + seconds * 1000; Date.now() < limit;) {
    await delay(200)
    if ((await count()) > before) return true
  }
  return false
}
