import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Desk, give, newDesk, piimg } from '../support/cli.js'
import { copyImage, debugfs, fsck, practiceImage } from '../support/images.js'

const cluster = `# A cluster on the school's network.
[cluster]
network = 192.168.7.0/24
gateway = 192.168.7.254
timezone = Europe/Prague

[profile worker]
packages = htop

[node2..node4]
user = ada

[node3]
mac = DC:A6:32:01:02:03
user = bob

[printer]
address = 192.168.7.77/24
image = old.img
mpi = none
`

async function desk(text: string): Promise<Desk> {
  const made = newDesk({ 'cluster.ini': text })
  copyImage(await practiceImage('trixie'), join(made.folder, 'new.img'))
  copyImage(await practiceImage('bookworm'), join(made.folder, 'old.img'))
  give(made.folder)
  return made
}

const cardsOf = ({ folder }: Desk) => readdirSync(join(folder, 'out')).sort()

describe('a cluster file', () => {
  it('makes a card for each node, of the image that is for it', async () => {
    const made = await desk(cluster.replace('[cluster]', '[cluster]\nimage = new.img'))
    const { exitCode, stderr } = await piimg(made, ['build'])
    expect(exitCode, stderr).toBe(0)
    expect(stderr).toMatch(/^base image new\.img: Raspberry Pi OS trixie/m)
    expect(stderr).toMatch(/^base image old\.img: Raspberry Pi OS bookworm/m)
    expect(stderr).toMatch(/^building 4 nodes$/m)
    expect(cardsOf(made)).toEqual(['node2.img', 'node3.img', 'node4.img', 'printer.img'])
    const cat = (node: string, path: string) => debugfs(join(made.folder, `out/${node}.img`), `cat ${path}`)
    for (const node of ['node2', 'node3', 'node4', 'printer']) {
      fsck(join(made.folder, `out/${node}.img`))
      expect(cat(node, '/etc/hostname')).toBe(`${node}\n`)
      expect(cat(node, '/etc/piimg/packages')).toContain('htop\n')
      expect(cat(node, '/etc/timezone')).toBe('Europe/Prague\n')
    }
    // The narrowest section counts.
    expect(
      ['node2', 'node3', 'node4'].map((node) => /^(\w+):x:1000:/m.exec(cat(node, '/etc/passwd'))?.[1]),
    ).toEqual(['ada', 'bob', 'ada'])
    const keyfile = '/etc/NetworkManager/system-connections/eth0.nmconnection'
    expect(cat('node4', keyfile)).toContain('address1=192.168.7.4/24')
    expect(cat('printer', keyfile)).toContain('address1=192.168.7.77/24')
    expect(cat('printer', '/usr/lib/os-release')).toContain('bookworm')
  })

  it('builds one of its nodes, or a range of them', async () => {
    const made = await desk(cluster.replaceAll(/image = .*\n/g, ''))
    const image = ['--image', 'new.img']
    expect((await piimg(made, ['build', ...image, '--node', 'node2..node3'])).exitCode).toBe(0)
    expect(cardsOf(made)).toEqual(['node2.img', 'node3.img'])
    const { exitCode, stderr } = await piimg(made, [
      'build',
      ...image,
      '--hostname',
      'printer',
      '-o',
      'card.img',
    ])
    expect(exitCode, stderr).toBe(0)
    expect(readdirSync(made.folder)).toContain('card.img')
    const rendered = await piimg(made, ['render', 'node4', 'root/etc/hosts', ...image])
    expect(rendered.stdout).toMatch(/^192\.168\.7\.4\tnode4\.cluster\.internal node4$/m)
    const plan = await piimg(made, ['plan', ...image, '--json'])
    const nodes = JSON.parse(plan.stdout) as {
      hostname: string
      values: Record<string, { origin: string }>
    }[]
    expect(nodes.map(({ hostname }) => hostname)).toEqual(['node2', 'node3', 'node4', 'printer'])
    expect(nodes[1]?.values['user']?.origin).toBe('cluster.ini:15 [node3] user')
  })

  it('whose nodes would compute together on different systems is refused', async () => {
    const made = await desk(
      cluster.replace('[cluster]', '[cluster]\nimage = new.img').replace('mpi = none\n', ''),
    )
    const { exitCode, stdout } = await piimg(made, ['check'])
    expect(exitCode).toBe(2)
    expect(stdout).toMatch(
      /cluster\.ini:\d+ \[printer\]: printer is bookworm arm64, and node2 is trixie arm64: MPI cannot run on both\n {2}hint: use the image new\.img for it, or set mpi = none for it/,
    )
  })

  it.each([
    [['--node', 'node9'], /--node: no node "node9" in cluster\.ini/],
    [['--profile', 'worker'], /--profile: cluster\.ini sets the profile of each node/],
    [['--packages-from', 'bundle'], /--packages-from: packages can be bundled for one base image at a time/],
    [['--set', 'address=192.168.7.9/24'], /--set address: one address for 4 nodes/],
  ])('is no place for %j', async (words, message) => {
    const made = await desk(cluster.replace('[cluster]', '[cluster]\nimage = new.img'))
    const { exitCode, stderr } = await piimg(made, ['build', ...words])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(message)
    expect(readdirSync(made.folder).sort()).toEqual(['cluster.ini', 'new.img', 'old.img'])
  })

  it('whose nodes get new names leads to these', async () => {
    const text = '[cluster]\nimage = new.img\n[master]\nuplink = eth1\n[node2..node3]\n'
    const made = await desk(text)
    expect((await piimg(made, ['build'])).exitCode).toBe(0)
    const renamed = text.replace('[master]', '[zeus]\nprofile = master').replace('[node2..node3]', '[pi2]')
    writeFileSync(join(made.folder, 'cluster.ini'), renamed)
    const { exitCode, stderr } = await piimg(made, ['build'])
    expect([exitCode, stderr.match(/^forgot \w+/gm)]).toEqual([0, ['forgot master', 'forgot node2']])
    // A card that nobody took the place of may still be in use.
    expect(readdirSync(join(made.folder, '.piimg/nodes')).sort()).toEqual([
      'node3.json',
      'pi2.json',
      'zeus.json',
    ])
    const config = readFileSync(join(made.folder, '.piimg/ssh_config'), 'utf8')
    expect(config).toMatch(/^ {2}ProxyJump zeus$/m)
    expect(config).not.toMatch(/^Host (master|node2) /m)
  })

  it('that is broken is not mixed with what was built before', async () => {
    const text = '[cluster]\nimage = new.img\n[master]\nuplink = eth1\n[node2..node3]\n'
    const made = await desk(text)
    expect((await piimg(made, ['build'])).exitCode).toBe(0)
    writeFileSync(join(made.folder, 'cluster.ini'), `${text}[cluster]\nnetwork = 192.168.9.0/24\n`)
    const { exitCode, stdout } = await piimg(made, ['check', '--node', 'node3'])
    expect([exitCode, stdout.match(/^\w+: .*$/gm)]).toEqual([
      2,
      ['error: cluster.ini:6 [cluster]: section [cluster] appears twice'],
    ])
  })

  it('is asked for where --node is given and there is none', async () => {
    const { exitCode, stderr } = await piimg(newDesk(), ['build', '--node', 'node2'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--node: there is no cluster.ini in this folder')
  })

  it('that is a folder is reported', async () => {
    const { exitCode, stderr } = await piimg(newDesk({ 'cluster.ini/x': '' }), ['build'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('cluster.ini: this is not a file')
  })

  it('with Windows line ends and a byte order mark is read', async () => {
    const made = await desk('')
    writeFileSync(
      join(made.folder, 'cluster.ini'),
      `\ufeff[cluster]\r\nimage = new.img\r\n\r\n[master]\r\nuplink = eth1\r\n[node2]\r\n`,
    )
    const { exitCode, stderr } = await piimg(made, ['build'])
    expect(exitCode, stderr).toBe(0)
    expect(cardsOf(made)).toEqual(['master.img', 'node2.img'])
  })
})
