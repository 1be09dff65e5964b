import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ask, finalRoot, sharedFolder, textIn } from '../support/real-programs.js'

const folder = sharedFolder()
const programs = join(folder, 'bin')

function program(name: string, text: string): string {
  mkdirSync(programs, { recursive: true })
  writeFileSync(join(programs, name), `#!/bin/sh\n${text}`)
  chmodSync(join(programs, name), 0o755)
  return join(programs, name)
}

// Nodes a to d, 10.0.0.1 to 10.0.0.4; this one is a. A launcher says how it was called, and what its hostfile holds.
program(
  'getent',
  'case $2 in a|*.1) n=a i=1;; b|*.2) n=b i=2;; *) exit 2;; esac; echo "10.0.0.$i $n.lab $n"\n',
)
program('ip', 'case $* in *"show to 10.0.0.1"*) echo here;; esac\n')
program('uname', 'echo a\n')
for (const mpi of ['openmpi', 'mpich'])
  program(`mpiexec.${mpi}`, 'echo "$*"\n[ ! -e /dev/fd/9 ] || cat /dev/fd/9\n')

/** piimg's mpiexec for one MPI. */
function wrapper(mpi: string): string {
  const text = textIn(finalRoot({ release: 'bookworm' }), '/usr/local/bin/mpiexec')
  const own = text
    .replace('mpi=openmpi\n', `mpi=${mpi}\n`)
    .replace('/usr/bin/mpiexec.', `${programs}/mpiexec.`)
  return program(`wrapper-${mpi}`, own.replace(/^#!.*\n/, '').replaceAll('/usr/bin/prterun', '/nothing'))
}

/** How the launcher of an MPI is called, without the program. */
function called(mpi: 'openmpi' | 'mpich', words: string): string {
  const env = { PATH: `${programs}:${process.env['PATH'] ?? ''}` }
  const { output, errors } = ask(['sh', wrapper(mpi), ...words.split(' '), 'true'], { env })
  return `${output}${errors}`
    .replaceAll(folder, '')
    .replace(/ true$/m, '')
    .trim()
}

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

// What the launchers make of these was seen with Open MPI 4.1.4 and 5.0.7, and MPICH 4.0.2 and 4.2.1.
describe('mpiexec', () => {
  const slots = file('slots', '# nodes\nb slots=2\n\n10.0.0.1 slots = 1 max_slots=4 # this one\r\nc\n')
  const numbers = file('numbers', 'a:2\n10.0.0.2:1\n')
  const hostfile = '--hostfile /dev/fd/9 -n 3\n'

  it.each(['-f', '-hostfile', '--hostfile', '-machinefile', '--machinefile'])(
    'reads a file after %s',
    (option) => {
      expect(called('openmpi', `${option} ${numbers} -n 3`)).toBe(`${hostfile}a slots=2\nb slots=1`)
      expect(called('mpich', `${option} ${numbers} -n 3`)).toBe('-hosts a:2,10.0.0.2:1 -n 3')
    },
  )

  it('reads a file of either MPI', () => {
    expect(called('openmpi', `--hostfile=${slots} -n 3`)).toBe(`${hostfile}b slots=2\na slots=1\nc`)
    expect(called('mpich', `--machinefile=${slots} -n 3`)).toBe('-hosts b:2,10.0.0.1:1,c -n 3')
  })

  it.each(['-H', '-host', '--host', '-hosts', '--hosts'])('takes hosts after %s', (option) => {
    expect(called('openmpi', `${option} a,10.0.0.2 -n 4`)).toBe(
      '--host a:2,b:2 --map-by node:oversubscribe -n 4',
    )
    expect(called('mpich', `${option} a,10.0.0.2 -n 4`)).toBe('-hosts a,10.0.0.2 -n 4')
  })

  it.each([
    ['--host a:2,b:2 -n 4', '--host a:2,b:2 --map-by slot:oversubscribe -n 4'],
    ['--host a:2,b -n 3', '--host a:2,b:1 --map-by slot:oversubscribe -n 3'],
    ['--host a,b,b,c -n 4', '--host a:1,b:1,b:1,c:1 --map-by slot:oversubscribe -n 4'],
    ['--host a,b', '--host a:1,b:1 --map-by node:oversubscribe'],
    ['--host a:2,b:2 --map-by core -n 4', '--host a:2,b:2 --map-by core -n 4'],
    ['-n 2', '-n 2'],
  ])('with %s of Open MPI calls it with %s', (words, expected) => {
    expect(called('openmpi', words)).toBe(expected)
  })

  it('takes hosts before a file, and says what is missing', () => {
    expect(called('openmpi', `--hostfile ${slots} --host b -n 1`)).toMatch(/^--host b:1 --map-by/)
    expect(called('openmpi', `--hostfile ${file('none', '# none\n')} -n 1`)).toBe(
      'mpiexec: there are no hosts in /none',
    )
    expect(called('openmpi', '--hostfile /nothing -n 1')).toMatch(/\/nothing/)
  })
})
