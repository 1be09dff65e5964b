import { type Board, boardNamed } from '../model/board.js'
import type { NetworkCard, NodeNetwork, UserPort } from './networks.js'

/** What QEMU emulates: its own machine, or its model of a Raspberry Pi 3. */
export const machines = ['virt', 'pi3'] as const
export type Machine = (typeof machines)[number]

/** The board whose part of config.txt and whose files a machine takes. */
export const boardOf: Readonly<Record<Machine, Board>> = {
  virt: boardNamed('pi4'),
  pi3: boardNamed('pi3b'),
}

/** What the kernel calls the serial port of QEMU's own machine. */
export const virtSerialPort = 'ttyAMA0'

export interface MachineInput {
  readonly machine: Machine
  /** Whether the processor of this computer can run the guest itself. */
  readonly kvm: boolean
  /** Paths of files. */
  readonly kernel: string
  readonly initramfs?: string
  readonly deviceTree?: string
  readonly layer: string
  readonly commandLine: string
  readonly network: NodeNetwork
  /** MiB, where the machine does not fix it. */
  readonly memory: number
  /** Their number, where the machine does not fix it. */
  readonly processors: number
}

/** File descriptors of QEMU: its control socket, and the cables of its network cards. */
export const descriptors = { control: 3, switch: 4, outside: 5 } as const

/** QEMU's arguments (qemu(1)): console on stdin and stdout, an end at a reboot. */
export function qemuArguments(input: MachineInput): string[] {
  const { machine, kernel, initramfs, deviceTree, layer, commandLine, network } = input
  const card = `file=${layer.replaceAll(',', ',,')},format=qcow2,cache=writeback`
  return [
    ...(machine === 'virt'
      ? ['-M', 'virt', '-smp', String(input.processors), '-m', String(input.memory)]
      : ['-M', 'raspi3b']),
    ...acceleration(input),
    ...['-kernel', kernel, '-append', commandLine],
    ...(initramfs === undefined ? [] : ['-initrd', initramfs]),
    ...(deviceTree === undefined ? [] : ['-dtb', deviceTree]),
    ...(machine === 'virt'
      ? [
          '-drive',
          `if=none,id=card,${card}`,
          '-device',
          'virtio-blk-pci,drive=card',
          '-device',
          'virtio-rng-pci',
        ]
      : ['-drive', `if=sd,${card}`]),
    ...network.cards.flatMap((networkCard, number) => cardArguments(machine, networkCard, number)),
    ...(network.outside === undefined ? [] : outsideArguments(network.outside)),
    ...['-display', 'none', '-monitor', 'none', '-nodefaults', '-no-reboot'],
    ...['-chardev', 'stdio,id=console,signal=off'],
    // The second one of a Pi 3; the first is used by Bluetooth.
    ...(machine === 'virt' ? [] : ['-serial', 'null']),
    ...['-serial', 'chardev:console'],
    ...['-chardev', `socket,id=control,fd=${descriptors.control}`, '-mon', 'chardev=control,mode=control'],
  ]
}

/**
 * The processors of each guest: its share of this computer's, at most the four of a Raspberry Pi. More than that
 * would wait for each other: an emulated processor keeps a real one busy.
 */
export function processorsOfEach(guests: number, cores: number): number {
  return Math.max(1, Math.min(4, Math.floor(cores / guests)))
}

function cardArguments(machine: Machine, { mac, lead }: NetworkCard, number: number): string[] {
  const id = `eth${number}`
  const device = `netdev=${id},mac=${mac}`
  return [
    ...['-netdev', lead === 'switch' ? `socket,id=${id},fd=${descriptors.switch}` : userArgument(id, lead)],
    // No firmware for network boot, which is in another package.
    ...['-device', machine === 'virt' ? `virtio-net-pci,${device},romfile=` : `usb-net,${device}`],
  ]
}

/** A user network whose cable goes to piimg's switch, which decides which node sees it. */
function outsideArguments(port: UserPort): string[] {
  const cable = `socket,id=cable,fd=${descriptors.outside}`
  const ends = ['outside', 'cable'].map((netdev) => `hubport,id=${netdev}-end,hubid=0,netdev=${netdev}`)
  return [userArgument('outside', port), cable, ...ends].flatMap((argument) => ['-netdev', argument])
}

function userArgument(id: string, { network, sshPort }: UserPort): string {
  const { network: net, host, dns, lease, guest } = network
  const forward = sshPort === undefined ? '' : `,hostfwd=tcp:127.0.0.1:${sshPort}-${guest}:22`
  return `user,id=${id},net=${net},host=${host},dns=${dns},dhcpstart=${lease}${forward}`
}

/** MiB: without a size for its buffer of translated code QEMU takes twice the guest's memory. */
export const codeBuffer = 256

function acceleration({ machine, kvm }: MachineInput): string[] {
  const emulated = ['-accel', `tcg,thread=multi,tb-size=${codeBuffer}`]
  if (machine === 'pi3') return emulated
  return kvm ? ['-accel', 'kvm', '-cpu', 'host'] : [...emulated, '-cpu', 'cortex-a72']
}
