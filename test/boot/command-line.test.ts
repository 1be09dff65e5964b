import { describe, expect, it } from 'vitest'
import { readCommandLines } from '../../builder/boot/command-line.js'
import { anyBoard, commandLinesOf } from '../../builder/model/facts.js'

function read(config: string, files: readonly string[] = []) {
  return readCommandLines({
    text: (path) => (path === '/config.txt' ? config : undefined),
    has: (path) => files.includes(path),
  })
}

describe('the files with the kernel command line', () => {
  it('are cmdline.txt for every board where config.txt says nothing else', () => {
    const lines = read('arm_64bit=1\n#cmdline=x.txt\nkernel=k\n')
    expect(commandLinesOf(lines, 'pi4')).toEqual(['/cmdline.txt'])
    expect(commandLinesOf(lines, anyBoard)).toEqual(['/cmdline.txt'])
  })

  it('differ by board, the one that most boards read first', () => {
    const lines = read('cmdline=most.txt\n[pi4]\ncmdline=four.txt\n[pi3+]\ncmdline=three.txt\n')
    expect(commandLinesOf(lines, 'pi5')).toEqual(['/most.txt'])
    expect(commandLinesOf(lines, 'cm4')).toEqual(['/four.txt'])
    expect(commandLinesOf(lines, 'pi3')).toEqual(['/three.txt', '/most.txt'])
    expect(commandLinesOf(lines, anyBoard)).toEqual(['/most.txt', '/four.txt', '/three.txt'])
  })

  it('are those of the boards that the partition has a kernel for', () => {
    const lines = read('[pi4]\ncmdline=four.txt\n[pi5]\ncmdline=five.txt\n', ['/kernel_2712.img'])
    expect(commandLinesOf(lines, anyBoard)).toEqual(['/five.txt'])
  })
})
