import { describe, expect, it } from 'vitest'
import { edits } from '../../../builder/plan/edits/registry.js'
import { releases, stockText } from '../../support/practice-base.js'

type Path = Parameters<typeof stockText>[1]
type Given = Readonly<Record<string, string>>

interface Use {
  readonly edit: string
  readonly path: Path
  readonly parameters: Given
}

const user = {
  from: 'pi',
  name: 'pi',
  uid: '1000',
  gid: '1000',
  home: '/home/pi',
  hash: '$6$a$b',
  groups: 'adm sudo',
}
const etc = (name: string): Path => `root/etc/${name}`
const accounts = ['passwd', 'shadow', 'group', 'gshadow'] as const

const uses: readonly Use[] = [
  {
    edit: 'apt_mirror',
    path: etc('apt/sources.list'),
    parameters: { mirror: 'http://mirror.example/debian' },
  },
  {
    edit: 'apt_moved',
    path: etc('apt/sources.list'),
    parameters: { from: 'deb.debian.org/debian', to: 'http://archive.debian.org/debian' },
  },
  { edit: 'keyboard', path: etc('default/keyboard'), parameters: { layout: 'us,ru', variant: ',phonetic' } },
  { edit: 'assign', path: etc('default/locale'), parameters: { set: 'LANG=C.UTF-8' } },
  { edit: 'assign', path: etc('default/raspi-firmware'), parameters: { set: 'ROOTPART="LABEL=x"' } },
  {
    edit: 'block',
    path: etc('dhcpcd.conf'),
    parameters: { name: 'network', template: 'interface eth0\nnogateway\n' },
  },
  {
    edit: 'block',
    path: etc('ssh/sshd_config'),
    parameters: { name: 'ssh', text: 'Banner none', position: 'top' },
  },
  { edit: 'boot_config', path: 'boot/config.txt', parameters: { lines: '[pi4]\narm_boost=0' } },
  { edit: 'dhcpcd_free', path: etc('dhcpcd.conf'), parameters: { card: 'eth0', cards: 'eth0 eth1 wlan0' } },
  { edit: 'forget_networks', path: etc('wpa_supplicant/wpa_supplicant.conf'), parameters: {} },
  { edit: 'machine_id', path: etc('machine-id'), parameters: {} },
  { edit: 'unset', path: etc('default/locale'), parameters: { keys: 'LC_ALL' } },
  { edit: 'hosts', path: etc('hosts'), parameters: { hostname: 'node3', fqdn: 'node3.x', ip: '10.0.0.3' } },
  { edit: 'hosts', path: etc('hosts'), parameters: { hostname: 'node3', fqdn: 'node3.x', ip: '' } },
  { edit: 'ifupdown_free', path: etc('network/interfaces'), parameters: { card: 'eth0' } },
  {
    edit: 'kernel_args',
    path: 'boot/cmdline.txt',
    parameters: { add: 'console=ttyAMA0 quiet rootwait a=1' },
  },
  { edit: 'line', path: etc('locale.gen'), parameters: { line: 'de_DE.UTF-8 UTF-8' } },
  { edit: 'line', path: etc('locale.gen'), parameters: { line: 'xx_XX.UTF-8 UTF-8' } },
  {
    edit: 'netplan_free',
    path: 'root/usr/lib/netplan/00-network-manager-all.yaml',
    parameters: { card: 'eth0' },
  },
  { edit: 'nm_manage', path: etc('NetworkManager/NetworkManager.conf'), parameters: { cards: 'eth0 wlan0' } },
  {
    edit: 'nm_yield',
    path: etc('NetworkManager/NetworkManager.conf'),
    parameters: { card: 'eth0', own: 'a b' },
  },
  { edit: 'rename_word', path: etc('sudoers.d/010_pi-nopasswd'), parameters: { from: 'pi', to: 'ada' } },
  { edit: 'subid', path: etc('subuid'), parameters: { from: 'pi', name: 'ada' } },
  { edit: 'drop_user', path: etc('group'), parameters: { name: 'pi' } },
  { edit: 'lock_users', path: etc('shadow'), parameters: { names: 'pi root' } },
  {
    edit: 'block',
    path: etc('ssh/sshd_config'),
    parameters: { name: 'match', text: 'Match all\n  Banner none', before: 'UsePAM' },
  },
  { edit: 'text', path: etc('hostname'), parameters: { text: 'node3' } },
  ...accounts.map((name) => ({ edit: name, path: etc(name), parameters: user })),
]
/** Once it has a name of its own, the user is not found by the old one any more. */
const renames = accounts.flatMap((name) => [
  { edit: name, path: etc(name), parameters: { ...user, name: 'ada', home: '/home/ada' } },
  { edit: name, path: etc(name), parameters: { ...user, from: '', name: 'ada', home: '/home/ada' } },
])

function onEveryRelease(table: readonly Use[]) {
  return releases.flatMap((release) =>
    table.flatMap(({ edit, path, parameters }) => {
      const text = stockText(release, path)
      const title = `${edit} of ${path} on ${release} with ${Object.values(parameters).join(' ')}`
      return text === undefined ? [] : [[title, { edit, text, parameters }] as const]
    }),
  )
}

function apply(edit: string, text: string, parameters: Given): string {
  const found = edits[edit]
  if (found === undefined) throw new Error(`no edit ${edit}`)
  return found.apply(text, parameters)
}

describe('on the stock files', () => {
  it('every edit is tried', () => {
    expect([...new Set(uses.map(({ edit }) => edit))].sort()).toEqual(Object.keys(edits).sort())
  })

  it.each(onEveryRelease(uses))('twice is once: %s', (_, { edit, text, parameters }) => {
    const once = apply(edit, text, parameters)
    expect(apply(edit, once, parameters)).toBe(once)
  })

  it.each(onEveryRelease(renames))('twice is once: %s', (_, { edit, text, parameters }) => {
    const once = apply(edit, text, parameters)
    expect(apply(edit, once, parameters)).toBe(once)
  })

  const keeping = onEveryRelease([...uses, ...renames]).filter(([, { edit }]) => edit !== 'text')

  it.each(keeping)('the lines that stay keep their order: %s', (_, { edit, text, parameters }) => {
    const after = apply(edit, text, parameters).split('\n')
    const kept = text.split('\n').filter((line) => line !== '' && after.includes(line))
    const found = after.reduce((count, line) => (line === kept[count] ? count + 1 : count), 0)
    expect(kept.slice(found)).toEqual([])
  })

  it.each(keeping.filter(([, { edit }]) => !['kernel_args', 'machine_id'].includes(edit)))(
    'bytes of other encodings stay: %s',
    (_, { edit, text, parameters }) => {
      const every = `# ${Array.from({ length: 128 }, (_, index) => String.fromCharCode(128 + index)).join('')}`
      expect(apply(edit, `${every}\n${text}`, parameters)).toContain(every)
    },
  )

  const leaving = ['rename_word', 'ifupdown_free', 'netplan_free', 'nm_manage', 'nm_yield', 'dhcpcd_free']
  it.each(keeping.filter(([, { edit }]) => !leaving.includes(edit)))(
    'a last line without its end is given one: %s',
    (_, { edit, text, parameters }) => {
      expect(apply(edit, text.replace(/\n$/, ''), parameters)).toBe(apply(edit, text, parameters))
    },
  )
})
