import { describe, expect, it } from 'vitest'
import { areSame, memo } from '../../builder/model/memo.js'

describe('memo', () => {
  const counted = () => {
    const calls: unknown[] = []
    const made = memo((key: object, ...inputs: unknown[]) => {
      calls.push(inputs)
      return { key, inputs }
    })
    return { calls, made }
  }

  it('makes a result once for the same key and inputs', () => {
    const { calls, made } = counted()
    const key = {}
    expect(made(key, 1, ['a'])).toBe(made(key, 1, ['a']))
    expect(calls).toEqual([[1, ['a']]])
  })

  it('makes it again for another key, and for other inputs', () => {
    const { calls, made } = counted()
    const key = {}
    expect(made(key, 1).inputs).toEqual([1])
    expect(made(key, 2).inputs).toEqual([2])
    expect(made({}, 2).key).not.toBe(key)
    expect(calls).toHaveLength(3)
  })

  it('remembers the last inputs of a key only', () => {
    const { calls, made } = counted()
    const key = {}
    for (const input of [1, 2, 1]) made(key, input)
    expect(calls).toEqual([[1], [2], [1]])
  })
})

describe('areSame', () => {
  it('compares lists by their values, and objects by identity', () => {
    const shared = {}
    expect(areSame([1, ['a', [shared]]], [1, ['a', [shared]]])).toBe(true)
    expect(areSame([{}], [{}])).toBe(false)
    expect(areSame([['a']], [['a', 'b']])).toBe(false)
    expect(areSame([['a']], ['a'])).toBe(false)
    expect(areSame([], [undefined])).toBe(false)
  })
})
