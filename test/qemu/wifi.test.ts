import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { addAccessPoint, type RadioPrograms, radioPrograms, whyNoRadio } from '../support/access-point.js'
import { type Desk, give, newDesk, piimg } from '../support/cli.js'
import { emulated, type Emulated } from '../support/emulated.js'
import { isFull } from '../support/full.js'
import { copyImage, debugfs, reachable } from '../support/images.js'
import { type Laptop, plugIn, switchWithSocket, whyNoLaptop } from '../support/laptop.js'
import { whyNoPackages } from '../support/package-mirror.js'
import { wifiWriter } from '../support/real-programs.js'
import { parseSelfCheck, selfCheckScript } from '../support/self-check.js'
import { describeBooted, plainProfile, qemuBase } from './base.js'

const { base } = qemuBase()
const minutes = 60_000
const base64 = (text: string) => Buffer.from(text).toString('base64')
const wifi = { ssid: 'Room 7 "east"; #1', psk: ` a"b'c\\d $HOME #e;f=%h ` }

const bullseye = wifiWriter('bullseye', '/etc/wpa_supplicant/wpa_supplicant.conf')
const confOf = (psk: string) => {
  const written = bullseye(wifi.ssid, psk)
  return base64('text' in written ? written.text : '')
}
const whyNoWifi = base64(readFileSync('overlays/wifi/root@dhcpcd/usr/lib/piimg/why-no-wifi', 'utf8'))

/** Says why with a wrong password; with the right one, that nobody gives an address (there is no dhcpcd here), then nothing. */
const asUntilBullseye = `set -e
said() { echo ${whyNoWifi} | base64 -d | sudo sh; }
start() { base64 -d | sudo tee /run/wifi.conf >/dev/null; sudo wpa_supplicant -B -i wlan0 -c /run/wifi.conf >/dev/null; }
stop() { sudo wpa_cli -i wlan0 terminate >/dev/null; while [ -e /run/wpa_supplicant/wlan0 ]; do sleep 1; done; }
sudo nmcli device set wlan0 managed no
echo ${confOf('not the password')} | start
until said | grep 'wrong password'; do :; done
stop
echo ${confOf(wifi.psk)} | start
until said | grep 'assigns it no address'; do :; done
sudo ip address add 192.0.2.7/24 dev wlan0
sudo ip route add default via 192.0.2.1 dev wlan0 metric 9000
[ -z "$(said)" ]
sudo wpa_cli -i wlan0 status | grep wpa_state
sudo ip address flush dev wlan0
stop
sudo nmcli device set wlan0 managed yes`

