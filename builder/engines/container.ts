import { setTimeout as delay } from 'node:timers/promises'
import { isLeftover, partialName } from '../host/owner.js'
import { report } from '../host/report.js'
import { clearUp, type Command, inherited, run } from '../host/run.js'
import type { Tool } from '../host/tools.js'

/** Docker, or Podman in its place, and piimg's image in it. */
export interface ContainerEngine {
  readonly tool: Tool
  /** The image's tag. */
  readonly image: string
  /** What this engine's computer enforces besides capabilities: `apparmor`, `selinux`; and `rootless`, where its root is the user. */
  readonly guards: readonly string[]
}

/** Environment variables that locate the container engine. */
const settings = [
  'HOME',
  'XDG_RUNTIME_DIR',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CERT_PATH',
  'DOCKER_BUILDKIT',
  'CONTAINER_HOST',
  'http_proxy',
  'https_proxy',
  'no_proxy',
]

/** A command for the container engine. */
export function containerCommand(tool: Tool, step: string, args: readonly string[]): Command {
  return { tool, args, step, env: inherited(settings) }
}

/** The options of all containers of piimg. Docker keeps no log of their output, which may be a whole image. */
export function runWords(name: string): string[] {
  const about = ['--rm', '--interactive', '--pull=never', '--log-driver=none', `--name=${name}`]
  return ['run', ...about, '--read-only', '--tmpfs=/tmp']
}

/** As CSV fields, because a folder's name can contain commas. */
export function bindMount(source: string, target: string): string {
  const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`
  return `--mount=type=bind,${quoted(`src=${source}`)},${quoted(`dst=${target}`)}`
}

/** SELinux denies folders of the user. */
export function unlockFolders(guards: readonly string[]): string[] {
  return guards.includes('selinux') ? ['--security-opt=label=disable'] : []
}

/** Runs a container under a new name; when that fails, the container is removed. */
export async function withName<T>(tool: Tool, work: (name: string) => Promise<T>): Promise<T> {
  const name = newName()
  try {
    return await work(name)
  } catch (error) {
    await removeContainer(tool, name)
    throw error
  }
}

/**
 * A container that was stopped between its creation and its start is not removed automatically; or it is being
 * created.
 */
async function removeContainer(tool: Tool, name: string): Promise<void> {
  const args = ['rm', '--force', '--volumes', name]
  for (let tries = 0; tries < 3; tries++) {
    const said = await clearUp(containerCommand(tool, `remove ${name}`, args))
    if (!/no such container/i.test(said)) return
    await delay(200)
  }
}

const namePrefix = 'piimg'

/** A new name for a container; it contains the owner. */
export function newName(): string {
  return `${namePrefix}${partialName()}`
}

/** Removes the containers that killed runs of this computer have left. */
export async function removeDeadContainers(tool: Tool): Promise<void> {
  const step = 'look for containers of killed builds'
  const args = ['ps', '--all', '--format', '{{.Names}}', '--filter', `name=${namePrefix}`]
  const { stdout } = await run(containerCommand(tool, step, args))
  const dead = stdout
    .split('\n')
    .filter((name) => name.startsWith(namePrefix) && isLeftover(name.slice(namePrefix.length)))
  if (dead.length === 0) return
  report.debug(`removing ${dead.join(', ')}`)
  const removal = containerCommand(tool, step, ['rm', '--force', '--volumes', ...dead])
  await run({ ...removal, exitCodes: [0, 1] })
}
