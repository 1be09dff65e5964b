import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StepError } from '../errors.js'
import { withLock } from '../host/owner.js'
import { report } from '../host/report.js'
import { run } from '../host/run.js'
import { findTool, installCommand, type Tool, tools } from '../host/tools.js'
import { containerCommand, type ContainerEngine } from './container.js'

/** The parts of piimg's own folder that go into the image; the same list is in `.dockerignore`. */
const parts = ['Dockerfile', 'package.json', 'profiles', 'overlays', 'scripts/self-check', 'dist/piimg']
/** The base layer that scripts/docker-base makes if no registry is reachable. */
const ownBase = 'piimg-base'
/** The label of every image that piimg has built. */
const label = 'piimg=built'
/** Exit codes of docker and podman that are answers. */
const exitCodes = [0, 1, 2, 125]

/** Docker, or Podman if Docker is missing. */
export function containerTool(): Tool | undefined {
  return [tools.docker, tools.podman].find((tool) => findTool(tool) !== undefined)
}

/**
 * The container engine of this computer with piimg's image in it, which is built when this piimg has none yet.
 * @param root the folder of piimg itself
 * @param locks a folder for a lock: if several builds start together, one of them makes the image
 * @throws {StepError}
 */
export async function openContainerEngine(
  version: string,
  root: string,
  locks: string,
): Promise<ContainerEngine> {
  const tool = containerTool()
  if (tool === undefined) {
    const reason = 'neither docker nor podman is installed'
    throw new StepError({ step: 'build in a container', reason, hint: installCommand([tools.docker]) })
  }
  const guards = await guardsOf(tool)
  const image = `piimg:${version}-${contentHash(root)}`
  if (!(await hasImage(tool, image))) {
    const waiting = (): void => report.note(`waiting for another piimg process that builds ${image}`)
    await withLock(join(locks, 'image.lock'), waiting, () => buildImage(tool, image, root))
  }
  return { tool, image, guards }
}

/** The security features that the engine's computer enforces; fails if the engine does not answer. */
export async function guardsOf(tool: Tool): Promise<string[]> {
  const step = `query the features of ${tool.name}`
  const format = tool === tools.docker ? '{{json .SecurityOptions}}' : '{{json .Host.Security}}'
  const { stdout, stderr, exitCode } = await run({
    ...containerCommand(tool, step, ['info', '--format', format]),
    exitCodes,
  })
  if (exitCode !== 0 || stdout.trim() === 'null') {
    // Older clients print a template error instead; this command prints the real problem.
    const asked = await run({
      ...containerCommand(tool, step, ['version', '--format', '{{.Server.Version}}']),
      exitCodes,
    })
    const reason = (asked.exitCode === 0 ? stderr : asked.stderr).trim().split('\n').slice(-2).join('\n')
    const hint = /permission denied/.test(reason)
      ? 'sudo usermod -aG docker $USER, then log in again'
      : `start ${tool.name} first`
    throw new StepError({ step, reason: reason === '' ? 'it does not answer' : reason, hint })
  }
  const isOn = (guard: string) => new RegExp(`name=${guard}|"${guard}(Enabled)?":true`, 'i').test(stdout)
  return ['apparmor', 'selinux', 'rootless'].filter(isOn)
}

async function hasImage(tool: Tool, image: string): Promise<boolean> {
  const args = ['image', 'inspect', '--format', '{{.Id}}', image]
  const command = containerCommand(tool, `look for ${image}`, args)
  return (await run({ ...command, exitCodes })).exitCode === 0
}

async function buildImage(tool: Tool, image: string, root: string): Promise<void> {
  if (await hasImage(tool, image)) return
  report.note(`building the container image ${image}, once for this version of piimg: a minute or two`)
  const base = (await hasImage(tool, ownBase)) ? [`--build-arg=BASE=${ownBase}`] : []
  const started = performance.now()
  const tags = [`--tag=${image}`, '--tag=piimg:latest', `--label=${label}`]
  const args = ['build', '--quiet', ...tags, ...base, root]
  const step = `build the container image ${image}`
  const { stdout, stderr, exitCode } = await run({ ...containerCommand(tool, step, args), exitCodes })
  if (exitCode !== 0) {
    const reason = `${stdout}\n${stderr}`.trim().split('\n').slice(-4).join('\n')
    const hint = `without access to a registry: ${join(root, 'scripts/docker-base')} makes the base layer from Debian packages`
    throw new StepError({ step, reason, hint })
  }
  report.note(`built ${image} in ${((performance.now() - started) / 1000).toFixed(0)} s`)
  await removeOthers(tool, image)
}

/** Removes the images of other versions that piimg has built and no container uses: without force those stay. */
async function removeOthers(tool: Tool, image: string): Promise<void> {
  const step = 'remove container images of other versions'
  const format = '{{.Repository}}:{{.Tag}}'
  const list = ['image', 'ls', `--filter=label=${label}`, '--format', format]
  const { stdout } = await run({ ...containerCommand(tool, step, list), exitCodes })
  // Podman says localhost/piimg:….
  const others = stdout.split('\n').filter((tag) => /(^|\/)piimg:\d/.test(tag) && !tag.endsWith(image))
  if (others.length === 0) return
  await run({ ...containerCommand(tool, step, ['image', 'rm', ...others]), exitCodes })
}

/** Each version of piimg has its own image. */
function contentHash(root: string): string {
  const hash = createHash('sha256')
  const add = (path: string): void => {
    const file = join(root, path)
    if (!statSync(file).isDirectory()) hash.update(`${path}\0`).update(readFileSync(file))
    else for (const name of readdirSync(file).sort()) if (!name.endsWith('.compiled')) add(`${path}/${name}`)
  }
  parts.forEach(add)
  return hash.digest('hex').slice(0, 12)
}
