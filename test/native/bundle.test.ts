import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { rootOf, tool } from '../support/images.js'
import { bases } from './base.js'
import { Stage } from './stage.js'

describe('a card that brings its packages along', () => {
  const stage = new Stage(bases[0])
  beforeAll(() => stage.open())
  afterAll(() => stage.close())
  beforeEach((context) => stage.begin(context))
  afterEach(async () => {
    await stage.stop()
  })

  it('gets ready with nothing plugged in, and keeps its sources', async () => {
    const unplugged = '\n  rm etc/NetworkManager/system-connections/eth0.nmconnection\n'
    const node = await stage.boot(['--packages-from=bundle', 'packages=tcpdump'], unplugged)
    await stage.ready()
    const examples = '/usr/share/piimg/examples'
    const hello = await node.ask(`runuser -u pi -- mpiexec -n 4 python3 ${examples}/hello.py`)
    expect(hello.split('\n').sort()).toEqual([0, 1, 2, 3].map((rank) => `rank ${rank} of 4 on node3`))
    expect(await node.ask('tcpdump --version 2>&1 | head -n 1')).toMatch(/^tcpdump version/)
    expect(stage.mirror.requests).toEqual([])
    expect(await stage.log()).not.toMatch(/https?:\/\/|waiting: /)
    expect(await node.ask('ls /var/lib/piimg')).toBe('first-boot.log\nready\nstatus')
    const sources = "apt-get indextargets --no-release-info --format '$(REPO_URI)' | sort -u"
    expect(await node.ask(sources)).toMatch(/^http.*debian/)
    expect(await node.ask('apt-mark showauto | grep -c ^libopenmpi')).not.toBe('0')
  })

  it('holds no package that owns a file of the plan', async () => {
    const { desk } = stage.cards
    await stage.cards.build(
      'node3',
      '--packages-from=bundle',
      'packages=tcpdump python3-pip fabric',
      'mpi_compiler=yes',
    )
    const debs = readdirSync(join(desk.cache, 'packages')).map((name) => join(desk.cache, 'packages', name))
    const ask = (...words: string[]) => spawnSync('dpkg-deb', words, { encoding: 'utf8' }).stdout.split('\n')
    const conffiles = debs
      .flatMap((deb) => ask('--info', deb, 'conffiles'))
      .filter((line) => line.startsWith('/'))
    const files = debs
      .flatMap((deb) => ask('--contents', deb))
      .map((line) => line.replace(/^(?:\S+\s+){5}\.(\/.*?)( (?:->|link to) .*)?$/, '$1'))
    expect(conffiles.length).toBeGreaterThan(2)
    expect(files).toContain('/usr/bin/tcpdump')
    const owned = new Set([...conffiles, ...files])
    const card = join(desk.folder, 'out/node3.img')
    const { entries } = JSON.parse(tool('debugfs', ['-R', 'cat /usr/lib/piimg/plan.json', rootOf(card)])) as {
      entries: { partition: string; path: string; kind: string }[]
    }
    const written = entries
      .filter(({ partition, kind }) => partition === 'root' && kind !== 'directory')
      .map(({ path }) => path)
    expect(written.length).toBeGreaterThan(20)
    expect(written.filter((path) => owned.has(path))).toEqual([])
  })

  it('stops where one byte of a package has changed, and says so', async () => {
    const damage = `
      deb=$(ls var/lib/piimg/packages/tcpdump_*.deb)
      printf X | dd of="$deb" bs=1 seek=5000 conv=notrunc status=none`
    await stage.start(['--packages-from=bundle', 'packages=tcpdump'], damage)
    const text = await stage.says(/^failed$/m)
    expect(text).toContain('the packages on this card are damaged')
    expect(text).toContain('write the card again')
    expect((await stage.node.run('command -v tcpdump')).exitCode).not.toBe(0)
  })
})
