import { describe, expect, it } from 'vitest'
import { cidr } from '../support/cidr.js'
import { cardSize } from '../../builder/emulate/layer.js'
import { type MachineInput, processorsOfEach, qemuArguments } from '../../builder/emulate/machine.js'
import { userNetwork } from '../../builder/emulate/networks.js'

describe("QEMU's arguments", () => {
  const worker = { network: userNetwork(cidr('10.0.0.3/24'), '10.0.0.1', ['10.0.0.1']), sshPort: 2222 }
  const uplink = { network: userNetwork(undefined, undefined, []), sshPort: 2222 }
  const input: MachineInput = {
    machine: 'virt',
    kvm: false,
    kernel: '/w/kernel',
    initramfs: '/w/initramfs',
    layer: '/w/a,b.qcow2',
    commandLine: 'console=ttyAMA0 quiet',
    memory: 768,
    processors: 3,
    network: { cards: [{ mac: 'dc:a6:32:00:00:03', lead: worker }] },
  }
  const after = (words: readonly string[], option: string) => words[words.indexOf(option) + 1]

  it('hand over the command line as one word, and doubled commas in file names', () => {
    const words = qemuArguments(input)
    expect(after(words, '-append')).toBe('console=ttyAMA0 quiet')
    expect(after(words, '-drive')).toContain('file=/w/a,,b.qcow2,')
  })

  it('forward the port on loopback only', () => {
    expect(after(qemuArguments(input), '-netdev')).toContain('hostfwd=tcp:127.0.0.1:2222-10.0.0.3:22')
  })

  const all = (words: readonly string[], option: string) =>
    words.flatMap((word, index) => (words[index - 1] === option ? [word] : []))
  const master: MachineInput = {
    ...input,
    network: {
      cards: [
        { mac: 'dc:a6:32:00:00:01', lead: 'switch' },
        { mac: 'dc:a6:32:00:00:02', lead: uplink },
      ],
    },
  }

  it.each(['virt', 'pi3'] as const)(
    'give %s the card at the switch first, which makes it eth0',
    (machine) => {
      const words = qemuArguments({ ...master, machine })
      expect(all(words, '-netdev')).toEqual([
        'socket,id=eth0,fd=4',
        'user,id=eth1,net=10.0.2.0/24,host=10.0.2.2,dns=10.0.2.3,dhcpstart=10.0.2.15,hostfwd=tcp:127.0.0.1:2222-10.0.2.15:22',
      ])
      const cards = all(words, '-device').filter((device) => device.includes('mac='))
      expect(cards.map((device) => /netdev=.*mac=[\da-f:]+/.exec(device)?.[0])).toEqual([
        'netdev=eth0,mac=dc:a6:32:00:00:01',
        'netdev=eth1,mac=dc:a6:32:00:00:02',
      ])
    },
  )

  it('lead a network outside of the switch out of QEMU, beside the card', () => {
    const outside = { ...worker, leases: false }
    const words = qemuArguments({ ...input, network: { cards: master.network.cards.slice(0, 1), outside } })
    expect(all(words, '-netdev').map((word) => word.split(',net=')[0])).toEqual([
      'socket,id=eth0,fd=4',
      'user,id=outside',
      'socket,id=cable,fd=5',
      'hubport,id=outside-end,hubid=0,netdev=outside',
      'hubport,id=cable-end,hubid=0,netdev=cable',
    ])
  })

  it('give the memory and the processors that are asked for', () => {
    expect(after(qemuArguments(input), '-m')).toBe('768')
    expect(after(qemuArguments(input), '-smp')).toBe('3')
  })

  it.each([
    [1, 2, 2],
    [2, 2, 1],
    [2, 8, 4],
    [1, 16, 4],
    [3, 8, 2],
    [5, 4, 1],
  ])('%i guests on %i processors have %i each', (guests, cores, each) => {
    expect(processorsOfEach(guests, cores)).toBe(each)
  })

  it('use KVM on its own machine only', () => {
    expect(after(qemuArguments({ ...input, kvm: true }), '-accel')).toBe('kvm')
    expect(after(qemuArguments({ ...input, machine: 'pi3', kvm: true }), '-accel')).toContain('tcg')
  })

  it('give a Raspberry Pi 3 its device tree, an SD card and a USB network card', () => {
    const words = qemuArguments({ ...input, machine: 'pi3', deviceTree: '/w/dtb' })
    expect(after(words, '-M')).toBe('raspi3b')
    expect(after(words, '-dtb')).toBe('/w/dtb')
    expect(after(words, '-drive')).toMatch(/^if=sd,/)
    expect(words.join(' ')).toContain('usb-net')
    expect(words.join(' ')).not.toContain('virtio')
  })
})

describe('the emulated card', () => {
  it.each([
    [2560, 4],
    [4096, 8],
    [4095, 4],
    [9000, 16],
  ])('is larger than an image of %i MiB: %i GiB', (image, card) => {
    expect(cardSize(image * 2 ** 20)).toBe(card * 2 ** 30)
  })
})
