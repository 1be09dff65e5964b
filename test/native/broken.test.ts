import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { lasting, type SelfCheck } from '../support/self-check.js'
import { bases, type Cards, cardsOf, nativeBase } from './base.js'
import { type Computer, type Lab, type Node, openLab } from './lab.js'
import { ssh } from './ssh.js'

/**
 * What the other tests ask is answered wrongly where it is wrong: each node has one fault, made on its copy-on-write
 * layer before it boots.
 */
interface Fault {
  readonly name: string
  readonly hostname: string
  readonly settings?: readonly string[]
  /** In the folder of the root. */
  readonly script: string
  /** What is then wrong. */
  readonly shows: (node: Node, other: Computer, cards: Cards) => Promise<void>
}

const connections = 'etc/NetworkManager/system-connections'
const wifi = ['wifi_ssid=Home', 'wifi_psk=a secret psk', 'wifi_country=CZ']
const isUp = (report: SelfCheck) => report.has('address')

const faults: readonly Fault[] = [
  {
    name: 'keyfiles that others can read are not loaded',
    hostname: 'node11',
    settings: wifi,
    script: `chmod 0644 ${connections}/*`,
    shows: async (node) => {
      expect(await node.ask('nmcli -t -f NAME connection show')).not.toMatch(/^(wifi|eth0)$/m)
      expect((await node.selfCheckWhen(isUp, 2)).get('address')).toBe(undefined)
    },
  },
  {
    name: 'keyfiles of another user are not loaded',
    hostname: 'node12',
    settings: wifi,
    script: `chown 1000 ${connections}/wifi.nmconnection`,
    shows: async (node) => {
      expect(await node.ask('nmcli -t -f NAME connection show')).not.toMatch(/^wifi$/m)
      expect((await node.selfCheckWhen(isUp)).get('address')).toEqual(['eth0 10.0.0.12/24'])
    },
  },
  {
    name: 'without the link to its unit, no ssh server',
    hostname: 'node13',
    script: 'rm etc/systemd/system/multi-user.target.wants/ssh.service',
    shows: async (node, other, { key }) => {
      await node.selfCheckWhen(isUp)
      expect(await ssh(other, 'pi@10.0.0.13', key, 'true')).toMatchObject({
        exitCode: 255,
        stderr: expect.stringContaining('Connection refused') as string,
      })
    },
  },
  {
    name: 'another address in the keyfile, another address',
    hostname: 'node14',
    script: `sed -i 's/10\\.0\\.0\\.14/10.0.0.99/' ${connections}/eth0.nmconnection`,
    shows: async (node, other, { key }) => {
      expect((await node.selfCheckWhen(isUp)).get('address')).toEqual(['eth0 10.0.0.99/24'])
      expect((await ssh(other, 'pi@10.0.0.14', key, 'true')).exitCode).toBe(255)
    },
  },
  {
    name: 'without our file for sshd, a password is taken and the banner is shown',
    hostname: 'node15',
    script: `
      rm etc/ssh/sshd_config.d/00-piimg.conf
      echo 'a banner' >etc/banner
      echo 'Banner /etc/banner' >etc/ssh/sshd_config.d/rename_user.conf`,
    shows: async (node, other, { key }) => {
      const report = await node.selfCheckWhen(isUp)
      expect(report.get('sshd')).toContain('passwordauthentication yes')
      expect(report.get('sshd')).toContain('banner /etc/banner')
      expect((await ssh(other, 'pi@10.0.0.15', key, 'true')).stderr).toBe('a banner\n')
      const { stderr } = await ssh(other, 'pi@10.0.0.15', undefined, 'true', ['PubkeyAuthentication=no'])
      expect(stderr).toContain('Permission denied (publickey,password)')
    },
  },
  {
    name: 'keys that others can write are not taken, nor those of another user',
    hostname: 'node16',
    script: 'chmod 0666 home/pi/.ssh/authorized_keys',
    shows: async (node, other, { key }) => {
      await node.selfCheckWhen(isUp)
      expect((await ssh(other, 'pi@10.0.0.16', key, 'true')).stderr).toContain(
        'Permission denied (publickey)',
      )
    },
  },
  {
    name: 'without its file, sudo wants a password; another line in hosts, another answer',
    hostname: 'node17',
    script: `rm -f etc/sudoers.d/010_pi-nopasswd etc/sudoers.d/zz_piimg; sed -i s/10.0.0.17/10.0.0.71/ etc/hosts`,
    shows: async (node, other, { key }) => {
      await node.selfCheckWhen(isUp)
      expect(await node.ask('getent ahostsv4 node17')).toMatch(/^10\.0\.0\.71 /)
      const { exitCode, stderr } = await ssh(other, 'pi@10.0.0.17', key, 'sudo -n true')
      expect(exitCode).toBe(1)
      expect(stderr).toContain('a password is required')
    },
  },
  {
    name: 'keys that are made at each boot are other keys at the second',
    hostname: 'node20',
    script: `
      printf '[Service]\\nType=oneshot\\nExecStart=/bin/sh -c "rm /etc/ssh/ssh_host_*; ssh-keygen -A"\\n' >etc/systemd/system/keys.service
      ln -s /etc/systemd/system/keys.service etc/systemd/system/multi-user.target.wants/`,
    shows: async (node) => {
      const first = await node.selfCheckWhen(isUp)
      await node.reboot()
      await node.waitUntilStarted()
      const second = await node.selfCheckWhen(isUp)
      expect(second.get('host_key')).toHaveLength(3)
      expect(second.get('host_key')).not.toEqual(first.get('host_key'))
      const { host_key: _, ...others } = lasting(second)
      expect(lasting(first)).toMatchObject(others)
    },
  },
  {
    name: 'a unit that fails is a failed unit',
    hostname: 'node18',
    script: `
      printf '[Service]\\nType=oneshot\\nExecStart=/bin/false\\n' >etc/systemd/system/faulty.service
      ln -s /etc/systemd/system/faulty.service etc/systemd/system/multi-user.target.wants/`,
    shows: async (node) => {
      const report = await node.selfCheck()
      expect(report.get('state')).toEqual(['degraded'])
      expect(report.get('failed')).toEqual(['faulty.service'])
      await expect(node.waitUntilRunning()).rejects.toThrow(/node18 is degraded[^]*faulty\.service/)
    },
  },
  {
    name: "presets enable what nobody asked for, where piimg's own are missing",
    hostname: 'node19',
    script: `rm etc/systemd/system-preset/00-piimg.preset; systemctl --root="$PWD" preset-all >/dev/null 2>&1`,
    shows: async (node) => {
      const enabled = await node.ask('systemctl list-unit-files --state=enabled --no-legend --no-pager')
      expect(enabled).toMatch(/^systemd-networkd\.service/m)
    },
  },
]

describe('a worker with a fault', () => {
  const [base] = bases
  let reason = ''
  let lab: Lab | undefined
  let cards: Cards
  let other: Computer

  beforeAll(async () => {
    const found = base === undefined ? { reason: 'no base image' } : nativeBase(base)
    if ('reason' in found) return void (reason = found.reason)
    cards = cardsOf(found.file)
    lab = await openLab()
    other = await lab.plug('other', '10.0.0.1/24')
  })
  afterAll(() => lab?.close())

  beforeEach((ctx) => {
    if (reason !== '') ctx.skip(reason)
  })

  for (const { name, hostname, settings = [], script, shows } of faults) {
    it(`shows it: ${name}`, async () => {
      const image = await cards.build(hostname, ...settings)
      const node = lab?.startNode({ name: hostname, image, prepare: script })
      if (node === undefined) throw new Error('no lab')
      await node.waitUntilStarted()
      await shows(node, other, cards)
      await node.stop()
    })
  }
})
