import { createHash } from 'node:crypto'
import { type Cidr, contains, hostAddress, parseCidr } from '../model/ipv4.js'
import type { FirmwareBoard } from './firmware.js'

/** What QEMU stands in for: its own machine, or a Raspberry Pi 3. */
export const boards = ['virt', 'pi3'] as const
export type Board = (typeof boards)[number]

/** The part of config.txt that a board reads. */
export const firmwareBoard: Readonly<Record<Board, FirmwareBoard>> = { virt: 'pi4', pi3: 'pi3' }

/** Device trees of a Raspberry Pi 3: Raspberry Pi's name and the kernel's own. */
export const deviceTrees = ['/bcm2710-rpi-3-b.dtb', '/bcm2837-rpi-3-b.dtb'] as const

/** QEMU's user network: it stands in for what is outside of the node, the master included. */
export interface UserNetwork {
  /** CIDR. */
  readonly network: string
  /** QEMU's own address, which also routes to the outside. */
  readonly host: string
  /** Answers DNS by asking this computer's resolver. */
  readonly dns: string
  /** The first address that its DHCP server gives. */
  readonly lease: string
  /** Where the node listens. */
  readonly guest: string
}

const ordinaryNetwork: UserNetwork = {
  network: '10.0.2.0/24',
  host: '10.0.2.2',
  dns: '10.0.2.3',
  lease: '10.0.2.15',
  guest: '10.0.2.15',
}

/**
 * A network in which a node with a fixed address finds its gateway and its DNS server.
 * @param address CIDR; undefined or `dhcp`: QEMU gives the address
 */
export function userNetwork(
  address: string | undefined,
  gateway: string | undefined,
  dns: readonly string[],
): UserNetwork {
  const cidr = parseCidr(address ?? '')
  const network = cidr === undefined ? undefined : atLeast24(cidr)
  if (cidr === undefined || network === undefined) return ordinaryNetwork
  const isInside = (candidate: string | undefined): candidate is string =>
    candidate !== undefined && candidate !== '' && contains(network, candidate) && candidate !== cidr.address
  const taken = new Set([cidr.address])
  const take = (wanted: string | undefined): string => {
    let number = 1
    let found = isInside(wanted) && !taken.has(wanted) ? wanted : undefined
    while (found === undefined) {
      const next = hostAddress(network, number++) ?? ''
      if (!taken.has(next)) found = next
    }
    taken.add(found)
    return found
  }
  // QEMU answers for every address that it calls its own, so the gateway may well be the one with the DNS.
  const server = take(dns.find(isInside) ?? gateway)
  const host = take(gateway)
  const lease = take(undefined)
  return { network: `${network.network}/${network.prefix}`, host, dns: server, lease, guest: cidr.address }
}

/** QEMU needs room for its own addresses. */
function atLeast24(cidr: Cidr): Cidr | undefined {
  return cidr.prefix <= 24 ? cidr : parseCidr(`${cidr.address}/24`)
}

export interface MachineInput {
  readonly board: Board
  /** Whether the processor of this computer can run the guest itself. */
  readonly kvm: boolean
  /** Paths of files. */
  readonly kernel: string
  readonly initramfs?: string
  readonly deviceTree?: string
  readonly layer: string
  readonly commandLine: string
  readonly network: UserNetwork
  /** The image's name: each card has a MAC address of its own. */
  readonly label: string
  /** The port of this computer that leads to the node's port 22. */
  readonly sshPort: number
}

/** QEMU's arguments (qemu(1)): console on stdin and stdout, QMP on file descriptor 3, an end at a reboot. */
export function qemuArguments(input: MachineInput): string[] {
  const { board, kernel, initramfs, deviceTree, layer, commandLine, network, label, sshPort } = input
  const forward = `hostfwd=tcp:127.0.0.1:${sshPort}-${network.guest}:22`
  const user = `user,id=lan,net=${network.network},host=${network.host},dns=${network.dns},dhcpstart=${network.lease},${forward}` // prettier-ignore
  const card = `file=${layer.replaceAll(',', ',,')},format=qcow2,cache=writeback`
  return [
    ...(board === 'virt' ? ['-M', 'virt', '-smp', '2', '-m', '1024'] : ['-M', 'raspi3b']),
    ...acceleration(input),
    ...['-kernel', kernel, '-append', commandLine],
    ...(initramfs === undefined ? [] : ['-initrd', initramfs]),
    ...(deviceTree === undefined ? [] : ['-dtb', deviceTree]),
    ...(board === 'virt'
      ? [
          '-drive',
          `if=none,id=card,${card}`,
          '-device',
          'virtio-blk-pci,drive=card',
          '-device',
          'virtio-rng-pci',
        ]
      : ['-drive', `if=sd,${card}`]),
    ...['-netdev', user],
    // No firmware of its own for network boot, which is another package.
    ...[
      '-device',
      board === 'virt'
        ? `virtio-net-pci,netdev=lan,mac=${mac(label)},romfile=`
        : `usb-net,netdev=lan,mac=${mac(label)}`,
    ],
    ...['-display', 'none', '-monitor', 'none', '-nodefaults', '-no-reboot'],
    ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    ...['-chardev', 'socket,id=control,fd=3', '-mon', 'chardev=control,mode=control'],
  ]
}

/** One of Raspberry Pi's own, so that the kernel calls the card eth0 where it names USB cards by address. */
function mac(label: string): string {
  const [a = '', b = '', c = ''] = createHash('sha256').update(label).digest('hex').match(/../g) ?? []
  return `dc:a6:32:${a}:${b}:${c}`
}

function acceleration({ board, kvm }: MachineInput): string[] {
  // Without a size for its buffer of translated code QEMU takes twice the guest's memory.
  const emulated = ['-accel', 'tcg,thread=multi,tb-size=256']
  if (board === 'pi3') return emulated
  return kvm ? ['-accel', 'kvm', '-cpu', 'host'] : [...emulated, '-cpu', 'cortex-a72']
}
