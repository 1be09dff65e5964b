import { describe, expect, it } from 'vitest'
import { checkTemplate } from '../../builder/plan/check-template.js'
import type { NameKind } from '../../builder/plan/names.js'
import { type Data, render, renderPath } from '../../builder/plan/template.js'
import { problemText } from '../support/problem-text.js'

const names = new Map<string, NameKind>([
  ['hostname', 'text'],
  ['dns', 'list'],
  ['static', 'switch'],
  ['wifi_psk', 'text'],
  ['servers', 'nodes'],
])
const known = { names, fields: new Map([['servers', ['power']]]), closed: new Map() }
const data = { hostname: 'node3', dns: ['9.9.9.9', '1.1.1.1'], static: true, wifi_psk: '' }

function template(text: string) {
  return { text, origin: { file: 'x.hbs' } }
}

function wrong(text: string): string[] {
  return problemText(checkTemplate(template(text), known).problems).filter((line) => !line.startsWith('  '))
}

function rendered(text: string): string {
  expect(wrong(text)).toEqual([])
  return render(template(text), data)
}

describe('a template', () => {
  it.each([
    ['text without fences', 'a { b } c', 'a { b } c'],
    ['a variable, as it is', '{{hostname}}&<', 'node3&<'],
    ['a triple stash, which is the same', '{{{hostname}}}', 'node3'],
    ['#if and else', '{{#if wifi_psk}}a{{else}}b{{/if}}', 'b'],
    ['else if', '{{#if wifi_psk}}a{{else if static}}b{{else}}c{{/if}}', 'b'],
    ['#unless', '{{#unless wifi_psk}}a{{/unless}}', 'a'],
    ['#each and this', '{{#each dns}}<{{this}}>{{/each}}', '<9.9.9.9><1.1.1.1>'],
    ['a variable around #each', '{{#each dns}}{{../hostname}} {{/each}}', 'node3 node3 '],
    ['a helper with a literal', '{{join dns ";"}}', '9.9.9.9;1.1.1.1'],
    ['a helper in a helper', '{{#if (eq hostname "node3")}}a{{/if}}', 'a'],
    ['lines', '{{lines dns}}', '9.9.9.9\n1.1.1.1'],
    ['a comment', 'a{{! undeclared }}b', 'ab'],
    ['lines of its own, which leave no gap', 'a\n{{#if static}}\nb\n{{/if}}\nc\n', 'a\nb\nc\n'],
  ])('may hold %s', (_, text, expected) => {
    expect(rendered(text)).toBe(expected)
  })

  it('escapes nothing as HTML', () => {
    expect(render(template('{{a}}{{#each b}}{{this}}{{/each}}'), { a: `&<>"'`, b: ['&'] })).toBe(`&<>"'&`)
  })

  it.each([
    ['text', '{{hostname}}', { hostname: 'node4' }, 'node4'],
    ['list', '{{join dns " "}}', { dns: ['9.9.9.9', '8.8.8.8'] }, '9.9.9.9 8.8.8.8'],
    ['switch', '{{#if static}}a{{else}}b{{/if}}', { static: false }, 'b'],
    ['text behind a literal', '{{#if (eq "}}" hostname)}}a{{/if}}', { hostname: '}}' }, 'a'],
    ['list of nodes', '{{#each nodes}}{{ip}}{{/each}}', { nodes: [{ ip: '10.0.0.2' }] }, '10.0.0.2'],
    ['text beside nodes', '{{#each nodes}}{{../hostname}}{{/each}}', { hostname: 'node4' }, 'node4'],
  ])('is another text where a %s is another one', (_, text, changed, expected) => {
    const before = { ...data, nodes: [{ ip: '10.0.0.1' }] } as unknown as Data
    expect(render(template(text), before)).not.toBe(expected)
    expect(render(template(text), { ...before, ...changed } as unknown as Data)).toBe(expected)
  })

  it('says which variables it uses', () => {
    const { used } = checkTemplate(template('{{hostname}}{{#if static}}{{join dns " "}}{{/if}}'), known)
    expect([...used].sort()).toEqual(['dns', 'hostname', 'static'])
  })
})

