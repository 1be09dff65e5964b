import { describe, expect, it } from 'vitest'
import { expandHostnames } from '../../builder/load/hostnames.js'
import { didYouMean } from '../../builder/load/nearest.js'

describe('expandHostnames', () => {
  it.each([
    ['node3', ['node3']],
    ['node2..node4', ['node2', 'node3', 'node4']],
    ['node9..node11', ['node9', 'node10', 'node11']],
    ['node08..node09', ['node08', 'node09']],
    ['node5..node5', ['node5']],
    ['rack1-node2..rack1-node3', ['rack1-node2', 'rack1-node3']],
    ['2..3', ['2', '3']],
    ['', ['']],
  ])('makes %j of one text', (text, names) => {
    expect(expandHostnames(text)).toEqual(names)
  })

  it.each([
    'node4..node2',
    'node2..host4',
    'node2..4',
    'node..node4',
    'a..b',
    'node2...node4',
    'node2..',
    '..',
  ])('makes nothing of %s', (text) => {
    expect(expandHostnames(text)).toBeUndefined()
  })

  it('makes a thousand names, and no more', () => {
    expect(expandHostnames('node1..node1000')).toHaveLength(1000)
    expect(expandHostnames('node1..node1001')).toBeUndefined()
  })

  // Known mistakes.
  it('counts from zero', () => {
    expect(expandHostnames('node0..node2')).toEqual(['node0', 'node1', 'node2'])
  })
  it('counts over the tens with zeros in front', () => {
    expect(expandHostnames('node09..node10')).toEqual(['node09', 'node10'])
  })
})

describe('didYouMean', () => {
  it.each([
    ['wroker', 'did you mean "worker"?'],
    ['maste', 'did you mean "master"?'],
    ['xyz', 'known are master, worker'],
  ])('says of %s: %s', (typed, hint) => {
    expect(didYouMean(typed, ['worker', 'master'])).toBe(hint)
  })

  it('says so where there is nothing', () => {
    expect(didYouMean('a', [])).toBe('there are none')
  })
})
