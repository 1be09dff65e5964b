import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Place } from '../model/place.js'
import { commandLine, error, type Origin, type Problem } from '../model/problem.js'
import { coreVariables } from './core-variables.js'
import { expandHostnames } from './hostnames.js'
import type { Given } from './values.js'

/** The options of every verb that works on nodes. */
export interface NodeOptions {
  readonly profile?: string
  /** As typed: names. */
  readonly groups?: string
  /** As typed: names, and with a `~` those of overlays that the profile has and the node has not. */
  readonly overlays?: string
  /** The selected nodes of the cluster file: names, and ranges such as `node2..node9`. */
  readonly node?: readonly string[]
  /** Names, and ranges such as `node2..node9`. */
  readonly hostname?: readonly string[]
  readonly image?: string
  /** `name=value` */
  readonly set?: readonly string[]
  /** `name=path` */
  readonly setFile?: readonly string[]
  /** Of a build only; as typed, as is `packagesFrom`. */
  readonly engine?: string
  readonly output?: string
  readonly packagesFrom?: string
}

/** The values and hostnames that the command line gives. */
export function readCommandLine(
  options: NodeOptions,
  { folder }: Pick<Place, 'folder'>,
): {
  given: Given[]
  hostnames: string[]
  problems: Problem[]
} {
  const problems: Problem[] = []
  const complain = (key: string, what: string, hint: string) => {
    problems.push(error(commandLine(key), what, hint))
  }
  const given = [
    ...(options.set ?? []).flatMap((text) => splitAssignment('--set', text, complain) ?? []),
    ...(options.setFile ?? []).flatMap((text) => readAssignment(text, folder, complain) ?? []),
  ]
  const hostnames = (options.hostname ?? []).flatMap((text) => {
    if (text === '') complain('--hostname', 'the name is empty', 'write --hostname node3')
    const names = text === '' ? [] : expandHostnames(text)
    if (names === undefined)
      complain('--hostname', `"${text}" is not a range`, 'write node2..node9, 1000 nodes at most')
    return names ?? []
  })
  for (const name of new Set(hostnames.filter((one, index) => hostnames.indexOf(one) !== index))) {
    complain('--hostname', `${name} is given twice`, 'each node has its own name')
  }
  const set = given.filter(({ name }) => name === 'hostname').map(({ text }) => text)
  if (hostnames.length > 0 && set.length > 0) {
    complain('--set hostname', 'the hostname is given twice', 'use --hostname alone')
  }
  const all = hostnames.length > 0 ? hostnames : set
  return { given: given.filter(({ name }) => name !== 'hostname'), hostnames: all, problems }
}

type Complain = (key: string, what: string, hint: string) => void

function splitAssignment(option: string, text: string, complain: Complain): Given | undefined {
  const [, name, value] = /^([^=]*)=(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) {
    // Never the text: it may be a secret without a name.
    complain(option, 'a value without a name', `write ${option} name=value`)
    return undefined
  }
  const origin: Origin = commandLine(`${option} ${name}`)
  if (value === '' && !(option === '--set' && canBeEmpty(name)))
    complain(origin.key ?? option, `${name} is empty`, 'leave the option out to use the default')
  return { name, text: value, origin }
}

/** Whether an empty value means something: a Wi-Fi without a password. An empty file is more likely a mistake. */
function canBeEmpty(name: string): boolean {
  return coreVariables.some((variable) => variable.name === name && variable.type === 'psk')
}

/** For secrets, because all users of a computer can read command lines. */
function readAssignment(text: string, folder: string, complain: Complain): Given | undefined {
  const given = splitAssignment('--set-file', text, complain)
  if (given === undefined || given.text === '') return undefined
  const path = given.text
  try {
    const text = readFileSync(resolve(folder, path), 'utf8').replace(/\r?\n$/, '')
    if (text === '')
      complain(`--set-file ${given.name}`, `${path} is empty`, 'leave the option out to use the default')
    return text === '' ? undefined : { ...given, text }
  } catch (error) {
    complain(
      `--set-file ${given.name}`,
      `${path} cannot be read: ${(error as Error).message}`,
      'give a text file',
    )
    return undefined
  }
}
