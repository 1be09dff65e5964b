import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../../builder/load/package-root.js'
import { newDesk } from '../support/cli.js'
import { practiceImage } from '../support/images.js'
import { piimgInProcess } from '../support/in-process.js'

const textOf = (...path: string[]) => readFileSync(join(packageRoot(), ...path), 'utf8')

/** The indented blocks of a chapter of a document, as a person types them: one text per block. */
function blocksOf(document: string, chapter: string): string[] {
  const [, after = ''] = `\n${textOf(...document.split('/'))}`.split(`\n${chapter}\n`)
  const [text = ''] = after.split(/^## /m)
  return [...text.matchAll(/(?:^(?: {4}.*)?\n)+/gm)]
    .map(([block]) => block.trim().replaceAll(/^ {4}/gm, ''))
    .filter((block) => block !== '')
}

/** What `piimg check` says of files in an empty folder; it has to find no fault. */
async function checked(
  files: Readonly<Record<string, string>>,
  release: 'buster' | 'bookworm' | 'trixie',
  words: readonly string[] = [],
): Promise<string> {
  const image = await practiceImage(release)
  const { exitCode, stdout, stderr } = await piimgInProcess(newDesk(files), [
    'check',
    '--image',
    image,
    ...words,
  ])
  expect(exitCode, stdout + stderr).toBe(0)
  return stdout + stderr
}

describe('examples that can be used as they are', () => {
  const examples = readdirSync(join(packageRoot(), 'examples')).filter((name) => name.endsWith('.ini'))

  it.each(
    examples.flatMap((name) =>
      (['buster', 'bookworm', 'trixie'] as const).map((release) => [name, release] as const),
    ),
  )('examples/%s on %s', async (name, release) => {
    expect(await checked({ 'cluster.ini': textOf('examples', name) }, release)).not.toContain('warning')
  })

  it('the cluster.ini of README.md', async () => {
    const [clusterFile = '', ...others] = blocksOf('README.md', '## A cluster in a file')
    expect(others).toEqual([])
    expect(await checked({ 'cluster.ini': clusterFile }, 'bookworm')).not.toContain('warning')
  })

  it('the profile of overlays/README.md', async () => {
    const [profile = ''] = blocksOf('overlays/README.md', '## A profile')
    const files = {
      'profiles/cool.ini': profile,
      'overlays/fan/overlay.ini':
        '[overlay]\nsummary = A fan\n[variable fan_pin]\ntype = number\nsummary = its pin\n',
      'overlays/fan/boot/fan.txt.hbs': '{{fan_pin}}\n',
    }
    await checked(files, 'bookworm', ['--profile', 'cool', '--hostname', 'node2'])
    const clusterFile = '[cluster]\ngateway = 10.0.0.254\n[node2]\nprofile = cool\n'
    await checked({ ...files, 'cluster.ini': clusterFile }, 'bookworm')
  })

  it('the overlay.ini of overlays/README.md', async () => {
    const text =
      blocksOf('overlays/README.md', '# Writing an overlay').find((block) => block.startsWith('[overlay]')) ??
      ''
    const files = {
      'profiles/own.ini': '[profile]\nsummary = mine\nextends = worker\noverlays = motd\n',
      'overlays/motd/overlay.ini': asRealFile(text),
      'overlays/motd/root/etc/motd.hbs': '{{greeting}}\n',
      'overlays/motd/root/etc/tool.conf': '',
    }
    await checked(files, 'bookworm', ['--profile', 'own', '--hostname', 'node2'])
  })
})

/** Each section with the key that only its comment gives, and what the page asks for below /etc. */
function asRealFile(text: string): string {
  const complete = text
    .replaceAll(/^(\[.*\]) +# (target|from) = ([^\s,]+).*$/gm, '$1\n$2 = $3')
    .replaceAll(/ +#.*$/gm, '')
    .replace(/^\[move .*\]$/m, '')
  const paths = ['motd', 'localtime', 'new', 'hosts'].map((name) => `root/etc/${name}`)
  return [complete, ...paths.map((path) => `[conffile ${path}]\nreason = an example`)].join('\n')
}
