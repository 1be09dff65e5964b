import { accessSync, constants } from 'node:fs'
import type { OpenImage } from '../image/open-image.js'
import { readBootContents } from './boot-partition.js'
import { hasVirtio, kernelVersion } from '../boot/kernel.js'
import type { Machine } from './machine.js'

/** What QEMU emulates, and why it was chosen. */
export interface ChosenMachine {
  readonly machine: Machine
  readonly why: string
  /** Whether this computer's own processor runs the guest (Linux's KVM). */
  readonly kvm: boolean
}

/** QEMU's own machine if the kernel can find its card there, otherwise a Raspberry Pi 3. */
export async function chooseMachine(image: OpenImage, wanted: Machine | undefined): Promise<ChosenMachine> {
  const kvm = canRunGuests()
  if (wanted !== undefined) return { machine: wanted, why: '--machine', kvm: kvm && wanted === 'virt' }
  const { kernel, initramfs } = readBootContents(image.boot, 'virt', image.name)
  const version = kernelVersion(kernel) ?? ''
  const builtIn = image.root.readFile(`/lib/modules/${version}/modules.builtin`)?.toString() ?? ''
  return (await hasVirtio(builtIn, initramfs))
    ? { machine: 'virt', why: 'its kernel has virtio', kvm }
    : { machine: 'pi3', why: 'its kernel has no virtio', kvm: false }
}

function canRunGuests(): boolean {
  if (process.arch !== 'arm64' || process.platform !== 'linux') return false
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}
