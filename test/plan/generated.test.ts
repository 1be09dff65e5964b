import { describe, expect, it } from 'vitest'
import { loadOverlay } from '../../builder/load/overlays.js'
import { findLibrary } from '../../builder/load/library.js'
import { wholeOf } from '../../builder/model/content.js'
import type { Overlay } from '../../builder/model/overlay.js'
import { declaredVariables, resolveValues } from '../../builder/load/values.js'
import { checkOverlay } from '../../builder/plan/check-overlay.js'
import { coreVariables } from '../../builder/load/core-variables.js'
import { type SecretInput, unmade, withSecrets } from '../../builder/plan/generated.js'
import { authority, clusterId, planOf } from '../support/node.js'
import { placeOf } from '../support/place.js'
import { practiceBase } from '../support/practice-base.js'
import { problemText } from '../support/problem-text.js'
import { temporaryFolder } from '../support/temporary.js'

function overlay(ini: string, files: Readonly<Record<string, string>> = {}, name = 'o'): Overlay {
  const folder = temporaryFolder({
    [`overlays/${name}/overlay.ini`]: `[overlay]\nsummary = x\n${ini}`,
    ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`overlays/${name}/${path}`, text])),
  })
  const { overlay, problems } = loadOverlay(name, `${folder}/overlays/${name}`)
  expect(problemText(problems)).toEqual([])
  return overlay
}

const password = (more = '', name = 'password') =>
  `[variable ${name}]\ntype = secret\nsummary = x\ngenerate = base64 32\n${more}`

function made(overlays: Overlay[], more: Partial<SecretInput> = {}, given: Record<string, string> = {}) {
  const { variables } = declaredVariables(overlays)
  const values = Object.entries({ hostname: 'node3', ...given }).map(([name, text]) => ({
    name,
    text,
    origin: { file: 'test' },
  }))
  const input = { overlays, authority, clusterId, generations: {}, ...more }
  return withSecrets(input, resolveValues(variables, [], values, placeOf()).values)
}

const secret = (...input: Parameters<typeof made>) => String(made(...input).get('password')?.value)

describe('a secret that nobody gives', () => {
  const own = () => overlay(password())

  it('is the same in every plan, and another for every name, scope, cluster, authority and generation', () => {
    const hostname = { hostname: 'node4' }
    const all = [
      secret([own()]),
      secret([overlay(password(), {}, 'other')]),
      secret([overlay(password('shared = node\n'))]),
      secret([overlay(password('shared = node\n'))], {}, hostname),
      secret([overlay(password('shared = group a\n'))]),
      secret([overlay(password('shared = group b\n'))]),
      secret([own()], { clusterId: clusterId.replace('3', '4') }),
      secret([own()], { generations: { 'o/password': 2 } }),
    ]
    expect(new Set(all).size).toBe(all.length)
    expect(secret([own()])).toBe(all[0])
    expect(secret([own()], {}, hostname)).toBe(all[0])
    expect(secret([own()], { generations: { 'o/other': 2 } })).toBe(all[0])
  })

  it.each([
    ['base64 32', /^[\w+/]{43}=$/],
    ['hex 16', /^[0-9a-f]{32}$/],
    ['letters 20', /^[a-km-np-z2-9]{20}$/],
    ['hex 512', /^[0-9a-f]{1024}$/],
  ])('has the form that is asked for: %s', (form, pattern) => {
    expect(secret([overlay(password().replace('base64 32', form))])).toMatch(pattern)
  })

  it('gives way to one that is given', () => {
    expect(secret([own()], {}, { password: 'mine' })).toBe('mine')
  })

  it('has a placeholder until the first build makes the authority', () => {
    expect(secret([own()], { authority: { publicKey: '', privateKey: '' } })).toBe(unmade)
  })

  it('is on the card, and shown nowhere', () => {
    const files = { 'root/etc/a.d/key.hbs': 'key={{password}}\n' }
    const ini = `${password()}[file root/etc/a.d/key]\nmode = 0600\n`
    const overlays = [
      ...findLibrary('/nowhere')
        .everyOverlay()
        .map((each) => each.overlay),
      overlay(ini, files),
    ]
    const { plan } = planOf({ base: practiceBase('trixie'), overlays, profile: 'worker' })
    const entry = plan.root.find(({ path }) => path === '/etc/a.d/key')
    if (entry?.kind !== 'file') throw new Error('no file')
    const key = secret([overlay(ini, files)])
    expect(String(wholeOf(entry.content))).toBe(`key=${key}\n`)
    expect(String(wholeOf(entry.shown))).toBe('key=********\n')
    expect(plan.shownValues.get('password')?.value).toBe('********')
  })
})

