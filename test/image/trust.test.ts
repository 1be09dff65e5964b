import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Call, type Desk, give, isRoot, newDesk, piimg } from '../support/cli.js'
import { debugfs, practiceImage, tool } from '../support/images.js'
import { everywhere, noNamespace, without } from '../support/missing-programs.js'
import { ask, hasNoNamespaces, isMissing } from '../support/real-programs.js'
import { slowness } from '../support/slowness.js'

const noKeygen = isMissing({ 'ssh-keygen': 'openssh-client' })
const certificate = '/etc/ssh/piimg/ssh_host_ed25519_key-cert.pub'
let base = ''

beforeAll(async () => {
  base = await practiceImage('trixie')
})

const build = (desk: Desk, hostname: string, ...more: readonly string[]) =>
  piimg(desk, ['build', '--profile', 'worker', '--hostname', hostname, '--image', base, ...more])

/** Builds a card, and says what piimg said. */
async function built(desk: Desk, hostname: string, ...more: readonly string[]): Promise<string> {
  const { exitCode, stderr } = await build(desk, hostname, ...more)
  expect(exitCode, stderr).toBe(0)
  return stderr
}

const textOf = (desk: Desk, hostname: string, path: string) =>
  debugfs(join(desk.folder, `out/${hostname}.img`), `cat ${path}`)

/** What ssh-keygen reads in a card's host certificate. */
function certified(desk: Desk, hostname: string): { authority: string; principals: string[] } {
  const { output, status } = ask(['ssh-keygen', '-L', '-f', '-'], {
    input: textOf(desk, hostname, certificate),
  })
  expect(status).toBe(0)
  const [, authority = ''] = /Signing CA: \S+ (\S+)/.exec(output) ?? []
  const [, principals = ''] = /Principals: \n([^]*?)\n *Critical/.exec(output) ?? []
  return { authority, principals: principals.split('\n').map((line) => line.trim()) }
}