describeBooted('a node on Wi-Fi', () => {
  if (!isFull) {
    it('joins it; says why it does not', (context) => context.skip('takes 20 minutes: scripts/test --full'))
    return
  }
  let image: string
  let missing = ''
  let programs: RadioPrograms
  beforeAll(async () => {
    missing = whyNoRadio(base) || (await whyNoPackages(base))
    if (missing !== '') return
    image = reachable(base)
    programs = await radioPrograms(image)
  }, 6 * minutes)
  beforeEach((context) => context.skip(missing !== '', missing))
  let cluster: Emulated | undefined
  let laptop: Laptop | undefined
  afterEach(async () => {
    laptop?.unplug()
    cluster?.child.kill('SIGINT')
    await cluster?.finished
  })

  /** A cluster whose master uses this Wi-Fi password, whether it is the access point's or not. */
  async function builtCluster(psk: string, more: string): Promise<Desk> {
    const uplink = `wifi_ssid = ${JSON.stringify(wifi.ssid)}\nwifi_psk = ${JSON.stringify(psk)}\nwifi_country = GB\n`
    const desk = newDesk({
      'cluster.ini': `[cluster]\nimage = ${image}\nclock_wait = 10\n[master]\n${uplink}${more}`,
      'overlays/tools/overlay.ini': '[overlay]\nsummary = none here\n',
    })
    chmodSync(join(desk.folder, 'cluster.ini'), 0o600)
    const built = await piimg(desk, ['build'])
    expect(built.exitCode, built.stderr).toBe(0)
    addAccessPoint(join(desk.folder, 'out/master.img'), programs, wifi)
    return desk
  }

  it(
    'has its fixed address on a hidden one, whatever the radio’s state was',
    { timeout: 45 * minutes },
    async () => {
      const hidden = {
        ssid: '0x436166e9',
        psk: 'hěslo-s-háčky',
        isHidden: true,
        address: '10.0.0.1/24',
      } as const
      const desk = newDesk({ 'profiles/worker.ini': plainProfile })
      const used = copyImage(image, join(desk.folder, 'used.img'))
      // As on a stock Raspberry Pi OS.
      const state = join(desk.folder, 'state')
      writeFileSync(state, '[main]\nWirelessEnabled=false\n')
      debugfs(used, `write ${state} /var/lib/NetworkManager/NetworkManager.state`)
      give(desk.folder)
      const values = { interface: 'wlan0', gateway: '10.0.0.1', dns: '10.0.0.1', wifi_country: 'GB' }
      const network = { wifi_ssid: hidden.ssid, wifi_psk: hidden.psk, wifi_hidden: 'yes' }
      const set = Object.entries({ ...values, ...network }).map(([name, text]) => [
        '--set',
        `${name}=${text}`,
      ])
      const words = ['build', '--profile=worker', '--hostname=node3', '--image=used.img', ...set.flat()]
      const built = await piimg(desk, words)
      expect(built.exitCode, built.stderr).toBe(0)
      addAccessPoint(join(desk.folder, 'out/node3.img'), programs, hidden)
      cluster = emulated(desk, ['node3'], 44 * minutes)
      await cluster.hears(/QEMU has no Wi-Fi; the node has a wired card with DHCP/, minutes)
      const ask = async (command: string) => (await cluster?.ssh(command, 30 * minutes))?.stdout.trim() ?? ''
      await ask('until ip -4 address show dev wlan0 | grep -q inet; do sleep 1; done')
      expect(await ask('ip -4 -brief address show dev wlan0')).toMatch(/^wlan0 +UP +10\.0\.0\.3\/24$/)
      expect(await ask('nmcli -g GENERAL.CONNECTION device show wlan0')).toBe('wifi')
      expect(await ask('ip route show default dev wlan0')).toMatch(/^default via 10\.0\.0\.1 /)
      expect(await ask('sudo -n ping -c 3 -I wlan0 10.0.0.1 2>&1 || true')).toMatch(/ [123] received,/)
      expect(await ask('sudo -n journalctl -b -u access-point')).toMatch(/wlan1: AP-STA-CONNECTED/)
      expect(await ask('nmcli radio wifi; /usr/local/sbin/iw reg get')).toMatch(
        /^enabled\nglobal\ncountry GB: /,
      )
    },
  )

  it('joins it, and a worker gets ready through it', { timeout: 50 * minutes }, async () => {
    const desk = await builtCluster(wifi.psk, '[node2]\n')
    cluster = emulated(desk, ['--timeout', '0'], 48 * minutes)
    const ask = async (command: string, worker = '', input = '') =>
      (await cluster?.ssh(command, 30 * minutes, input, worker))?.stdout ?? ''
    const check = async (worker = '') => parseSelfCheck(await ask('sudo -n sh -s', worker, selfCheckScript))
    expect(await ask('ls /sys/class/net')).toBe('eth0\nhwsim0\nlo\nwlan0\n')
    expect(await ask('/usr/local/sbin/iw reg get')).toMatch(/^global\ncountry GB: /)
    expect(await ask('sudo -n journalctl -b -u access-point')).toMatch(/wlan1: AP-STA-CONNECTED/)
    for (const node of ['master', 'node2'])
      await cluster.hears(new RegExp(`^${node}: ready after \\d+ s$`, 'm'), 45 * minutes)
    console.log(
      cluster
        .said()
        .stderr.match(/^.* after \d+ s$/gm)
        ?.join(', '),
    )
    const [master, worker] = [await check(), await check('10.0.0.2')]
    const addresses = master.get('address')?.filter((line) => !line.includes(':'))
    expect(addresses).toEqual(['eth0 10.0.0.1/24', 'wlan0 10.0.2.15/24'])
    const wayOut = (lines?: readonly string[]) => lines?.filter((line) => line.startsWith('default'))
    expect(wayOut(master.get('route'))).toEqual([expect.stringMatching(/^default via 10\.0\.2\.2 dev wlan0/)])
    expect(wayOut(worker.get('route'))).toEqual([expect.stringMatching(/^default via 10\.0\.0\.1 dev eth0/)])
    expect(await ask('cat /var/lib/piimg/first-boot.log', '10.0.0.2')).toMatch(/^Get:\d+ http/m)
  })

  it(
    'says to a laptop at the switch that the password is wrong, and takes another',
    { timeout: 40 * minutes },
    async (context) => {
      const reason = whyNoLaptop()
      context.skip(reason !== '', reason)
      const desk = await builtCluster('not the password', 'mpi = none\n')
      const socket = switchWithSocket(true)
      cluster = emulated(desk, [], 38 * minutes, socket.programs)
      await cluster.hears(/^boot 1: /m, minutes)
      laptop = await plugIn(socket, desk, '10.0.0.66/24')
      const type = async (command: string, ms = 10 * minutes) => {
        const { stdout = '', stderr, exitCode } = (await laptop?.ssh('master', command, ms)) ?? {}
        expect(exitCode, stderr).toBe(0)
        return stdout
      }
      const says = `waiting\nthere is no network: the Wi-Fi "${wifi.ssid}" rejects this node: wrong password, or the signal is too weak\n`
      await type('until grep -qs "wrong password" /var/lib/piimg/status; do sleep 2; done')
      const status = await type('sudo piimg-firstboot || true')
      expect(status).toContain(says)
      expect(status).toContain('to change the password: sudo nmtui edit wifi')
      for (const command of ['cluster-status', 'cat /boot/firmware/piimg.txt'])
        expect(await type(command)).toContain('rejects this node: wrong password')
      expect(await type('sudo journalctl -b')).not.toContain('not the password')

      expect(await type(asUntilBullseye)).toMatch(
        / rejects this node: wrong password, [^]* assigns it no address\n[^]*wpa_state=COMPLETED\n/,
      )

      // As nmtui does, which wants a terminal; the first boot goes on by itself then.
      await type(
        `command -v nmtui; sudo nmcli connection modify wifi wifi-sec.psk "$(echo ${base64(wifi.psk)} | base64 -d)"`,
      )
      await type('until [ -e /var/lib/piimg/ready ]; do sleep 2; done', 30 * minutes)
      expect(await type('cluster-status')).toMatch(/^master +10\.0\.0\.1 +here +ready: /m)
      expect(
        await type(
          'sudo nmcli --show-secrets --escape no --get-values 802-11-wireless-security.psk connection show wifi',
        ),
      ).toBe(`${wifi.psk}\n`)
    },
  )
})
