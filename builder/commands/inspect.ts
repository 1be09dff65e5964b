import { report, formatBytes } from '../host/report.js'
import { type OpenImage, withImage } from '../image/open-image.js'
import { readFacts } from '../image/facts.js'
import { readRecord } from '../image/plan-record.js'
import type { Facts } from '../model/facts.js'
import type { Place } from '../model/place.js'
import type { PlanRecord } from '../model/plan-record.js'
import { entryLine, table, valueText } from '../host/show.js'
import { type InspectedBase, inspectBase } from '../resolve/inspected-base.js'
import { unpackedImage } from '../resolve/unpacked-image.js'

/** `piimg inspect IMAGE`: partitions, release, network stack; what piimg put in, or what differs from a stock image. */
export async function inspect(
  _: Place,
  path: string,
  { json }: { readonly json?: boolean },
): Promise<number> {
  return await withImage(await unpackedImage(path), path, async (image) => {
    const facts = readFacts(image)
    const record = readRecord(image)
    const stock = record === undefined ? await inspectBase(image, facts) : undefined
    if (json === true) {
      const { packages, tags, ...others } = facts
      const rest = { ...others, free: undefined }
      const names = Object.entries(tags)
        .filter(([, holds]) => holds)
        .map(([name]) => name)
      report.result(
        JSON.stringify(
          {
            ...rest,
            facts: names,
            packages: packages.size,
            partitions: partitionsOf(image),
            stock,
            piimg: record,
          },
          undefined,
          1,
        ),
      )
    } else {
      report.result(describe(image, facts))
      if (stock !== undefined) report.result(`\n${describeStock(stock, facts)}`)
      if (record !== undefined) report.result(`\n${describeRecord(record)}`)
    }
    return Promise.resolve(0)
  })
}

function partitionsOf({ bootPartition, rootPartition, boot, root }: OpenImage) {
  const { superblock } = root
  return [
    { ...bootPartition, fileSystem: 'FAT32', label: boot.label, free: boot.freeBytes },
    { ...rootPartition, fileSystem: 'ext4', label: superblock.label, free: root.freeBytes },
  ]
}

function describe(image: OpenImage, facts: Facts): string {
  const user = facts.users.find(({ uid }) => uid === 1000)
  const date = facts.imageDate === undefined ? '' : `, image of ${facts.imageDate}`
  const partitions = partitionsOf(image).map(({ number, fileSystem, label, offset, size, free }) => [
    `  ${number}`,
    fileSystem,
    label,
    `at ${formatBytes(offset)}`,
    formatBytes(size),
    `${formatBytes(free)} free`,
  ])
  const rows = [
    ['system', `${systemOf(facts)}, ${facts.architecture}${date}`],
    ['size', `${formatBytes(facts.size)}, disk signature ${facts.diskSignature}`],
    ['boot', `mounted at ${facts.bootMount}; the kernel's root is ${facts.rootDevice}`],
    ['first boot', firstBootText[facts.firstBoot]],
    ['network', facts.networkStack === 'networkmanager' ? 'NetworkManager' : 'dhcpcd'],
    ['cards', facts.interfaceNames === 'kernel' ? 'eth0, wlan0' : 'predictable names, such as end0'],
    ['user', user === undefined ? 'no user 1000' : `${user.name}, ${user.home}, ${user.shell}`],
    ['locales', facts.locales.join(' ') || 'only C.UTF-8'],
    ['packages', String(facts.packages.size)],
  ]
  return `${image.name}\n${table(rows)}\npartitions\n${table(partitions)}`
}

function systemOf({ distribution, release }: Facts): string {
  return `${distribution === 'raspios' ? 'Raspberry Pi OS' : 'Debian'} ${release}`
}

function describeStock({ hasList, differences }: InspectedBase, facts: Facts): string {
  const packagesOnly = `piimg knows no stock image of ${systemOf(facts)}: it compares only files of packages\n`
  const found =
    differences.length === 0
      ? 'as shipped'
      : `not as shipped; for a node:\n${table(
          differences.map(({ path, change, promises, meaning }) => {
            return [`  ${path}`, change, promiseText(promises), meaning]
          }),
        )}`
  return hasList ? found : packagesOnly + found
}

function promiseText([first = 'facts', second, ...more]: readonly string[]): string {
  return [first, ...(second === undefined ? [] : [second]), ...(more.length === 0 ? [] : ['…'])].join(', ')
}

const firstBootText: Readonly<Record<Facts['firstBoot'], string>> = {
  init_resize: 'grows the root (raspi-config init_resize.sh)',
  firstboot: 'grows the root, makes ssh host keys (raspberrypi-sys-mods firstboot)',
  resize: 'grows the root (resize in cmdline.txt)',
  growroot: 'grows the root (cloud-initramfs-growroot)',
  none: 'nothing grows the root',
}

function describeRecord(record: PlanRecord): string {
  const values = Object.entries(record.values).map(([name, value]) => [`  ${name}`, valueText(value)])
  const built = new Date(record.builtAt * 1000).toISOString()
  return [
    `built by piimg ${record.piimg} as ${record.profile} ${record.hostname}, ${built}`,
    table(values),
    'files',
    ...record.entries.map(entryLine),
  ].join('\n')
}
