import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cardSize } from '../../builder/emulate/layer.js'
import { type MachineInput, qemuArguments, userNetwork } from '../../builder/emulate/machine.js'
import { contains, parseCidr } from '../../builder/model/ipv4.js'

describe("QEMU's user network", () => {
  it('is gateway and DNS server of a worker', () => {
    expect(userNetwork('10.0.0.3/24', '10.0.0.1', ['10.0.0.1'])).toEqual({
      network: '10.0.0.0/24',
      dns: '10.0.0.1',
      host: '10.0.0.2',
      lease: '10.0.0.4',
      guest: '10.0.0.3',
    })
  })

  it('gives two addresses where gateway and DNS server are two', () => {
    const { host, dns } = userNetwork('192.168.5.7/24', '192.168.5.1', ['192.168.5.2'])
    expect([host, dns]).toEqual(['192.168.5.1', '192.168.5.2'])
  })

  it('gives an address to a node that wants one', () => {
    expect(userNetwork('dhcp', undefined, []).guest).toBe('10.0.2.15')
    expect(userNetwork(undefined, undefined, []).lease).toBe('10.0.2.15')
  })

  it('has four addresses of one network, for every node', () => {
    const byte = fc.integer({ min: 1, max: 254 })
    fc.assert(
      fc.property(
        fc.tuple(byte, byte, byte, byte),
        fc.integer({ min: 8, max: 30 }),
        byte,
        (bytes, prefix, last) => {
          const gateway = [...bytes.slice(0, 3), last].join('.')
          const found = userNetwork(`${bytes.join('.')}/${prefix}`, gateway, [gateway])
          const addresses = [found.host, found.dns, found.lease, found.guest]
          const network = parseCidr(found.network)
          expect(new Set(addresses).size).toBe(4)
          for (const address of addresses)
            expect(network !== undefined && contains(network, address)).toBe(true)
          expect(found.guest).toBe(bytes.join('.'))
        },
      ),
    )
  })
})

describe("QEMU's arguments", () => {
  const input: MachineInput = {
    board: 'virt',
    kvm: false,
    kernel: '/w/kernel',
    initramfs: '/w/initramfs',
    layer: '/w/a,b.qcow2',
    commandLine: 'console=ttyAMA0 quiet',
    network: userNetwork('10.0.0.3/24', '10.0.0.1', ['10.0.0.1']),
    label: 'node3.img',
    sshPort: 2222,
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

  it('give each node a card of its own, with an address of Raspberry Pi', () => {
    const mac = (label: string) => /mac=([\d:a-f]+)/.exec(qemuArguments({ ...input, label }).join(' '))?.[1]
    expect(mac('node3.img')).toMatch(/^dc:a6:32(:[\da-f]{2}){3}$/)
    expect(mac('node3.img')).not.toBe(mac('node4.img'))
  })

  it('use KVM on its own machine only', () => {
    expect(after(qemuArguments({ ...input, kvm: true }), '-accel')).toBe('kvm')
    expect(after(qemuArguments({ ...input, board: 'pi3', kvm: true }), '-accel')).toContain('tcg')
  })

  it('give a Raspberry Pi 3 its device tree, an SD card and a USB network card', () => {
    const words = qemuArguments({ ...input, board: 'pi3', deviceTree: '/w/dtb' })
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
