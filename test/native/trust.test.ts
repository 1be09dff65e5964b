import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { piimg } from '../support/cli.js'
import { bases, type Cards, cardsOf, nativeBase } from './base.js'
import { type Computer, type Lab, type Node, openLab, type Result } from './lab.js'

/** Nodes without anything that takes time. */
const profile = '[profile]\nsummary = plain\noverlays = hostname network user ssh trust\n'
const files = { 'profiles/worker.ini': profile, 'profiles/master.ini': profile }
const addresses = { master: '10.0.0.1', node2: '10.0.0.2', node5: '10.0.0.5' }

/** In the place of a name server, which is another overlay's. */
const hosts = Object.entries(addresses).map(([name, ip]) => `${ip} ${name} ${name}.cluster.internal`)
const nameAll = `printf '%s\\n' ${hosts.map((line) => `'${line}'`).join(' ')} >>etc/hosts`

/** From a node as its user, without a prompt. */
async function hop(from: Node, to: string, command = 'echo $(id -un)@$(hostname)'): Promise<Result> {
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=yes', 'ConnectTimeout=10']
    .map((each) => `-o ${each}`)
    .join(' ')
  return await from.run(`runuser -u pi -- env HOME=/home/pi ssh ${options} ${to} '${command}' </dev/null`)
}

const namesOf = (name: keyof typeof addresses) => [name, `${name}.cluster.internal`, addresses[name]]
const refused = { exitCode: 255, stderr: expect.stringContaining('Permission denied (publickey)') as string }
const unknown = { exitCode: 255, stderr: expect.stringContaining('Host key verification failed') as string }

