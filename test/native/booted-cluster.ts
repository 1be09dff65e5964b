import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { type Desk, piimg } from '../support/cli.js'
import { reachable } from '../support/images.js'
import { whyNoPackages } from '../support/package-mirror.js'
import { saveLists, withLists } from './apt-lists.js'
import { type Base, cardsOf, nativeBase } from './base.js'
import { far, type Lab, type Node, openLab, type Switch } from './lab.js'
import { openOutside, type Outside, uplinkAddress, whyNoOutside } from './outside.js'
import { everything, forAll, onlySsh, scanAll } from './ports.js'

export interface Wanted {
  /** Of the folder where piimg runs. */
  readonly files: Readonly<Record<string, string>>
  readonly names: readonly string[]
  readonly hasUplink: (name: string) => boolean
  /** The words of each `piimg build`. */
  readonly build: readonly (readonly string[])[]
  /** What is booted where it is not the cluster's base. */
  readonly bases?: Readonly<Record<string, Base>>
  /** Where the router to the package mirror is: behind the uplinks, or among the nodes. */
  readonly router?: Switch
  /** Other computers, which are there before the nodes boot. */
  readonly plug?: (lab: Lab) => Promise<unknown>
  /** A shell script that changes each node before its first boot, in the folder of the root. */
  readonly prepare?: string
}

/** The nodes of one cluster, all booted and ready. */
export class BootedCluster {
  reason = ''
  lab!: Lab
  outside: Outside | undefined
  readonly nodes = new Map<string, Node>()

  async open(base: Base, wanted: Wanted): Promise<void> {
    const { files, names, hasUplink, bases = {}, router = 'outside', prepare = '' } = wanted
    const found = nativeBase(base)
    this.reason = 'reason' in found ? found.reason : whyNoOutside() || (await whyNoPackages(found.file))
    if ('reason' in found || this.reason !== '') return
    const { desk } = cardsOf(found.file, files)
    const own = new Map(Object.entries(bases).map(([name, each]) => [name, imageOf(each)]))
    for (const words of wanted.build) await build(desk, words, found.file)
    for (const [name, file] of own) await build(desk, ['--node', name], file)
    this.lab = await openLab()
    const clients = router === 'switch' ? names : names.filter(hasUplink)
    this.outside = await openOutside(this.lab, clients.length, router)
    await wanted.plug?.(this.lab)
    for (const name of names) {
      const image = join(desk.folder, 'out', `${name}.img`)
      const { stock } = bases[name] ?? base
      const script = stock + withLists(own.get(name) ?? found.file) + prepare
      this.nodes.set(name, this.lab.startNode({ name, image, prepare: script, uplink: hasUplink(name) }))
    }
    await Promise.all([...this.nodes.values()].map((node) => this.#ready(node)))
    for (const name of names) await saveLists(this.lab, name, own.get(name) ?? found.file)
  }

  async #ready(node: Node): Promise<void> {
    await node.waitUntilRunning()
    for (
      const limit = Date.now() + 2 * far * 1000;
      (await node.run('test -e /var/lib/piimg/ready')).exitCode !== 0;
    ) {
      if (Date.now() > limit) throw new Error(`${node.name} does not get ready\n${await node.journal(200)}`)
      await delay(500)
    }
  }

  node(name: string): Node {
    const node = this.nodes.get(name)
    if (node === undefined) throw new Error(`no node ${name}`)
    return node
  }

  /** What the cluster's user types on a node; its output. */
  async type(name: string, command: string): Promise<string> {
    const { stdout, stderr, exitCode } = await this.node(name).run('exec runuser -l pi -c "$(cat)"', command)
    if (exitCode !== 0) throw new Error(`${name}: ${command}: ${exitCode ?? 'killed'}\n${stdout}${stderr}`)
    return stdout.trimEnd()
  }

  async close(): Promise<void> {
    if (this.reason !== '') return
    await this.outside?.close()
    await this.lab.close()
  }
}

async function build(desk: Desk, words: readonly string[], image: string): Promise<void> {
  const { exitCode, stderr } = await piimg(desk, ['build', ...words, '--image', reachable(image)])
  if (exitCode !== 0) throw new Error(`piimg build ${words.join(' ')}: ${stderr}`)
}

function imageOf(base: Base): string {
  const found = nativeBase(base)
  if ('reason' in found) throw new Error(found.reason)
  return found.file
}

/** Where a cluster has a second network, the router between the two. */
export const borderAddress = '10.0.0.254'

const networkOf = (address: string) => address.replace(/\d+$/, '0/24')

/** A cluster for the tests of one `describe`. */
export function bootedCluster(base: Base, wanted: Wanted): BootedCluster {
  const cluster = new BootedCluster()
  beforeAll(() => cluster.open(base, wanted))
  afterAll(() => cluster.close())
  beforeEach((context) => {
    context.skip(cluster.reason !== '', cluster.reason)
    context.onTestFailed(async () => console.error(await cluster.node('master').journal(200)))
  })
  return cluster
}

/** Every node to every node, itself too, by name, full name and address; strictly, and with nobody to ask. */
export async function everybodyReachesEverybody(
  cluster: BootedCluster,
  addresses: Readonly<Record<string, string>>,
) {
  const names = Object.keys(addresses)
  const wanted = Object.entries(addresses).flatMap(([name, ip]) =>
    [name, `${name}.cluster.internal`, ip].map((to) => `${to} ${name}`),
  )
  const line = `for each in ${wanted.map((pair) => pair.split(' ')[0]).join(' ')}; do echo $each $(ssh -o BatchMode=yes -o StrictHostKeyChecking=yes $each hostname 2>&1); done`
  const answers = await Promise.all(names.map((name) => cluster.type(name, line)))
  expect(answers.map((answer) => answer.split('\n'))).toEqual(names.map(() => wanted))
}

/** Of a routed cluster whose nodes listen everywhere; asked twice, with a reboot of the master in between. */
export async function onlySshEntersFromOutside(
  cluster: BootedCluster,
  { master: masterIp = '', ...others }: Readonly<Record<string, string>>,
) {
  const master = cluster.node('master')
  const workers = Object.values(others)
  const inside = await cluster.lab.plug('inside', '10.0.0.200/24')
  const router = cluster.outside?.computer
  if (router === undefined) throw new Error('no router')
  const all = [masterIp, ...workers]
  for (const network of new Set(all.map(networkOf))) {
    await router.run('ip', 'route', 'replace', network, 'via', uplinkAddress)
    if (network !== networkOf(masterIp)) await inside.run('ip', 'route', 'add', network, 'via', borderAddress)
  }
  expect(await scanAll(inside, all)).toEqual(forAll(all, everything))
  for (const boot of ['first', 'second']) {
    if (boot === 'second') await master.reboot().then(() => master.waitUntilRunning())
    await master.selfCheckWhen(
      (report) => report.get('address')?.includes(`eth1 ${uplinkAddress}/24`) === true,
    )
    await master.ask('cluster-internet on')
    expect(await scanAll(router, [uplinkAddress, ...workers]), `${boot} boot`).toEqual({
      ...forAll([uplinkAddress], onlySsh),
      ...forAll(workers, []),
    })
  }
}
