import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { lasting, type SelfCheck } from '../support/self-check.js'
import { type Base, bases, type Cards, cardsOf, nativeBase } from './base.js'
import { type Computer, type Lab, type Node, openLab } from './lab.js'
import { openProgram, type Program } from './outside.js'
import { ssh } from './ssh.js'

for (const base of bases) describe(`a worker on ${base.name}`, () => testWorker(base))

function testWorker(base: Base): void {
  let reason = ''
  let lab: Lab | undefined
  let cards: Cards
  let node3: Node
  let node4: Node
  let other: Computer
  let asker: Program
  let first: SelfCheck
  const both: string[] = []

  beforeAll(async () => {
    const found = nativeBase(base)
    if ('reason' in found) return void (reason = found.reason)
    cards = cardsOf(found.file)
    const image4 = await cards.build(
      'node4',
      'user=ada',
      ...wifi,
      'timezone=Asia/Kolkata',
      'locale=en_GB.UTF-8',
    )
    // A card with a password does not get the cluster's login key by default, so it gets this key.
    const image3 = await cards.build(
      'node3',
      `password_hash=${hashOfWord}`,
      `authorized_keys=${cards.key}.pub`,
    )
    lab = await openLab()
    other = await lab.plug('other', '10.0.0.1/24')
    asker = openProgram(lab, 'other', ['python3', '-c', askWithoutAddress, '10.0.0.3'])
    const started = performance.now()
    node3 = lab.startNode({ name: 'node3', image: image3, prepare: base.stock + bannerOfTheWizard })
    node4 = lab.startNode({ name: 'node4', image: image4, prepare: base.stock + presets })
    const nodes = [node3, node4]
    await Promise.all(
      nodes.map(async (node) => {
        await node.waitUntilRunning()
        both.push(`${node.name} running after ${((performance.now() - started) / 1000).toFixed(1)} s`)
      }),
    )
    first = await node3.selfCheckWhen(isOnline)
    await asker.close()
  })

  afterAll(() => lab?.close())

  beforeEach((ctx) => {
    if (reason !== '') ctx.skip(reason)
    ctx.onTestFailed(async () => console.error(await node3.journal(), await node4.journal()))
  })

  it('is up beside a second one, with no failed unit', () => {
    console.log(`${base.name}: ${both.join(', ')}`)
    expect(both).toHaveLength(2)
    for (const line of both) expect(Number(/([\d.]+) s$/.exec(line)?.[1])).toBeGreaterThan(0)
    expect(first.get('state')).toEqual(['running'])
    expect(first.get('failed')).toBe(undefined)
    expect(first.get('job')).toBe(undefined)
  })

  it('has the planned address and no other, the planned route and name server', () => {
    expect(first.get('address')).toEqual(['eth0 10.0.0.3/24'])
    expect(first.get('route')?.filter((route) => route.startsWith('default'))).toEqual([
      expect.stringMatching(/^default via 10\.0\.0\.1 dev eth0 /),
    ])
    expect(first.get('route6')).toBe(undefined)
    expect(first.get('dns')).toEqual(['10.0.0.1'])
    expect(first.get('search')).toEqual(['cluster.internal'])
  })

  it('knows its name', async () => {
    expect(first.get('hostname')).toEqual(['node3'])
    expect(first.get('static_hostname')).toEqual(['node3'])
    expect(await node3.ask('hostnamectl --static')).toBe('node3')
    expect(first.get('fqdn')).toEqual(['node3.cluster.internal'])
    expect(first.get('hosts')).toContain('10.0.0.3 node3.cluster.internal node3')
    expect(first.get('hosts')?.filter((line) => /raspberrypi|127\.0\.1\.1/.test(line))).toEqual([])
    expect(await node3.ask('getent ahostsv4 node3')).toMatch(/^10\.0\.0\.3 +STREAM/)
  })

  it('lets the key in from another computer, and greets with nothing', async () => {
    const { stdout, stderr, exitCode } = await ssh(
      other,
      'pi@10.0.0.3',
      cards.key,
      'id -un; hostname; sudo -n id -u',
    )
    expect({ stdout, stderr, exitCode }).toEqual({ stdout: 'pi\nnode3\n0\n', stderr: '', exitCode: 0 })
  })

  it('takes no password, though its user has one', async () => {
    expect(await node3.ask('getent shadow pi')).toContain(`pi:${hashOfWord}:`)
    const methods = ['PreferredAuthentications=password,keyboard-interactive', 'PubkeyAuthentication=no']
    const { stderr, exitCode } = await ssh(other, 'pi@10.0.0.3', undefined, 'true', [
      'LogLevel=DEBUG1',
      ...methods,
    ])
    expect(exitCode).toBe(255)
    expect(stderr.match(/Authentications that can continue: .*/g)).toEqual([
      'Authentications that can continue: publickey',
    ])
    const root = await ssh(other, 'root@10.0.0.3', cards.key, 'true')
    expect(root.stderr).toContain('Permission denied (publickey)')
    expect(first.get('sshd')).toEqual(
      expect.arrayContaining([
        'passwordauthentication no',
        'kbdinteractiveauthentication no',
        'permitrootlogin no',
        'banner none',
      ]),
    )
  })

  it('gives a renamed user all that pi had', async () => {
    const { stdout } = await ssh(
      other,
      'ada@10.0.0.4',
      cards.key,
      'id -un; id -u; pwd; id -nG; sudo -n id -un',
    )
    const [name, number, home, groups, sudo] = stdout.split('\n')
    expect([name, number, home, sudo]).toEqual(['ada', '1000', '/home/ada', 'root'])
    expect(groups?.split(' ')).toEqual(expect.arrayContaining(['ada', 'sudo', 'gpio', 'netdev']))
    expect(await node4.run('getent passwd pi; ls -d /home/pi')).toMatchObject({ stdout: '' })
    expect((await ssh(other, 'pi@10.0.0.4', cards.key, 'true')).exitCode).toBe(255)
    const report = await node4.selfCheckWhen((each) => each.has('address'))
    expect(report.get('address')).toEqual(['eth0 10.0.0.4/24'])
    // It has Wi-Fi, so the master is not its gateway.
    expect(report.get('route')?.filter((route) => route.startsWith('default'))).toEqual([])
  })

  it('speaks the language, and keeps the time, of its place', async () => {
    const { stdout } = await ssh(other, 'ada@10.0.0.4', cards.key, 'echo $LANG; date +%:z; cat /etc/timezone')
    expect(stdout).toBe('en_GB.UTF-8\n+05:30\nAsia/Kolkata\n')
    expect(await node4.ask('timedatectl show --property=Timezone --value')).toBe('Asia/Kolkata')
  })

  it('has loaded the Wi-Fi', async (ctx) => {
    if (base.network === 'dhcpcd')
      ctx.skip('wpa_supplicant reads its file when there is a card; see test/image/real-*')
    const names = (await node4.ask('nmcli -t -f NAME,TYPE,FILENAME connection show')).split('\n')
    const folder = '/etc/NetworkManager/system-connections'
    expect(names).toContain(`wifi:802-11-wireless:${folder}/wifi.nmconnection`)
    expect(names).toContain(`eth0:802-3-ethernet:${folder}/eth0.nmconnection`)
    expect(
      await node4.ask(
        'nmcli -g 802-11-wireless.ssid,connection.autoconnect,802-11-wireless-security.key-mgmt connection show wifi',
      ),
    ).toBe('Home of Ada\nyes\nwpa-psk')
    // The node compares it, so that no log contains it.
    expect(
      await node4.ask(
        '[ "$(nmcli -s -g 802-11-wireless-security.psk connection show wifi)" = "a secret psk" ] && echo same',
      ),
    ).toBe('same')
    expect(await node4.ask('nmcli radio wifi')).toBe('enabled')
  })

  it('enables nothing that the base image and the plan do not', async () => {
    const enabled = await node3.ask('systemctl list-unit-files --state=enabled --no-legend --no-pager')
    // What presets would turn on at a first boot.
    expect(enabled).not.toMatch(/^(systemd-networkd|systemd-resolved|nftables)\.service/m)
    expect(enabled).toMatch(/^ssh\.service/m)
  })

  it('enables no more where systemd could write to /etc at the first boot, and applied its presets', async () => {
    const enabled = await node4.ask('systemctl list-unit-files --state=enabled --no-legend --no-pager')
    expect(enabled).not.toMatch(/^(systemd-networkd.*|nftables)\.service|^ssh\.socket/m)
    expect(enabled).toMatch(/^ssh\.service/m)
    expect(enabled).toMatch(base.network === 'dhcpcd' ? /^dhcpcd\.service/m : /^NetworkManager\.service/m)
  })

  it('is the same after the second boot', async () => {
    await node3.reboot()
    await node3.waitUntilRunning()
    const second = await node3.selfCheckWhen((report) => isOnline(report) && !report.has('job'))
    expect(lasting(second)).toEqual(lasting(first))
    expect(second.get('host_key')).toHaveLength(3)
    expect((await ssh(other, 'pi@10.0.0.3', cards.key, 'true')).exitCode).toBe(0)
  })
}