describe('an overlay cannot show its secret', () => {
  const wrong = (ini: string, files: Readonly<Record<string, string>> = {}) =>
    checkOverlay(overlay(`${password()}${ini}`, files), coreVariables).map(({ what }) => what)
  const unit = (line: string) => ({ 'root/etc/systemd/system/a.service.hbs': `[Service]\n${line}\n` })
  const private_ = '[file root/etc/systemd/system/a.service]\nmode = 0600\n'

  it.each([
    ['', { 'root/etc/a.hbs': '{{password}}' }, 'others can read the secret in root/etc/a'],
    [
      '[file root/etc/a]\nmode = 0640\n',
      { 'root/etc/a.hbs': '{{#if password}}{{keyfile password}}{{/if}}' },
      'others can read the secret in root/etc/a',
    ],
    ['', { 'boot/a.txt.hbs': '{{password}}' }, 'a secret in boot/a.txt'],
    ['[append a]\nvariable = kernel_args\nvalue = a={{password}}\n', {}, 'a secret where everyone sees it'],
    ['[link root/etc/a]\ntarget = /{{password}}\n', {}, 'a secret where everyone sees it'],
    ['[directory root/{{password}}]\n', {}, 'a secret where everyone sees it'],
    ['[warn a]\nwhen = static\nwhat = {{password}}\n', {}, 'a secret where everyone sees it'],
    [
      '[edit a]\npath = root/etc/a\nedit = line\nline = {{password}}\ncreate = yes\n',
      {},
      'others can read the secret in root/etc/a',
    ],
    [
      '[edit a]\npath = boot/config.txt\nedit = boot_config\nlines = {{password}}\n',
      {},
      'a secret in boot/config.txt',
    ],
    [
      private_,
      unit('Environment=A={{password}}'),
      'a secret in a setting of root/etc/systemd/system/a.service that every user can read',
    ],
    [
      private_,
      unit('ExecStart=/bin/a \\\n  --password {{systemd_exec password}}'),
      'a secret in a setting of root/etc/systemd/system/a.service that every user can read',
    ],
    [
      private_,
      unit('SetCredential=a:{{password}}'),
      'a secret in a setting of root/etc/systemd/system/a.service that every user can read',
    ],
  ])('by %j %j', (ini, files, what) => {
    expect(wrong(ini, files)).toEqual([what])
  })

  it.each([
    ['[file root/etc/a]\nmode = 0600\n', { 'root/etc/a.hbs': '{{password}}' }],
    ['[file root/etc/a]\nmode = 0600\nowner = user\n', { 'root/etc/a.hbs': '{{password}}' }],
    ['[edit a]\npath = root/etc/a\nedit = line\nline = {{password}}\ncreate = yes\nmode = 0600\n', {}],
  ])('but may write %j %j', (ini, files) => {
    expect(wrong(ini, files)).toEqual([])
  })

  it('in a file of the base image that others can read', () => {
    const ini = `${password()}[edit a]\npath = root/etc/fstab\nedit = line\nline = {{password}}\n`
    const { problems } = planOf({ base: practiceBase('trixie'), overlays: [overlay(ini)], profile: 'worker' })
    expect(problems.map(({ what }) => what)).toContain('others can read the secret in root/etc/fstab')
  })
})