describe.skipIf(noKeygen)('the trust of cards', () => {
  it('is of one authority, which a second build finds again', async () => {
    const desk = newDesk()
    await built(desk, 'node3')
    const files = [
      '/etc/ssh/piimg/ssh_host_ed25519_key',
      certificate,
      '/home/pi/.ssh/id_ed25519',
      '/home/pi/.ssh/id_ed25519-cert.pub',
    ]
    const first = files.map((path) => textOf(desk, 'node3', path))
    await built(desk, 'node4')
    await built(desk, 'node3')
    expect(files.map((path) => textOf(desk, 'node3', path))).toEqual(first)
    const [one, other] = ['node3', 'node4'].map((node) => certified(desk, node))
    expect(one?.principals).toEqual(['node3', 'node3.cluster.internal', 'node3.local', '10.0.0.3'])
    expect(other?.authority).toBe(one?.authority)
    expect(textOf(desk, 'node4', '/etc/ssh/ssh_known_hosts')).toMatch(
      /^@cert-authority \* ssh-ed25519 \S+ piimg\n$/,
    )
  })

  it('is of one authority where two piimgs begin a cluster at once', async () => {
    const desk = newDesk()
    const nodes = ['node2', 'node3']
    await Promise.all(nodes.map((node) => built(desk, node)))
    const [one, other] = nodes.map((node) => certified(desk, node).authority)
    const saved = tool('ssh-keygen', ['-l', '-f', join(desk.folder, '.piimg/ca')]).split(' ')[1]
    expect([one, other]).toEqual([saved, saved])
    expect(nodes.map((node) => textOf(desk, node, '/etc/ssh/piimg/ca.pub'))[0]).toBe(
      textOf(desk, 'node3', '/etc/ssh/piimg/ca.pub'),
    )
  })

  it('keeps its key when the address changes, and piimg reports the new certificate', async () => {
    const desk = newDesk()
    await built(desk, 'node3')
    const key = textOf(desk, 'node3', '/etc/ssh/piimg/ssh_host_ed25519_key')
    expect(await built(desk, 'node3')).not.toContain('new certificate')
    expect(await built(desk, 'node3', '--set', 'address=10.0.0.9/24')).toContain(
      'new certificate for node3: 10.0.0.9 (was: 10.0.0.3)',
    )
    expect(certified(desk, 'node3').principals.at(-1)).toBe('10.0.0.9')
    expect(textOf(desk, 'node3', '/etc/ssh/piimg/ssh_host_ed25519_key')).toBe(key)
    const said = await built(desk, 'node3', '--set', 'address=dhcp')
    expect(said).toContain('new certificate for node3: names only (was: 10.0.0.9)')
    expect(said).toContain('a node with a changing DHCP address is trusted by its names only')
    expect(certified(desk, 'node3').principals.at(-1)).toBe('node3.local')
  })

  it('is of a new authority after the keys are rotated, and the old ones are kept', async () => {
    const desk = newDesk()
    await built(desk, 'node3')
    const before = certified(desk, 'node3').authority
    const { exitCode, stderr } = await piimg(desk, ['keys', 'rotate'])
    expect(exitCode, stderr).toBe(0)
    expect(stderr).toMatch(/^the old keys are in \.piimg\/old-\d{8}T\d{9}Z; /)
    expect(stderr).toContain('write every card again')
    const [old = ''] = readdirSync(join(desk.folder, '.piimg')).filter((name) => name.startsWith('old-'))
    expect(readdirSync(join(desk.folder, '.piimg', old)).sort()).toEqual([
      'ca',
      'id_ed25519',
      'id_ed25519.pub',
    ])
    await built(desk, 'node3')
    expect(certified(desk, 'node3').authority).not.toBe(before)
    const key = readFileSync(join(desk.folder, '.piimg/id_ed25519.pub'), 'utf8')
    expect(textOf(desk, 'node3', '/home/pi/.ssh/authorized_keys')).toBe(key)
    expect(readFileSync(join(desk.folder, '.piimg/known_hosts'), 'utf8')).toBe(
      textOf(desk, 'node3', '/etc/ssh/ssh_known_hosts'),
    )
  })

  it('has no private key in anything that is shown', async () => {
    const desk = newDesk()
    await built(desk, 'node3')
    const node = ['--profile', 'worker', '--image', base]
    const show = async (...words: readonly string[]) => (await piimg(desk, words)).stdout
    const path = 'root/etc/ssh/piimg/ssh_host_ed25519_key'
    expect(await show('render', 'node3', path, ...node)).toBe('********\n')
    expect(await show('render', 'node3', path, '--show-secrets', ...node)).toMatch(
      /^-----BEGIN OPENSSH PRIVATE KEY-/,
    )
    expect(await show('render', 'node3', `root${certificate}`, ...node)).toBe(
      textOf(desk, 'node3', certificate),
    )
    for (const words of [
      ['plan', '--json', '--hostname', 'node3', ...node],
      ['inspect', '--json', 'out/node3.img'],
      ['diff', '--contents', 'out/node3.img', base],
    ]) {
      const text = await show(...words)
      expect(text).toContain('ssh_host_ed25519_key')
      expect(text).not.toMatch(/OPENSSH|b3BlbnNzaC1rZXktdjEA/)
    }
  })
})

/** A desk with a card of each node of a cluster file, and a folder for programs that come before the system's. */
async function clusterDesk(text: string): Promise<Desk> {
  const desk = newDesk({ 'cluster.ini': text })
  const { exitCode, stderr } = await piimg(desk, ['build', '--image', base])
  expect(exitCode, stderr).toBe(0)
  return desk
}

/** A fake ssh, which prints its arguments and exits with 7. */
function fakeSsh(desk: Desk): NonNullable<Call['env']> {
  const folder = join(desk.home, 'bin')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'ssh'), '#!/bin/sh\nprintf "%s\\n" "$@"\nexit 7\n', { mode: 0o755 })
  give(desk.home)
  return { PATH: `${folder}:${process.env['PATH'] ?? ''}` }
}

const flat =
  '[cluster]\ntopology = flat\nnetwork = 192.168.7.0/24\ngateway = 192.168.7.254\n[master]\naddress = 192.168.7.1/24\n[node2..node3]\n'
const routed = '[master]\nuplink = eth1\n[node2..node3]\n'