describe('an undeclared variable is found', () => {
  it.each([
    ['by itself', '{{colour}}'],
    ['in #if', '{{#if colour}}{{/if}}'],
    ['in #unless', '{{#unless colour}}{{/unless}}'],
    ['in #each', '{{#each colour}}{{/each}}'],
    ['as the argument of a helper', '{{keyfile colour}}'],
    ['in a helper in a helper', '{{#if (eq colour "x")}}{{/if}}'],
    ['in a nested block', '{{#if static}}{{#each dns}}{{#if ../colour}}{{/if}}{{/each}}{{/if}}'],
    ['behind else', '{{#if static}}{{else}}{{colour}}{{/if}}'],
    ['behind else if', '{{#if static}}{{else if colour}}{{/if}}'],
    ['in a triple stash', '{{{colour}}}'],
  ])('%s', (_, text) => {
    expect(wrong(text)).toEqual(['error: x.hbs:1: undeclared variable "colour"'])
  })

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'helperMissing', 'lookup', 'log'])(
    'under the name %s, which every object has or Handlebars knows',
    (name) => {
      expect(wrong(`{{${name}}}`)).toEqual([`error: x.hbs:1: undeclared variable "${name}"`])
    },
  )

  it('with its line', () => {
    expect(wrong('a\n\n{{#if static}}\n{{colour}}\n{{/if}}\n{{shade}}')).toEqual([
      'error: x.hbs:4: undeclared variable "colour"',
      'error: x.hbs:6: undeclared variable "shade"',
    ])
  })

  it('with the line of overlay.ini if that contains the template', () => {
    const origin = { file: 'overlay.ini', line: 7, key: '[edit a] text' }
    const { problems } = checkTemplate({ text: '{{colour}}', origin }, known)
    expect(problems[0]?.where).toEqual(origin)
  })
})

describe('a template may not hold', () => {
  it.each([
    ['a helper that is not there', '{{shout hostname}}', 'no helper "shout"'],
    ['lookup', '{{lookup dns 0}}', 'no helper "lookup"'],
    ['a block as a helper', '{{if hostname}}', 'no helper "if"'],
    ['#with', '{{#with hostname}}{{/with}}', '"#with" is not allowed in templates'],
    ['#lookup', '{{#lookup dns 0}}{{/lookup}}', '"#lookup" is not allowed in templates'],
    ['a variable as a block', '{{#hostname}}{{/hostname}}', '"#hostname" is not allowed in templates'],
    ['#toString', '{{#toString}}{{/toString}}', '"#toString" is not allowed in templates'],
    ['a partial', '{{> other}}', '"PartialStatement" is not allowed in templates'],
    ['a partial block', '{{#> other}}{{/other}}', '"PartialBlockStatement" is not allowed in templates'],
    ['a decorator', '{{* other}}', '"Decorator" is not allowed in templates'],
    ['an inline partial', '{{#*inline "a"}}{{/inline}}', '"DecoratorBlock" is not allowed in templates'],
    ['a property', '{{hostname.length}}', '"hostname.length" is not allowed in templates'],
    [
      'a way to a prototype',
      '{{hostname.constructor.name}}',
      '"hostname.constructor.name" is not allowed in templates',
    ],
  ])('%s', (_, text, what) => {
    expect(wrong(text)).toEqual([`error: x.hbs:1: ${what}`])
  })

  it('the braces of awk', () => {
    expect(wrong(`#!/bin/sh\nawk '{{print $1}}'\n`)).toEqual([
      'error: x.hbs:2: no helper "print"',
      'error: x.hbs:2: undeclared variable "$1"',
    ])
  })

  it.each([
    ['a fence that is not closed', 'a\nb {{hostname\n', 2],
    ['a block that is not closed', 'a\n{{#if static}}\nb', 3],
    ['a block that is closed by another', '{{#if static}}\n\n{{/each}}', 1],
    ['an empty fence', 'a\n\nb {{}}', 3],
  ])('%s, and says where', (_, text, line) => {
    expect(wrong(text)).toEqual([expect.stringMatching(`^error: x.hbs:${line}: not a template: `)])
  })
})

// Known mistakes: check is content, and render throws something that is no problem, or writes nonsense.
describe('what check lets through, render can render', () => {
  const all = {
    'a helper by the name of a property': '{{toString hostname}}',
    'a variable in #each without ../': '{{#each dns}}{{hostname}}{{/each}}',
    'a text where a helper wants a list': '{{join hostname ","}}',
    'a list where a helper wants a text': '{{keyfile dns}}',
    'this outside of #each': '{{this}}',
    'a value of Handlebars itself': '{{@root.hostname}}',
  }
  it.each(Object.entries(all))('%s', (_, text) => {
    if (wrong(text).length > 0) return
    expect(render(template(text), data)).not.toMatch(/object Object|node3$/)
  })
})

describe('renderPath', () => {
  it('joins a path and a variable that is one', () => {
    expect(renderPath(template('/{{home}}/.ssh'), { home: '/home/pi' })).toBe('/home/pi/.ssh')
  })
})
