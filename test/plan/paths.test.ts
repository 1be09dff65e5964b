import { describe, expect, it } from 'vitest'
import { pathProblem } from '../../builder/plan/paths.js'

const modern = '/boot/firmware'

describe('pathProblem', () => {
  it.each([
    '/etc/hosts',
    '/a',
    '/etc/a b',
    '/etc/ü',
    '/.x',
    '/etc/...',
    '/boot/firmwarex/a',
    `/${'n'.repeat(255)}`,
  ])('has nothing against %s on the root partition', (path) => {
    expect(pathProblem('root', path, modern)).toBeUndefined()
  })

  it.each([
    ['etc/hosts', 'is not a path of a file'],
    ['/', 'is not a path of a file'],
    ['', 'is not a path of a file'],
    ['/etc/', 'is not a path of a file'],
    ['/etc//hosts', 'is not a path of a file'],
    ['/../etc', 'points outside its tree'],
    ['/etc/..', 'points outside its tree'],
    ['/etc/./hosts', 'points outside its tree'],
    ['/etc/a\nb', 'contains a control character'],
    ['/etc/a\u007f', 'contains a control character'],
    [`/${'n'.repeat(256)}`, 'has a name of more than 255 bytes'],
    [`/${'ü'.repeat(128)}`, 'has a name of more than 255 bytes'],
    ['/boot/firmware/config.txt', 'is on the boot partition: put it in boot/'],
  ])('refuses %j on the root partition', (path, problem) => {
    expect(pathProblem('root', path, modern)).toBe(problem)
  })

  it('knows where the boot partition is mounted', () => {
    expect(pathProblem('root', '/boot/issue.txt', modern)).toBeUndefined()
    expect(pathProblem('root', '/boot/issue.txt', '/boot')).toMatch('is on the boot partition')
  })

  it.each(['/boot/config.txt', '/boot/cmdline.txt'])('refuses %s where /boot is a partition', (path) => {
    expect(pathProblem('root', path, '/boot')).toMatch('is on the boot partition')
  })

  it.each(['"', '*', ':', '<', '>', '?', '\\', '|'])('refuses %s on FAT, and only there', (letter) => {
    expect(pathProblem('boot', `/a${letter}b`, modern)).toMatch('has a character that FAT cannot hold')
    expect(pathProblem('root', `/a${letter}b`, modern)).toBeUndefined()
  })

  it.each(['/a.', '/a ', '/a./b'])('refuses %j on FAT, which drops the end', (path) => {
    expect(pathProblem('boot', path, modern)).toBe('ends in a dot or a space, which FAT drops')
    expect(pathProblem('root', path, modern)).toBeUndefined()
  })

  it('lets a long name with spaces onto FAT', () => {
    expect(pathProblem('boot', '/overlays/A long, name+[1].dtbo', modern)).toBeUndefined()
  })
})
