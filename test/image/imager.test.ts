import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Desk, newDesk, piimg } from '../support/cli.js'
import { copyImage, partition, practiceImage, tool } from '../support/images.js'

/** As a person or Raspberry Pi Imager writes them: FAT has one file of a name, in upper or lower case. */
const left = ['CUSTOM.TOML', 'firstrun.sh', 'Userconf.txt', 'wpa_supplicant.conf', 'SSH', 'rpi-preseed.toml']

describe('a card of an image that Raspberry Pi Imager has changed', () => {
  let desk: Desk
  const fat = (image: string) =>
    `${join(desk.folder, image)}@@${partition(join(desk.folder, image), 1).offset}`

  beforeAll(async () => {
    desk = newDesk({
      x: 'x\n',
      'cmdline.txt': 'root=PARTUUID=5e2c0d12-02 systemd.run=/boot/firstrun.sh quiet\n',
    })
    copyImage(await practiceImage('bookworm'), join(desk.folder, 'base.img'))
    for (const name of left) tool('mcopy', ['-i', fat('base.img'), join(desk.folder, 'x'), `::/${name}`])
    tool('mcopy', ['-o', '-i', fat('base.img'), join(desk.folder, 'cmdline.txt'), '::/cmdline.txt'])
  })

  it('has none of its settings, and the plan shows that', async () => {
    const node = ['--profile', 'worker', '--hostname', 'node3', '--image', 'base.img']
    const plan = await piimg(desk, ['plan', ...node])
    // Its cmdline.txt is of a Pi that ran: the root was grown already.
    expect(plan.stderr).toMatch(
      /^warning: base\.img boot\/cmdline\.txt: nothing grows the root[^\n]*\n {2}hint: [^\n]*\n?$/,
    )
    for (const name of left) expect(plan.stdout).toMatch(new RegExp(`boot/${name}.* removed`, 'i'))
    expect((await piimg(desk, ['build', ...node])).exitCode).toBe(0)
    const files = tool('mdir', ['-b', '-i', fat('out/node3.img'), '::/']).toLowerCase()
    for (const name of left) expect(files).not.toContain(`::/${name.toLowerCase()}\n`)
    expect(tool('mtype', ['-i', fat('out/node3.img'), '::/cmdline.txt'])).toMatch(
      /^root=PARTUUID=5e2c0d12-02 quiet[^\n]*\n$/,
    )
  })
})
