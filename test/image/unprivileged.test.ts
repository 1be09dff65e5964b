import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isRoot, newDesk, ordinary, type Sample, watched } from '../support/cli.js'
import { packed, practiceImage } from '../support/images.js'

const build = ['build', '--profile', 'worker', '--hostname', 'node3', '--set', 'kernel_args=quiet', '--image']

function field({ status }: Sample, name: string): string {
  return new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1] ?? ''
}

describe('a build by an ordinary user', () => {
  it('has no rights, opens no device and no socket of Docker, mounts nothing', async (ctx) => {
    if (process.platform !== 'linux') ctx.skip('what a process holds is read from /proc')
    const desk = newDesk()
    const archive = packed('xz', await practiceImage('trixie'), join(desk.folder, 'base.img.xz'))
    const { exitCode, stderr, samples } = await watched(desk, [...build, archive])
    expect(exitCode, stderr).toBe(0)
    // While setpriv prepares it, the first process is still root's.
    const own = samples.filter(({ cmdline, status }) => status !== '' && !cmdline.startsWith('setpriv\0'))
    const programs = new Set(own.map(({ cmdline }) => cmdline.split('\0')[0]?.replace(/^.*\//, '')))
    // The others may be too quick to be seen.
    for (const name of ['node', 'xz']) expect([...programs]).toContain(name)
    const { uid, gid } = ordinary
    const ids = new Set(
      own.map((sample) => `${field(sample, 'Uid')} ${field(sample, 'Gid')} ${field(sample, 'Groups')}`),
    )
    if (isRoot)
      expect([...ids].map((text) => text.trim().split(/\s+/))).toEqual([
        [uid, uid, uid, uid, gid, gid, gid, gid].map(String),
      ])
    const rights = own.flatMap((sample) =>
      ['CapInh', 'CapPrm', 'CapEff', 'CapAmb', ...(isRoot ? ['CapBnd'] : [])].map((name) =>
        field(sample, name),
      ),
    )
    expect([...new Set(rights)]).toEqual(['0000000000000000'])
    const files = [...new Set(own.flatMap((sample) => sample.files))]
    const devices = files.filter(
      (path) => path.startsWith('/dev/') && !/^\/dev\/(null|urandom|pts\/\d+|shm\/.*)$/.test(path),
    )
    expect(devices).toEqual([])
    expect(files.filter((path) => path.includes('docker'))).toEqual([])
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(join(desk.folder, '..'))
  })

  it('could not use loop devices, FUSE or Docker if it wanted to', (ctx) => {
    if (!isRoot) ctx.skip('the tests run as the ordinary user themselves')
    const loops = readdirSync('/dev').filter((name) => /^loop\d+$|^loop-control$/.test(name))
    const all = [...loops.map((name) => `/dev/${name}`), '/dev/fuse', '/var/run/docker.sock'].filter(
      existsSync,
    )
    const user = [
      `--reuid=${ordinary.uid}`,
      `--regid=${ordinary.gid}`,
      '--clear-groups',
      '--bounding-set=-all',
    ]
    const open = all.filter(
      (path) => spawnSync('env', ['setpriv', ...user, 'test', '-r', path, '-o', '-w', path]).status === 0,
    )
    expect(open.filter((path) => path !== '/dev/fuse')).toEqual([])
  })

  it("leaves nothing that is another user's", async () => {
    const desk = newDesk()
    const { exitCode, stderr } = await watched(desk, [...build, await practiceImage('trixie')])
    expect(exitCode, stderr).toBe(0)
    for (const folder of Object.values(desk) as string[]) {
      for (const name of ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })]) {
        const { uid, gid } = lstatSync(join(folder, name))
        expect([name, uid, gid]).toEqual([name, ordinary.uid, ordinary.gid])
      }
    }
  })
})
