import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, cpSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Desk, type Finished, give, isRoot, newDesk, newFolder, startPiimg } from './cli.js'

/** A computer with piimg and the cluster's folder on it, whose cable is in the switch of an emulated cluster. */
export interface Laptop {
  /** `piimg ssh NODE COMMAND`; tries again until the node answers, or `ms` have passed. */
  ssh(node: string, command: string, ms: number): Promise<Finished>
  unplug(): void
}

/** Why there can be none here; empty if there can. */
export function whyNoLaptop(): string {
  return isRoot && existsSync('/dev/net/tun') ? '' : 'a laptop at the switch needs root and /dev/net/tun'
}

/** A socket in the emulated switch, and the QEMU that the master needs in place of the usual one to have it. */
export interface Socket {
  readonly path: string
  /** A folder to be looked into for programs first. */
  readonly programs: string
}

/**
 * The master's QEMU gets a hub between its eth0 and the switch, and a Unix socket as the hub's third end.
 * @param hasUplink whether the master keeps its second card
 */
export function switchWithSocket(hasUplink: boolean): Socket {
  const programs = newFolder()
  const path = join(programs, 'laptop')
  const program = join(programs, 'qemu-system-aarch64')
  const hub = [
    'hubport,id=eth0,hubid=1',
    'socket,id=switch,fd=4',
    'hubport,id=to-switch,hubid=1,netdev=switch',
    `stream,id=laptop,server=on,addr.type=unix,addr.path=${path}`,
    'hubport,id=to-laptop,hubid=1,netdev=laptop',
  ]
  const left = hasUplink ? '' : 'user,id=eth1,* | *,netdev=eth1,*) flag= ;;'
  writeFileSync(
    program,
    `#!/bin/sh
flag=
case $* in *,netdev=eth1,*)
  for word; do
    shift
    case $word in
      -netdev | -device) flag=$word; continue ;;
      socket,id=eth0,*) set -- "$@" ${hub.map((end) => `-netdev ${end}`).join(' ')} ;;
      ${left}
      *) set -- "$@" $flag "$word" ;;
    esac
    flag=
  done ;;
esac
exec /usr/bin/qemu-system-aarch64 "$@"
`,
  )
  chmodSync(program, 0o755)
  give(programs)
  return { path, programs }
}

/** In a network of its own, in which there is nothing but that cable; a QEMU without a machine is the network card. */
export async function plugIn({ path }: Socket, desk: Desk, address: string): Promise<Laptop> {
  const own = folderOf(desk)
  // A card that finds no socket stays without a cable, and says nothing.
  do await delay(1000)
  while (!existsSync(path))
  const cables = [
    ...['-netdev', 'tap,id=card,ifname=eth0,script=no,downscript=no'],
    ...['-netdev', `stream,id=cable,server=off,addr.type=unix,addr.path=${path}`],
    ...['card', 'cable'].flatMap((end) => ['-netdev', `hubport,id=to-${end},hubid=0,netdev=${end}`]),
  ]
  const script = `ip tuntap add eth0 mode tap && ip address add ${address} dev eth0 && ip link set eth0 up && echo ready && exec "$@"`
  const card = ['qemu-system-aarch64', '-M', 'none', '-nodefaults', '-display', 'none', ...cables]
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` }
  const child = spawn('unshare', ['--net', 'sh', '-c', script, 'sh', ...card], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  // Until then, its process is still in this computer's own network.
  await new Promise<void>((done, failed) => {
    child.stdout.once('data', () => done())
    child.once('exit', () => failed(new Error('the laptop has no network card')))
  })
  return { ssh: async (...call) => await ssh(child, own, ...call), unplug: () => child.kill() }
}

/** What piimg remembers of the cluster, but not that it is emulated. */
function folderOf(desk: Desk): Desk {
  const own = newDesk()
  const state = join(own.folder, '.piimg')
  cpSync(join(desk.folder, '.piimg'), state, { recursive: true })
  rmSync(join(state, 'emulated.json'), { force: true })
  give(state)
  return own
}

async function ssh(
  laptop: ChildProcess,
  desk: Desk,
  ...[node, command, ms]: Parameters<Laptop['ssh']>
): Promise<Finished> {
  const until = performance.now() + ms
  for (;;) {
    const seconds = Math.max((until - performance.now()) / 1000, 1)
    // timeout(1) ends ssh as well.
    const inside = ['timeout', seconds.toFixed(0), 'nsenter', '--target', String(laptop.pid), '--net']
    const words = ['ssh', node, command]
    const result = await startPiimg(desk, words, { prefix: inside, patience: 2 * ms }).finished
    const isThere = result.exitCode !== 255 && !/ answers on port /.test(result.stderr)
    if (isThere || laptop.exitCode !== null || performance.now() > until) return result
    await delay(3000)
  }
}
