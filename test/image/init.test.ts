import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Desk, environment, newDesk, piimg, piimgCommand } from '../support/cli.js'
import { practiceImage } from '../support/images.js'

const textOf = ({ folder }: Desk) => readFileSync(join(folder, 'cluster.ini'), 'utf8')
const enter = '\r'
const down = '\u001b[B'

const noScript =
  spawnSync('env', ['script', '-qec', 'true', '/dev/null']).status === 0
    ? ''
    : 'no script(1) from util-linux, or no /dev/pts, to make a terminal'

/** Answers each question when it is asked. */
async function answering(desk: Desk, answers: readonly (readonly [question: RegExp, keys: string])[]) {
  const line = [...piimgCommand(), 'init'].map((word) => `'${word}'`).join(' ')
  // A terminal that nobody looks at has no width.
  const child = spawn('env', ['script', '-qec', `stty cols 120 rows 40; exec ${line}`, '/dev/null'], {
    cwd: desk.folder,
    env: { ...environment(desk, {}), TERM: 'xterm', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const left = [...answers]
  let [text, seen] = ['', 0]
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
    const [next] = left
    const found = next === undefined ? null : next[0].exec(text.slice(seen))
    if (next === undefined || found === null) return
    seen += found.index + found[0].length
    left.shift()
    child.stdin.write(next[1])
  })
  const exitCode = await new Promise<number | null>((done) => child.on('close', done))
  return { exitCode, text, left }
}

describe('piimg init', () => {
  it('--yes writes a cluster that builds', async () => {
    const desk = newDesk()
    const { exitCode, stderr } = await piimg(desk, [
      'init',
      '--yes',
      '--workers',
      '2',
      '--name',
      'lab',
      '--network',
      '192.168.77.0/24',
      '--set',
      'uplink=eth1',
    ])
    expect(exitCode, stderr).toBe(0)
    expect(stderr).toMatch(
      /^wrote cluster\.ini: a master and 2 workers, node2 to node3, in 192\.168\.77\.0\/24$/m,
    )
    expect(stderr).not.toContain('warning')
    const built = await piimg(desk, ['build', '--image', await practiceImage('trixie')])
    expect(built.exitCode, built.stderr).toBe(0)
    expect(readdirSync(join(desk.folder, 'out')).sort()).toEqual(['master.img', 'node2.img', 'node3.img'])
    const steps = built.stderr.split('\n').slice(-5)
    expect(steps).toEqual([
      'Next: write out/master.img and the others, each to its own card, with Raspberry Pi Imager ("Use custom")',
      'Switch on the master first, then the others in any order: they wait for the master.',
      expect.stringMatching(/^The first boot takes .* minutes per node; piimg\.txt /),
      'Log in with: piimg ssh, in this folder',
      '',
    ])
  })

  it('--yes warns of a master without a way to the internet, with three cures', async () => {
    const { exitCode, stderr } = await piimg(newDesk(), ['init', '--yes'])
    expect(exitCode).toBe(0)
    expect(stderr).toMatch(
      /^warning: cluster\.ini:\d+ \[master\]: the master has no internet connection.*\n {2}hint: .*wifi_ssid.*uplink = eth1.*--packages-from bundle$/m,
    )
  })

  it('keeps a password from others', async () => {
    const desk = newDesk({ psk: 'a "b" \\#c;\n' })
    const words = [
      'init',
      '--yes',
      '--set',
      'wifi_ssid=Home #1',
      '--set',
      'wifi_country=GB',
      '--set-file',
      'wifi_psk=psk',
    ]
    const { exitCode, stdout, stderr } = await piimg(desk, [...words, '--json'])
    expect(exitCode, stderr).toBe(0)
    expect(stdout + stderr).not.toContain('#c')
    expect(statSync(join(desk.folder, 'cluster.ini')).mode & 0o777).toBe(0o600)
    expect(textOf(desk)).toContain(
      '\n[master]\nwifi_ssid = "Home #1"\nwifi_country = GB\nwifi_psk = "a \\"b\\" \\\\#c;"\n',
    )
  })

  it('takes a list piece by piece, as other verbs do', async () => {
    const desk = newDesk()
    const lists = [
      '--set',
      'packages=htop vim',
      '--set',
      'packages=mc',
      '--set',
      'boot_config=a=1',
      '--set',
      'boot_config=b=#2',
    ]
    const { exitCode, stderr } = await piimg(desk, ['init', '--yes', '--workers', '1', ...lists])
    expect(exitCode, stderr).toBe(0)
    expect(stderr).toMatch(/^wrote cluster\.ini: a master and one worker, node2, in /m)
    expect(textOf(desk)).toContain('\npackages = htop vim\n    mc\nboot_config = "a=1"\n    "b=#2"\n')
  })

  it('knows no network of a cluster that is in one already', async () => {
    const desk = newDesk()
    const { exitCode, stderr } = await piimg(desk, ['init', '--yes', '--set', 'topology=flat'])
    expect(exitCode, stderr).toBe(0)
    expect(textOf(desk)).not.toContain('\nnetwork')
  })

  it.each<[string, readonly string[], RegExp]>([
    [
      'a network that is none',
      ['--yes', '--network', '10.0.0.1/24'],
      /--network: 10\.0\.0\.1\/24 is an address in a network/,
    ],
    ['no workers', ['--yes', '--workers', '0'], /--workers: "0" is not a number of workers \(1 to 999\)/],
    [
      'more workers than addresses',
      ['--yes', '--workers', '300'],
      /^error: command line --workers: \S+ has too few addresses for 300 workers\n {2}hint: at most 253; or give a larger network/,
    ],
    [
      'an unknown value, once',
      ['--yes', '--set', 'uplink=eth1', '--set', 'nosuch=1'],
      /^error: command line --set nosuch: no variable "nosuch"\n {2}hint: [^\n]*\n$/,
    ],
    ['a name with blanks', ['--yes', '--name', 'my lab'], /--name: "my lab" is not a hostname/],
    [
      'Wi-Fi without a country',
      ['--yes', '--set', 'wifi_ssid=x'],
      /wifi_ssid: Wi-Fi stays off until wifi_country is set/,
    ],
    [
      'a value that is none',
      ['--yes', '--set', 'timezone=?'],
      /command line --set timezone: "\?" is not a time zone/,
    ],
    [
      'a Wi-Fi password without a name',
      ['--yes', '--set', 'wifi_psk=abcdefgh'],
      /wifi_psk: wifi_psk is set, but wifi_ssid is not/,
    ],
    ['a value twice', ['--yes', '--set', 'user=a', '--set', 'user=b'], /--set user: user is given twice/],
    [
      'a network twice',
      ['--yes', '--network', '10.1.0.0/24', '--set', 'network=10.2.0.0/24'],
      /--set network: the network is given twice/,
    ],
    ['one hostname', ['--yes', '--set', 'hostname=node2'], /--set hostname: one hostname for several nodes/],
    [
      'one address',
      ['--yes', '--set', 'address=10.0.0.2/24'],
      /--set address: one address for several nodes/,
    ],
    ['cannot ask questions', [], /--yes: this is not a terminal, so piimg cannot ask questions/],
  ])('refuses %s, and writes nothing', async (_, words, message) => {
    const desk = newDesk()
    const { exitCode, stderr } = await piimg(desk, ['init', ...words])
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)])
    expect(readdirSync(desk.folder)).toEqual([])
  })

  it('leaves a cluster.ini alone', async () => {
    const desk = newDesk({ 'cluster.ini': '[node2]\n' })
    const { exitCode, stderr } = await piimg(desk, ['init', '--yes'])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('cluster.ini: this file exists already')])
    expect(textOf(desk)).toBe('[node2]\n')
  })

  it('asks a few questions on a terminal', async (ctx) => {
    if (noScript !== '') ctx.skip(noScript)
    const desk = newDesk()
    const { exitCode, text, left } = await answering(desk, [
      [/What is the name of the cluster/, `lab${enter}`],
      [/How many workers/, enter],
      [/The network of the cluster/, `10.99.0.0/24${enter}`],
      [/How does the master get/, enter],
      [/name of the Wi-Fi/, `Home${enter}`],
      [/Its password/, `se cret#1${enter}`],
      [/In which country/, `gb${enter}`],
    ])
    expect([exitCode, left], text).toEqual([0, []])
    expect(text).not.toContain('se cret')
    expect(textOf(desk)).toMatch(/^name = lab\nnetwork = 10\.99\.0\.0\/24$/m)
    expect(textOf(desk)).toMatch(/^wifi_ssid = Home\nwifi_psk = "se cret#1"\nwifi_country = GB$/m)
    expect(textOf(desk)).toMatch(/^\[node2\.\.node4\]$/m)
  })

  it.for([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ] as const)('ends at %s and writes nothing', async ([, keys], ctx) => {
    if (noScript !== '') ctx.skip(noScript)
    const desk = newDesk()
    const { exitCode } = await answering(desk, [
      [/What is the name of the cluster/, enter],
      [/How many workers/, enter],
      [/The network of the cluster/, enter],
      [/How does the master get/, `${down}${enter}`],
      [/What is the name of that card/, keys],
    ])
    expect(exitCode).toBe(130)
    expect(readdirSync(desk.folder)).toEqual([])
  })
})
