import { describe, expect, it } from 'vitest'
import { readCluster } from '../../builder/load/cluster-file.js'
import { rangesOf } from '../../builder/load/hostnames.js'
import { lastGiven } from '../../builder/load/values.js'

const chains: Readonly<Record<string, string[]>> = {
  master: ['node', 'master'],
  worker: ['node', 'worker'],
  cool: ['node', 'worker', 'cool'],
}
const profiles = {
  profiles: new Map([...Object.keys(chains), 'node'].map((name) => [name, ''])),
  chainOf: (name: string) => chains[name] ?? [],
}

function read(text: string) {
  const { nodes, problems } = readCluster(text, 'cluster.ini', profiles)
  const node = (wanted: string) => {
    const found = nodes.find(({ hostname }) => hostname.text === wanted)
    if (found === undefined) throw new Error(`no ${wanted}`)
    return found
  }
  return { problems, node }
}

describe('the section that wins', () => {
  const widest = [
    '[cluster]\nlocale = a\n',
    '[profile node]\nlocale = b\n',
    '[profile worker]\nlocale = c\n',
    '[profile cool]\nlocale = d\n',
    '[group front]\nlocale = e\n',
    '[node2..node3]\ngroups = front\nprofile = cool\nlocale = f\n',
    '[node2]\nlocale = g\n',
  ]

  it.each([1, 2, 3, 4, 5, 6, 7])('is the most specific of the first %i', (count) => {
    const rest = widest.slice(count).map((section) => section.replace(/locale = .\n/, ''))
    // In whatever order they are.
    const { node, problems } = read([...widest.slice(0, count), ...rest].reverse().join(''))
    expect(problems).toEqual([])
    expect(lastGiven(node('node2').given, 'locale')?.text).toBe('abcdefg'[count - 1])
    expect(lastGiven(node('node3').given, 'locale')?.text).toBe('abcdeff'[count - 1])
  })
})

describe('the groups of a node', () => {
  it('add up, those of groups among them, in the order of the file', () => {
    const text =
      '[group c]\n[group b]\ngroups = c\n[group a]\n[cluster]\ngroups = a\n[node2..node3]\n[node3]\ngroups = b, a\n'
    const { node, problems } = read(text)
    expect(problems).toEqual([])
    expect(node('node2').groups).toEqual(['a'])
    expect(node('node3').groups).toEqual(['c', 'b', 'a'])
  })

  it('may name each other', () => {
    const { node, problems } = read('[group a]\ngroups = b\n[group b]\ngroups = a\n[node2]\ngroups = a\n')
    expect(problems).toEqual([])
    expect(node('node2').groups).toEqual(['a', 'b'])
  })

  it('give overlays, and take them away, the most general first', () => {
    const { node } = read(
      '[cluster]\noverlays = a b\n[group front]\noverlays = ~a c\n[node2]\ngroups = front\noverlays = a\n[node3]\n',
    )
    expect(node('node2').overlays.map(({ text }) => text)).toEqual(['a', 'b', '~a', 'c', 'a'])
    expect(node('node3').overlays.map(({ text }) => text)).toEqual(['a', 'b'])
  })
})

describe('two groups of a node', () => {
  const groups = (a: string, b: string, own = '') =>
    read(`[group a]\n${a}\n[group b]\n${b}\n[node2..node3]\ngroups = a b\n[node3]\n${own}\n`).problems

  it.each([
    ['the same value', 'locale = x', 'locale = x'],
    ['different things', 'locale = x', 'timezone = x'],
    ['the same overlay', 'overlays = x', 'overlays = x y'],
  ])('may give %s', (_, a, b) => {
    expect(groups(a, b)).toEqual([])
  })

  it.each([
    ['values', 'locale = x', 'locale = y', 'locale'],
    ['images', 'image = x', 'image = y', 'image'],
    ['overlays', 'overlays = x', 'overlays = ~x', 'overlay x'],
  ])('cannot give different %s', (_, a, b, about) => {
    const [problem] = groups(a, b)
    expect(problem?.what).toBe(`the groups a and b do not agree on ${about}: line 2 gives another`)
    expect(problem?.where.line).toBe(4)
    expect(problem?.hint).toMatch(/^node2 is in both/)
    // For node3 its own section decides.
    expect(groups(a, b, b)).toHaveLength(1)
  })
})

describe('names in a row', () => {
  it.each([
    [['node2', 'node3', 'node4'], 'node2..node4'],
    [['master', 'node2', 'node4', 'node5'], 'master node2 node4..node5'],
    [['n08', 'n09', 'n10', 'n011'], 'n08..n10 n011'],
    [[], ''],
  ])('%j become %s', (names, text) => {
    expect(rangesOf(names)).toBe(text)
  })
})
