import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { newFolder } from '../support/cli.js'
import type { Computer, Lab, Switch } from './lab.js'
import { type Mirror, openMirror } from './mirror.js'

/** A router with DHCP, names and IPv6 prefixes, and a package mirror behind it; a master's uplink leads to it. */
export interface Outside {
  readonly computer: Computer
  readonly mirror: Mirror
  /** What its DHCP and DNS server has said so far. */
  log(): string
  close(): Promise<void>
}

/** The first address that its DHCP server gives; the only one where a master's uplink is the only client. */
export const uplinkAddress = '192.0.2.50'
export const router = '192.0.2.1'
/** The proxy for apt of every node. Only the router's name server knows its name. */
export const aptProxy = 'http://mirror.example:3142'

/** Why there can be no router here; empty if there can. */
export function whyNoOutside(): string {
  const { status } = spawnSync('sh', ['-c', 'PATH=$PATH:/usr/sbin:/sbin command -v dnsmasq'])
  return status === 0 ? '' : 'no dnsmasq (package dnsmasq-base)'
}

/** Runs on a computer on a switch of the lab until it is closed. */
export interface Program {
  /** What it has said so far. */
  log(): string
  close(): Promise<void>
}

/** @param most how many nodes get an address there */
export async function openOutside(lab: Lab, most = 1, where: Switch = 'outside'): Promise<Outside> {
  const computer = await lab.plug('router', `${router}/24`, where)
  await computer.run('ip', 'address', 'add', 'fd00:2::1/64', 'dev', 'eth0', 'nodad')
  const mirror = await openMirror(lab, 'router', router)
  const ipv6 = ['--enable-ra', '--dhcp-range=fd00:2::,ra-only']
  const names = [`--address=/mirror.example/${router}`]
  const dnsmasq = openDnsmasq(lab, 'router', [
    `--dhcp-range=${uplinkAddress},192.0.2.${49 + most},1h`,
    ...ipv6,
    ...names,
  ])
  return {
    computer,
    mirror,
    log: () => dnsmasq.log(),
    close: async () => {
      await dnsmasq.close()
      mirror.close()
    },
  }
}

/** Another DHCP server on the cluster's switch, at number 250 of its network. */
export async function openDhcp(lab: Lab, name: string, network: string): Promise<Program> {
  await lab.plug(name, `${network}.250/24`)
  return openDnsmasq(lab, name, [`--dhcp-range=${network}.240,${network}.249,1h`])
}

function openDnsmasq(lab: Lab, computer: string, settings: readonly string[]): Program {
  const usual = [
    ...['dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--user=root', '--pid-file='],
    ...['--interface=eth0', '--bind-interfaces', '--no-hosts', '--no-resolv', '--dhcp-authoritative'],
    ...['--log-facility=-', '--log-queries', `--dhcp-leasefile=${join(newFolder(), 'leases')}`],
  ]
  return openProgram(lab, computer, [...usual, ...settings])
}

/** A process on its own is not ended by the end of what started it from outside of the lab. */
export function openProgram(lab: Lab, computer: string, words: readonly string[]): Program {
  const named = ['sh', '-c', 'echo "process $$" >&2; exec "$@"', 'sh', ...words]
  const [program = '', ...args] = lab.inside(['ip', 'netns', 'exec', computer, ...named])
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` }
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  const number = () => /^process (\d+)$/m.exec(log)?.[1] ?? ''
  return {
    log: () => log,
    close: async () => {
      await lab.run(['kill', number()])
    },
  }
}
