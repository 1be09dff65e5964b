import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { newDesk, piimg, watched } from '../support/cli.js'
import { debugfs, practiceImage } from '../support/images.js'

const psk = 'Sesame-open-42'
const hash =
  '$6$saltsalt$oieVkoYAojrwzFzZ8AL4L1.Vw5lAIPV9zpbnrJ2WGCljQohWUOY1wpagJ6GVZAKc.BmVD.GOpK71aUzAmjy41/'
/** Of the user `pi` in Buster's stock image: not the user's own, and not for show either. */
const stock = 'oieVkoYAojrwzFzZ8AL4L1'
const secrets = [psk, Buffer.from(psk).toString('hex'), Buffer.from(psk).toString('base64'), hash, stock]
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKaPF9xjdGp8NUcJHdlKJlv1jvzdFKfXbDNwzKuYxEb0 anna@home'
const visible = [
  '--set',
  `authorized_keys=${key}`,
  '--set',
  'wifi_ssid=home',
  '--set',
  'wifi_country=CZ',
  '--set',
  'user=anna',
]

function secretsIn(text: string): string[] {
  return secrets.filter((secret) => text.includes(secret))
}

describe.each(['buster', 'bookworm'] as const)('secrets of a worker on %s', (release) => {
  const desk = newDesk({ 'psk.txt': `${psk}\n`, 'hash.txt': `${hash}\n` })
  const given = ['--set-file', 'wifi_psk=psk.txt', '--set-file', 'password_hash=hash.txt', ...visible]
  let node: string[] = []
  const secretFile =
    release === 'buster'
      ? 'root/etc/wpa_supplicant/wpa_supplicant.conf'
      : 'root/etc/NetworkManager/system-connections/wifi.nmconnection'

  beforeAll(async () => {
    node = ['--profile', 'worker', '--image', await practiceImage(release), ...given]
  })

  it('are in no output, no process and no file that others can read', async () => {
    const exposed: string[] = []
    const staged = new Set<string>()
    const look = (): void => {
      for (const [path, mode, content] of readableFiles(desk.folder)) {
        if (secretsIn(content).length === 0 || /\/(psk|hash)\.txt$/.test(path)) continue
        staged.add(path.replace(/^.*\/(?=[^/]+$)/, ''))
        if ((mode & 0o077) !== 0) exposed.push(`${path} ${mode.toString(8)}`)
      }
    }
    const words = ['build', '--hostname', 'node3', '--verbose', ...node]
    const { exitCode, stdout, stderr, samples } = await watched(desk, words, { umask: '000' }, look)
    expect(exitCode, stderr).toBe(0)
    expect(secretsIn(stdout + stderr)).toEqual([])
    expect(stderr).toContain('debugfs')
    expect(samples.length).toBeGreaterThan(10)
    expect(samples.flatMap(({ cmdline, environ }) => secretsIn(cmdline + environ))).toEqual([])
    expect(exposed).toEqual([])
    expect([...staged]).not.toEqual([])
    expect((statSync(join(desk.folder, 'out/node3.img')).mode & 0o7777).toString(8)).toBe('600')
    expect((statSync(join(desk.folder, '.piimg')).mode & 0o7777).toString(8)).toBe('700')
  })

  it.each([
    ['plan', '--hostname', 'node3'],
    ['plan', '--hostname', 'node3', '--json'],
    ['check', '--hostname', 'node3'],
    ['check', '--hostname', 'node3', '--json'],
    ['build', '--hostname', 'node4', '--json'],
    ['render', 'node3', 'root/etc/shadow'],
    ['render', 'node3', secretFile],
    ['render', 'node3', 'root/usr/lib/piimg/plan.json'],
    ['plan', '--hostname', 'node3', '--verbose', '--set', 'timezone=nowhere'],
    ['plan', '--hostname', 'node3', '--set', `wifi_psk=${psk}`],
    ['plan', '--hostname', 'node3', '--set', psk],
    ['plan', '--hostname', 'node3', '--set', `wifi_pks=${psk}`],
    ['plan', '--hostname', 'node3', '--set', `wifi_psk=${psk}${'x'.repeat(60)}`],
    ['plan', '--hostname', 'node3', '--set', `password_hash=${hash}x`],
  ])('are not shown by %s %s %s %s %s', async (...words) => {
    const { stdout, stderr } = await piimg(desk, [...words, ...node])
    expect(stdout + stderr).not.toBe('')
    expect(secretsIn(stdout + stderr)).toEqual([])
  })

  it('are not shown by inspect, verify and diff', async () => {
    const base = await practiceImage(release)
    for (const words of [
      ['inspect', 'out/node3.img'],
      ['inspect', 'out/node3.img', '--json'],
      ['verify', 'out/node3.img', '--verbose'],
      ['verify', 'out/node3.img', '--json'],
      ['diff', base, 'out/node3.img', '--contents'],
      ['diff', base, 'out/node3.img', '--json'],
    ]) {
      const { exitCode, stdout, stderr } = await piimg(desk, words)
      expect(exitCode, stderr).toBe(0)
      expect(secretsIn(stdout + stderr)).toEqual([])
    }
    expect(secretsIn(debugfs(join(desk.folder, 'out/node3.img'), 'cat /usr/lib/piimg/plan.json'))).toEqual([])
  })

  it('are shown with --show-secrets', async () => {
    const plan = await piimg(desk, ['plan', '--hostname', 'node3', '--show-secrets', ...node])
    expect(plan.stdout).toContain(psk)
    expect(plan.stdout).toContain(hash)
    const file = await piimg(desk, ['render', 'node3', secretFile, '--show-secrets', ...node])
    expect(file.stdout).toContain(psk)
    const shadow = await piimg(desk, ['render', 'node3', 'root/etc/shadow', '--show-secrets', ...node])
    expect(shadow.stdout).toContain(`anna:${hash}:`)
  })
})

/** The small files below a folder with their modes; what goes away meanwhile is left out. */
function readableFiles(folder: string): [path: string, mode: number, content: string][] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return readableFiles(path)
      const { mode, size } = statSync(path, { throwIfNoEntry: false }) ?? { mode: 0, size: 2 ** 30 }
      if (size < 2 ** 20) return [[path, mode, readFileSync(path, 'latin1')]]
      // An image takes long to read; it holds the secrets once what goes into its root is staged beside it.
      return [[path, mode, existsSync(join(folder, 'root')) ? psk : '']]
    })
  } catch {
    return []
  }
}