/** dhcpcd sets one thing after the other. */
function isOnline(report: SelfCheck): boolean {
  const hasRoute = report.get('route')?.some((route) => route.startsWith('default')) === true
  const [dns] = report.get('dns') ?? []
  return report.has('address') && hasRoute && dns !== undefined && dns !== '8.8.8.8'
}

/** Who has this address? As a computer asks whose packet goes out before it has an address: it looks like a probe of RFC 5227. */
const askWithoutAddress = `
import socket, struct, sys, time
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("eth0", 0x0806))
mac = wire.getsockname()[4]
question = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, mac, bytes(4), bytes(6), socket.inet_aton(sys.argv[1]))
while True:
    wire.send(b"\\xff" * 6 + mac + b"\\x08\\x06" + question)
    time.sleep(0.02)
`

const presets = `
  systemctl --root="$PWD" --preset-mode=enable-only preset-all >/dev/null 2>&1`

const wifi = ['wifi_ssid=Home of Ada', 'wifi_psk=a secret psk', 'wifi_country=CZ']

/** Of the word "raspberry"; what the wizard of a stock image shows before each login. */
const hashOfWord =
  '$6$piimgpiimg$adnUQdJVBJ9LqwZ949tgjU1G06loP9tDLf12a4FxDCY9H.O03e9wW0jl/wk8HFE0ZQree8PqYO6SjBy3GvdyX1'
const bannerOfTheWizard = `
  echo 'Please note that SSH may not work until a valid user has been set up.' >etc/banner
  mkdir -p etc/ssh/sshd_config.d
  echo 'Banner /etc/banner' >etc/ssh/sshd_config.d/rename_user.conf`
