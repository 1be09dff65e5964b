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

  it('the first overlay of overlays/README.md', async () => {
    const [overlay = '', page = '', server = '', nodes = ''] = blocksOf(
      'overlays/README.md',
      '## A first overlay',
    )
    const files = {
      'cluster.ini': `[cluster]\ngateway = 10.0.0.254\n\n${nodes}\n`,
      'overlays/web/overlay.ini': overlay,
      'overlays/web/root/srv/web/index.html.hbs': `${page}\n`,
      'overlays/web/root/etc/nginx/conf.d/web.conf': `${server}\n`,
    }
    expect(await checked(files, 'trixie')).not.toContain('warning')
  })

  it('the statements of overlays/README.md, in one overlay', async () => {
    const blocks = blocksOf('overlays/README.md', '## How to').filter((block) => block.startsWith('['))
    const [own = [], others = []] = [false, true].map((isOverlay) =>
      blocks.filter((block) => block.startsWith('[overlay]') === isOverlay),
    )
    expect(blocks.length).toBeGreaterThan(9)
    expect(others).toHaveLength(1)
    const port = '[variable web_port]\ntype = number\nsummary = its port\ndefault = 80\npublish = yes\n'
    const tls = '[variable web_tls]\ntype = switch\nsummary = whether there is TLS\ndefault = no\n'
    const group =
      '[group front]\noverlays = web\n\n[node2]\ngroups = front\n\n[master]\nuplink = eth1\ngroups = front\noverlays = balancer\n'
    const files = {
      'cluster.ini': group,
      'overlays/web/overlay.ini': ['[overlay]\nsummary = x\n', port, tls, ...own].join('\n'),
      'overlays/web/root/etc/web.key.hbs': '{{web_port}}\n',
      'overlays/web/root/etc/web/tls.conf.hbs':
        '{{#each web_servers}}{{hostname}} {{ip}} {{web_port}} {{index}} {{number}}{{#if self}} self{{/if}}\n{{/each}}{{first web_servers "ip"}}\n',
      'overlays/web/root/etc/web/secret.hbs': '{{web_key}}\n',
      'overlays/web/root/etc/systemd/system/web-stats.service': '[Service]\nExecStart=/bin/true\n',
      'overlays/web-key/overlay.ini': '[overlay]\nsummary = x\n',
      'overlays/balancer/overlay.ini': others.join('\n').replace('web-key', 'web'),
    }
    await checked(
      {
        ...files,
        'overlays/web/overlay.ini': `${files['overlays/web/overlay.ini']}\n[file root/etc/web/secret]\nmode = 0600\n`,
      },
      'trixie',
    )
  })
})
