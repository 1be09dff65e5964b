import { describe, expect, it } from 'vitest'
import { parseConditions } from '../../builder/load/conditions.js'
import type { ListedNode } from '../../builder/model/cluster-node.js'
import type { NodeList, Overlay } from '../../builder/model/overlay.js'
import { checkTemplate } from '../../builder/plan/check-template.js'
import { listsOf } from '../../builder/plan/node-lists.js'
import { render } from '../../builder/plan/template.js'

const origin = { file: 'overlay.ini' }

function node(hostname: string, more: Partial<ListedNode> = {}): ListedNode {
  return {
    ...{ hostname, fqdn: `${hostname}.lab`, aliases: [], role: 'worker', ip: '', mac: '', reserved: false },
    ...{ profile: 'worker', groups: ['node', 'worker'], overlays: [], serial: '', board: '', published: {} },
    ...more,
  }
}

const cluster = [
  node('master', { role: 'master', profile: 'master', groups: ['node', 'master'], overlays: ['nfs'] }),
  node('node2', { groups: ['node', 'worker', 'front'], ip: '10.0.0.2', overlays: ['web'] }),
  node('node3', { groups: ['node', 'worker', 'front'], ip: '10.0.0.3', published: { cpus: '4' } }),
  node('node10', { board: '5', overlays: ['web', 'nfs'], published: { cpus: '8' } }),
]

function listOf(where: string): NodeList {
  const list = { name: 'found', summary: 'x', least: 0, most: Infinity, published: ['cpus'], origin }
  return { ...list, where: parseConditions({ text: where, origin }, []) }
}

function overlayWith(...lists: NodeList[]): Overlay {
  const nothing = {
    needs: [],
    provides: [],
    opened: [],
    closed: new Map(),
    variables: [],
    items: [],
    appends: [],
    requirements: [],
    allowed: [],
  }
  return { name: 'o', folder: 'o', summary: 'x', ...nothing, lists }
}

const found = (where: string) => listsOf(cluster, [overlayWith(listOf(where))])['found'] ?? []
const names = (where: string) => found(where).map(({ hostname }) => hostname)

describe('a list of nodes', () => {
  it.each([
    ['group=front', ['node2', 'node3']],
    ['group=worker', ['node2', 'node3', 'node10']],
    ['overlay=web', ['node2', 'node10']],
    ['overlay=web group=front', ['node2']],
    ['overlay=nfs | group=front', ['master', 'node2', 'node3', 'node10']],
    ['!group=front', ['master', 'node10']],
    ['role=master', ['master']],
    ['cpus=8', ['node10']],
    ['cpus', ['node3', 'node10']],
    ['board=5 overlay=web | role=master', ['master', 'node10']],
    ['hostname=node3', ['node3']],
    ['group=nobody', []],
  ])('%s holds %j, in the order of the cluster', (where, expected) => {
    expect(names(where)).toEqual(expected)
  })

  it('has the place and the number of each node', () => {
    expect(found('overlay=web').map(({ index, number }) => [index, number])).toEqual([
      ['0', '2'],
      ['1', '10'],
    ])
    expect(found('role=master')[0]?.number).toBe('')
  })

  it('is the same array for all nodes, so that nothing is rendered twice', () => {
    const overlays = [overlayWith(listOf('group=front'))]
    expect(listsOf(cluster, overlays)['found']).toBe(listsOf(cluster, [...overlays])['found'])
  })
})

describe('a template with a list', () => {
  const known = {
    names: new Map([
      ['found', 'nodes'],
      ['hostname', 'text'],
      ['ip', 'text'],
    ] as const),
    fields: new Map([['found', ['cpus']]]),
    closed: new Map(),
  }
  const rendered = (text: string, where: string, hostname = 'node3') => {
    const template = { text, origin }
    expect(checkTemplate(template, known).problems).toEqual([])
    return render(template, { found: found(where), hostname, ip: 'own' })
  }
  const wrong = (text: string) => checkTemplate({ text, origin }, known).problems.map(({ what }) => what)

  it('prints the fields of its nodes', () => {
    const text = '{{#each found}}{{index}} {{hostname}} {{ip}} {{cpus}};{{/each}}'
    expect(rendered(text, 'group=front | cpus=8')).toBe('0 node2 10.0.0.2 ;1 node3 10.0.0.3 4;2 node10  8;')
  })

  it('knows which of them it is on', () => {
    const text = '{{#each found}}{{#if self}}{{minus 150 index}}{{else}}{{plus 100 index}}{{/if}} {{/each}}'
    expect(rendered(text, 'group=front', 'node2')).toBe('150 101 ')
    expect(rendered(text, 'group=front', 'node3')).toBe('100 149 ')
    expect(rendered(text, 'group=front', 'node10')).toBe('100 101 ')
    expect(rendered('{{#each found}}{{#unless self}}{{../ip}}{{/unless}}{{/each}}', 'role=master')).toBe(
      'own',
    )
  })

  it('has the first one, which may be missing', () => {
    expect(rendered('{{first found "ip"}}', 'group=front')).toBe('10.0.0.2')
    expect(rendered('{{first found "ip"}}', 'group=nobody')).toBe('')
  })

  it.each([
    ['{{found}}', '"found" is a list'],
    ['{{join found " "}}', 'join takes a list'],
    ['{{first hostname "ip"}}', 'first takes a list of nodes'],
    ['{{first found "colour"}}', 'no field "colour"'],
    ['{{first found ip}}', 'no field ""'],
    ['{{#each found}}{{colour}}{{/each}}', '"colour" is not defined here'],
    ['{{#each found}}{{self}}{{/each}}', '"self" is not a text'],
    ['{{#each found}}{{#each ../found}}{{ip}}{{/each}}{{/each}}', '#each inside #each'],
    ['{{self}}', 'undeclared variable "self"'],
    ['{{plus found 1}}', 'plus takes a text'],
  ])('cannot say %s', (text, what) => {
    expect(wrong(text)).toContain(what)
  })
})