describe('trust', () => {
  const [base] = bases
  let reason = ''
  let lab: Lab
  let cards: Cards
  let laptop: Computer
  let nodes: { readonly master: Node; readonly node2: Node; readonly node5: Node }

  async function start(from: Cards, name: string, prepare = '', ...settings: string[]): Promise<Node> {
    const image = await from.build(name, ...settings)
    return lab.startNode({ name, image, prepare: `${nameAll}\n${prepare}` })
  }

  beforeAll(async () => {
    const found = base === undefined ? { reason: 'no base image' } : nativeBase(base)
    if ('reason' in found) return void (reason = found.reason)
    cards = cardsOf(found.file, files)
    lab = await openLab()
    laptop = await lab.plug('laptop', '10.0.0.200/24')
    nodes = {
      master: await start(cards, 'master', '', '--profile=master'),
      node2: await start(cards, 'node2'),
      // Of another cluster: another folder, another authority.
      node5: await start(cardsOf(found.file, files), 'node5'),
    }
  })
  afterAll(async () => {
    if (reason === '') await lab.close()
  })

  beforeEach((context) => {
    context.skip(reason !== '', reason)
  })

  /** The user's own ssh with what piimg wrote for it. */
  const fromLaptop = async (...words: string[]) => {
    const folder = cards.desk.folder
    return await laptop.run(
      'env',
      '-C',
      folder,
      'ssh',
      '-F',
      '.piimg/ssh_config',
      '-o',
      'BatchMode=yes',
      ...words,
    )
  }

  it('is there with the first answer of sshd', async () => {
    const answers: string[] = []
    for (const limit = Date.now() + 600_000; Date.now() < limit;) {
      const { exitCode, stderr } = await fromLaptop('-o', 'ConnectTimeout=2', 'master-eth0', 'true')
      if (exitCode === 0) break
      answers.push(stderr)
      await delay(100)
    }
    expect(await fromLaptop('master-eth0', 'hostname')).toMatchObject({ exitCode: 0, stdout: 'master\n' })
    expect(answers.filter((text) => /Host key|Permission denied \(/.test(text))).toEqual([])
    await Promise.all(Object.values(nodes).map((node) => node.waitUntilRunning()))
  })

  it('lets the user go from each node to each, by every name and address', async () => {
    for (const [from, to] of [
      ['master', 'node2'],
      ['node2', 'master'],
      ['node2', 'node2'],
    ] as const) {
      for (const name of namesOf(to)) {
        expect(await hop(nodes[from], name), `${from} to ${name}`).toMatchObject({
          exitCode: 0,
          stdout: `pi@${to}\n`,
        })
      }
    }
    expect(await hop(nodes.node2, 'node1.cluster.internal')).toMatchObject({ exitCode: 255 })
    expect(await hop(nodes.node2, '-J master node2')).toMatchObject({ stdout: 'pi@node2\n' })
  })

  it('is not for root', async () => {
    expect(await hop(nodes.master, 'root@node2')).toMatchObject(refused)
    const { stdout } = await nodes.node2.run(
      'sshd -T | grep -c "^hostkey "; ls /etc/ssh/ssh_host_*_key | wc -l',
    )
    expect(stdout).toBe('1\n3\n')
  })

  it('ends where another cluster begins', async () => {
    expect(await hop(nodes.node5, 'node5')).toMatchObject({ stdout: 'pi@node5\n' })
    for (const name of namesOf('node5')) expect(await hop(nodes.node2, name)).toMatchObject(unknown)
    expect(await hop(nodes.node5, 'node2')).toMatchObject(unknown)
    // Without a check of the host key by the client, the server refuses it.
    const blind =
      '-o UserKnownHostsFile=/dev/null -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=no'
    expect(await nodes.node5.run(`runuser -u pi -- ssh ${blind} -o BatchMode=yes node2 true`)).toMatchObject(
      refused,
    )
    expect(
      await nodes.node5.run(`runuser -u pi -- ssh ${blind} -o BatchMode=yes node5 id -un`),
    ).toMatchObject({ stdout: 'pi\n' })
  })

  it('goes to the laptop: to the master by its cable, and through it to the others', async () => {
    expect(await fromLaptop('master-eth0', 'hostname')).toMatchObject({
      exitCode: 0,
      stdout: 'master\n',
      stderr: '',
    })
    const jump = ['-o', 'ProxyJump=master-eth0']
    expect(await fromLaptop(...jump, 'node2', 'hostname')).toMatchObject({
      exitCode: 0,
      stdout: 'node2\n',
      stderr: '',
    })
    const stranger = await fromLaptop('-o', 'HostName=10.0.0.5', '-o', 'ProxyJump=none', 'node2', 'true')
    expect(stranger).toMatchObject(unknown)
  })

  it.each([
    ['by its name', `${addresses.master} master.local\n`],
    ['by its cable', ''],
  ])('opens the nodes to piimg ssh, which reaches the master %s', async (_, names) => {
    const file = join(cards.desk.home, 'hosts')
    writeFileSync(file, `127.0.0.1 localhost\n${names}`, { mode: 0o644 })
    const there = [
      'ip',
      'netns',
      'exec',
      'laptop',
      'unshare',
      '--mount',
      'sh',
      '-c',
      `mount --bind ${file} /etc/hosts && cd ${cards.desk.folder} && exec "$@"`,
      'sh',
    ]
    const ssh = async (...words: string[]) =>
      await piimg(cards.desk, ['ssh', ...words], { prefix: lab.inside(there) })
    expect(await ssh()).toMatchObject({ exitCode: 0 })
    expect(await ssh('master', 'hostname')).toMatchObject({ exitCode: 0, stdout: 'master\n' })
    expect(await ssh('node2', 'hostname; exit 3')).toMatchObject({ exitCode: 3, stdout: 'node2\n' })
    const { stderr } = await ssh('--verbose', 'node2', 'true')
    expect(stderr).toContain(`${names === '' ? addresses.master : 'master.local'} answers`)
  })

  const settings = 'etc/ssh/sshd_config.d/00-piimg-trust.conf'

  it.each([
    ['TrustedUserCAKeys', 'node11', `sed -i '/^ *TrustedUserCAKeys/d' ${settings}`, refused, 'in'],
    ['HostCertificate', 'node12', `sed -i /^HostCertificate/d ${settings}`, unknown, 'in'],
    ['@cert-authority', 'node13', 'sed -i /^@cert-authority/d etc/ssh/ssh_known_hosts', unknown, 'out'],
  ])('is broken without %s', async (_, name, prepare, answer, way) => {
    const node = await start(cards, name, prepare)
    await node.waitUntilRunning()
    const there = `10.0.0.${name.slice(4)}`
    expect(await hop(nodes.master, there)).toMatchObject(way === 'in' ? answer : { exitCode: 0 })
    expect(await hop(node, 'master')).toMatchObject(way === 'in' ? { exitCode: 0 } : answer)
    await node.stop()
  })
})
