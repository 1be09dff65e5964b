import { expect, it } from 'vitest'
import { placeEntries } from '../../builder/engines/placement.js'
import { wholeOf } from '../../builder/model/content.js'
import type { BootEntry, RootEntry } from '../../builder/model/plan.js'
import { file } from '../../scripts/practice/entries.js'
import type { Release } from '../../scripts/practice/tree.js'
import { planWithEffects } from '../support/node.js'
import { type PracticeBase, practiceBase, stockText } from '../support/practice-base.js'
import { random } from '../support/random.js'

/** Settings that are against some of the nodes only. */
function wornBase(release: Release): PracticeBase {
  return practiceBase(release, [
    file('/etc/hosts', '192.168.1.77 node3\n192.168.1.78 node4\n127.0.0.1 localhost\n'),
    file('/etc/hosts.deny', 'sshd: 10.0.0.\n'),
    file(
      '/etc/ssh/sshd_config',
      `${stockText(release, 'root/etc/ssh/sshd_config') ?? ''}AllowUsers pi\nListenAddress 10.0.0.7\n`,
    ),
    file('/etc/NetworkManager/conf.d/own.conf', '[keyfile]\nunmanaged-devices=interface-name:wlan0\n'),
    file('/etc/network/interfaces.d/eth1', 'auto eth1\niface eth1 inet static\n  address 192.168.1.9/24\n'),
    file('/etc/environment', 'LC_ALL=fr_FR.UTF-8\nTZ=Asia/Tokyo\n'),
  ])
}

const choices = {
  profile: ['worker', 'worker', 'worker', 'master'],
  hostname: ['node3', 'node4', 'node7', 'lab'],
  user: ['', 'pi', 'ann'],
  address: ['', '10.0.0.7/24', '10.1.0.7/16'],
  interface: ['', 'wlan0', 'eth1'],
  wifi_ssid: ['', 'home', 'lab'],
  wifi_country: ['GB'],
  wifi_psk: ['correct horse', 'battery staple'],
  locale: ['', 'en_GB.UTF-8'],
  timezone: ['', 'Europe/Prague'],
  keyboard: ['', 'us,ru'],
  kernel_args: ['', 'quiet', 'quiet ip=dhcp'],
  uplink: ['', 'eth1'],
  keep_users: ['', 'all'],
}

function shownEntry(entry: BootEntry | RootEntry) {
  if (entry.kind !== 'file') return entry
  const { content, shown, ...rest } = entry
  return { ...rest, content: wholeOf(content).toString('latin1'), shown: wholeOf(shown).toString('latin1') }
}

function everythingOf(
  base: PracticeBase,
  { profile = 'worker', ...given }: Readonly<Record<string, string>>,
) {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''))
  const { plan, problems, effects } = planWithEffects({ base, profile, set })
  const steps = placeEntries(base.image.root, plan.root, 'base.img')
  const contents = steps.map((step) => (step.do === 'write' ? wholeOf(step.content).toString('latin1') : ''))
  return {
    boot: plan.boot.map(shownEntry),
    root: plan.root.map(shownEntry),
    steps: steps.map((step) => (step.do === 'write' ? { ...step, content: '' } : step)),
    contents,
    problems,
    effects,
  }
}

/** The same base image, of which nothing is known from an earlier node. */
function unknownYet(base: PracticeBase): PracticeBase {
  const root = Object.create(base.image.root) as PracticeBase['image']['root']
  return {
    ...base,
    image: Object.assign(Object.create(base.image) as PracticeBase['image'], { root }),
    facts: { ...base.facts },
  }
}

it.each(['buster', 'bookworm', 'trixie'] as const)(
  'a node of %s has the same plan, steps and problems after other nodes of the base image as alone',
  (release) => {
    const numbers = random(release.length)
    const one = (values: readonly string[]) => values[Math.floor(numbers.next().value * values.length)] ?? ''
    const base = wornBase(release)
    const effects = new Set<string>()
    const names = Object.keys(choices)
    const node = Object.fromEntries(Object.entries(choices).map(([name, values]) => [name, one(values)]))
    // Each node differs from the one before in one or two values, as in a cluster.
    for (let count = 0; count < 100; count++) {
      for (const name of [one(names), one(names)]) node[name] = one(choices[name as keyof typeof choices])
      const inTurn = everythingOf(base, node)
      expect(inTurn, JSON.stringify(node)).toEqual(everythingOf(unknownYet(base), node))
      for (const { what } of inTurn.effects) effects.add(what)
    }
    expect(effects.size).toBeGreaterThan(5)
  },
)