describe('piimg ssh', () => {
  it("is the system's ssh with the files of the cluster, and ends as it does", async () => {
    const desk = await clusterDesk(flat)
    const call = { env: fakeSsh(desk) }
    const words = async (...typed: string[]) => (await piimg(desk, ['ssh', ...typed], call)).stdout
    expect(await words()).toBe('-F\n.piimg/ssh_config\nmaster\n')
    expect(await words('node3', '-t', 'ls', '-l', '--json')).toBe(
      '-F\n.piimg/ssh_config\nnode3\n-t\nls\n-l\n--json\n',
    )
    expect((await piimg(desk, ['ssh', 'node3.cluster.internal'], call)).exitCode).toBe(7)
  })

  it('rewrites files that are missing or name another folder', async () => {
    const desk = await clusterDesk(flat)
    const other = newDesk()
    cpSync(join(desk.folder, '.piimg'), join(other.folder, '.piimg'), { recursive: true })
    rmSync(join(other.folder, '.piimg/known_hosts'))
    give(other.folder)
    const { exitCode, stderr } = await piimg(other, ['ssh', 'node2'], { env: fakeSsh(other) })
    expect(exitCode, stderr).toBe(7)
    const file = (name: string) => readFileSync(join(other.folder, '.piimg', name), 'utf8')
    expect(file('ssh_config')).toContain(`UserKnownHostsFile "${other.folder}/.piimg/known_hosts"`)
    expect(file('known_hosts')).toBe(readFileSync(join(desk.folder, '.piimg/known_hosts'), 'utf8'))
  })

  it.each([
    [[], {}, 2, ['no card was built in this folder yet', 'piimg build']],
    [
      ['node9'],
      { '.piimg/nodes/node2.json': 'x' },
      2,
      ['.piimg/nodes/node2.json', 'not a file that piimg wrote'],
    ],
  ])('refuses %j with %j', async (words, files, code, says) => {
    const { exitCode, stderr, stdout } = await piimg(newDesk(files), ['ssh', ...words])
    expect([exitCode, stdout]).toEqual([code, ''])
    for (const text of says) expect(stderr).toContain(text)
  })

  it('suggests a known node for an unknown name', async () => {
    const desk = await clusterDesk(flat)
    const unknown = await piimg(desk, ['ssh', 'nod3'])
    expect([unknown.exitCode, unknown.stderr]).toEqual([
      2,
      'error: command line NODE: no card for "nod3" was built in this folder\n  hint: did you mean "node2"?\n'.replace(
        'node2',
        'node3',
      ),
    ])
  })

  it('says how to get ssh where there is none', async (context) => {
    context.skip(noNamespace !== '', noNamespace)
    const desk = await clusterDesk(flat)
    const { exitCode, stderr } = await piimg(desk, ['ssh'], { prefix: without(everywhere('ssh')) })
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(/ssh is not installed\n {2}hint: .*openssh/),
    ])
  })
})

const noNamespaces = !isRoot || hasNoNamespaces() || isMissing({ ip: 'iproute2' })

describe.skipIf(noNamespaces)('piimg ssh in a network of its own', () => {
  /** With these commands run in it first. */
  const network = (...commands: string[]) => [
    'unshare',
    '--net',
    'sh',
    '-c',
    [...commands, 'exec "$@"'].join('\n'),
    'sh',
  ]
  const listener = `node -e 'const net = require("net"); setTimeout(process.exit, 60000); net.createServer().listen(22, "10.0.0.1", () => console.error("there"))' 2>&1 >/dev/null | read -r _ &`

  it('says what to look at where the master does not answer', async () => {
    const desk = await clusterDesk(routed)
    for (const words of [['ssh'], ['ssh', 'node3', 'true']]) {
      const { exitCode, stderr, ms } = await piimg(desk, words, { prefix: network() })
      expect([exitCode, stderr.split('\n')[0]]).toEqual([
        1,
        `error: could not log in to ${words[1] ?? 'master'}`,
      ])
      expect(stderr).toContain('neither master.local nor 10.0.0.1 answers on port 22')
      expect(stderr).toMatch(/hint: .*Wi-Fi.*switch.*piimg\.txt/)
      expect(ms).toBeLessThan(20_000 * slowness())
    }
  })

  it("goes by the master's cable where only that answers", async () => {
    const desk = await clusterDesk(routed)
    // 10.0.0.1:22, as the kernel writes it.
    const listens = 'until grep -q " 0100000A:0016 " /proc/net/tcp; do sleep 0.05; done'
    const prefix = network('ip link set lo up', 'ip address add 10.0.0.1/32 dev lo', listener, listens)
    const call = { prefix, env: fakeSsh(desk) }
    expect((await piimg(desk, ['ssh'], call)).stdout).toBe('-F\n.piimg/ssh_config\nmaster-eth0\n')
    const { stdout, stderr } = await piimg(desk, ['ssh', '--verbose', 'node3', 'true'], call)
    expect(stdout).toBe('-F\n.piimg/ssh_config\n-o\nProxyJump=master-eth0\nnode3\ntrue\n')
    expect(stderr).toContain('10.0.0.1 answers')
  })
})
