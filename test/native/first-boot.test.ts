import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeDeb } from '../support/debs.js'
import { signedRepository, whyNoSignatures } from '../support/signed-repository.js'
import { isFull, seed } from '../support/full.js'
import { random } from '../support/random.js'
import { bases } from './base.js'
import { honest, type Mirror } from './mirror.js'
import { onlySigned, smallRepository, smallSource, zippedRepository } from './small-repository.js'
import { plain, Stage } from './stage.js'

/** The lines that only one of two texts has. */
function differences(before: string, after: string): string[] {
  const [one, other] = [before, after].map((text) => new Set(text.split('\n')))
  return [...(one ?? []), ...(other ?? [])].filter((line) => one?.has(line) !== other?.has(line))
}

for (const base of bases.slice(0, 2)) {
  describe(`the first boot of ${base.name}`, () => {
    const stage = new Stage(base)
    beforeAll(() => stage.open())
    afterAll(() => stage.close())
    beforeEach((context) => stage.begin(context))

    it('installs MPI and what else is asked for, once', async () => {
      const node = await stage.boot(['packages=tcpdump', 'locale=de_DE.UTF-8'])
      await stage.ready()
      expect(await node.ask('tcpdump --version 2>&1 | head -n 1')).toMatch(/^tcpdump version/)
      expect(await stage.status()).toContain('everything is installed; node3 is ready')
      expect(await node.ask('cat /boot/firmware/piimg.txt')).toMatch(
        /^This card is node3, a worker at 10\.0\.0\.3\/24\.\nState: {3}ready\n/,
      )
      const pi = (command: string) => node.ask(`runuser -u pi -- ${command}`)
      const examples = '/usr/share/piimg/examples'
      expect(await pi('mpiexec -n 1 hostname')).toBe('node3')
      // A program in the folder where one is, and an option that piimg's mpiexec does not know.
      expect(await pi("sh -c 'cp /bin/hostname /tmp/mine; cd /tmp; mpiexec --stdin none -n 2 mine'")).toBe(
        'node3\nnode3',
      )
      const hello = (await pi(`mpiexec -n 4 python3 ${examples}/hello.py`)).split('\n').sort()
      expect(hello).toEqual([0, 1, 2, 3].map((rank) => `rank ${rank} of 4 on node3`))
      expect(await pi(`mpirun -n 4 --hosts node3 python3 ${examples}/prime.py 100000`)).toContain(
        '9592 primes up to 100000, by 4 ranks',
      )
      expect(await pi(`mpiexec --host 10.0.0.3 -n 2 python3 ${examples}/prime.py 1000`)).toContain(
        '168 primes up to 1000, by 2 ranks',
      )
      expect(
        await node.ask(
          '. /etc/default/locale; echo $LANG; LC_ALL=$LANG ls /gibt-es-nicht 2>&1 || :; locale -a',
        ),
      ).toMatch(/^de_DE\.UTF-8\n[^]*de_DE\.utf8/)
      // A second boot changes nothing.
      const packages = 'cat /var/log/dpkg.log | sha256sum'
      // NetworkManager writes resolv.conf at each boot.
      const tree =
        "find /etc /usr /opt /home /root /boot /var/lib/dpkg /var/lib/apt /var/lib/piimg /var/cache/apt -printf '%p %y %m %u:%g %s %T@ %l\\n' | grep -v '^/etc\\(/resolv.conf\\)\\? ' | sort"
      const before = await node.ask(packages)
      const treeBefore = await node.ask(tree)
      await node.reboot()
      await node.waitUntilRunning()
      expect(await node.ask('systemctl show --property=ConditionResult --value piimg-first-boot')).toBe('no')
      expect(await node.ask(packages)).toBe(before)
      expect(treeBefore.split('\n').length).toBeGreaterThan(10_000)
      expect(differences(treeBefore, await node.ask(tree))).toEqual([])
    })
  })
}

describe('a first boot from a small repository that the test has signed', () => {
  const stage = new Stage(bases[0])
  const missing = whyNoSignatures()
  const greet = makeDeb('greeter', { depends: 'greetings', postinst: 'echo done >/etc/greeter' })
  beforeAll(() => (missing === '' ? stage.open(plain, false) : undefined))
  afterAll(() => (missing === '' ? stage.close() : undefined))
  beforeEach((context) => {
    context.skip(missing !== '', missing)
    context.skip(stage.reason !== '', stage.reason)
    context.onTestFailed(async () => console.error(await stage.log(), await stage.node.journal()))
  })
  afterEach(() => stage.stop())

  it('gets ready', async () => {
    const { prepare, behaviour } = onlySigned(signedRepository([greet, makeDeb('greetings')]))
    stage.mirror.behave(behaviour)
    const node = await stage.boot(['packages=greeter'], prepare)
    await stage.ready()
    expect(await node.ask('cat /etc/greeter; dpkg-query --show greetings')).toBe('done\ngreetings\t1')
  })

  it('waits where one letter of the signed lists is another', async () => {
    const repository = signedRepository([greet, makeDeb('greetings')])
    const signed = repository.files.get('/InRelease')?.toString() ?? ''
    const files = new Map(repository.files).set('/InRelease', Buffer.from(signed.replace('test', 'tesT')))
    const { prepare, behaviour } = onlySigned({ ...repository, files })
    stage.mirror.behave(behaviour)
    await stage.boot(['packages=greeter'], prepare)
    expect(await stage.says(/^waiting$/m)).toMatch(/not signed by a trusted key/)
    stage.mirror.behave(onlySigned(repository).behaviour)
    await stage.retry()
    await stage.ready()
  })
})

describe('a first boot that meets', () => {
  const stage = new Stage(bases[0])
  const small = ['packages=tcpdump']
  beforeAll(() => stage.open(plain))
  afterAll(() => stage.close())
  beforeEach((context) => stage.begin(context))
  afterEach(async () => {
    if (stage.reason !== '') return
    stage.mirror.behave(honest)
    await stage.node.stop()
  })

  const isDeb = (url: URL) => url.pathname.endsWith('.deb')
  const isRelease = (url: URL) => url.pathname.endsWith('/InRelease')

  it.each<[string, Parameters<Mirror['behave']>[0], RegExp]>([
    ['a mirror that is down', (_, response) => response.destroy(), /the mirror does not answer as expected/],
    [
      'a mirror that is broken (500)',
      (_, response) => response.writeHead(500).end(),
      /the mirror does not answer/,
    ],
    [
      'a mirror without its lists (404)',
      (_, response) => response.writeHead(404).end(),
      /the mirror does not have what it lists \(404\)/,
    ],
    [
      'a mirror without its packages (404)',
      (url, response, forward) => (isDeb(url) ? response.writeHead(404).end() : forward()),
      /the mirror does not have what it lists \(404\)/,
    ],
    [
      'a mirror that cuts off in the middle',
      (url, response, forward) =>
        isDeb(url)
          ? void response
              .writeHead(200, { 'content-length': '500000' })
              .write('x'.repeat(1000), () => response.destroy())
          : forward(),
      /the mirror does not answer as expected/,
    ],
    [
      'lists that somebody changed',
      (url, response, forward) =>
        isRelease(url)
          ? response
              .writeHead(200)
              .end(
                '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Debian\n-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n',
              )
          : forward(),
      /not signed by a trusted key/,
    ],
    [
      'a login page in the way',
      (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome</html>'),
      /not signed by a trusted key/,
    ],
  ])('%s waits, and gets ready once the mirror works again', async (_, behaviour, words) => {
    stage.mirror.behave(behaviour)
    await stage.boot(small)
    const text = await stage.says(/^waiting$/m)
    expect(text).toMatch(words)
    expect(text).toMatch(/next try in \d+ s/)
    stage.mirror.behave(honest)
    await stage.retry()
    await stage.ready()
  })

  const noNetwork = `
    rm etc/NetworkManager/system-connections/eth0.nmconnection
    printf "[keyfile]\\nunmanaged-devices=*\\n" >etc/NetworkManager/conf.d/99-test.conf`

  it('no network waits, and gets ready when the cable is in', async () => {
    await stage.boot(small, noNetwork)
    expect(await stage.says(/^waiting$/m)).toMatch(/there is no network/)
    await stage.node.ask(
      'ip link set eth0 up; ip address add 10.0.0.3/24 dev eth0; ip route add default via 10.0.0.1',
    )
    await stage.retry()
    await stage.ready()
  })

  it('a Wi-Fi that is not joined says so, and then why', async () => {
    const noWifi = `
    printf '#!/bin/sh\\nuntil [ -e /run/asked ]; do sleep 0.1; done\\necho the Wi-Fi is shy\\necho be gentle\\n' >usr/lib/piimg/why-no-wifi
    chmod 755 usr/lib/piimg/why-no-wifi`
    await stage.boot(small, noNetwork + noWifi)
    expect(await stage.says(/^working$/m)).toContain('waiting for the Wi-Fi')
    await stage.node.ask('touch /run/asked')
    expect(await stage.says(/^waiting$/m)).toContain(
      'there is no network: the Wi-Fi is shy\nbe gentle; next try in ',
    )
  })

  it('a name that cannot be resolved waits, and gets ready when it is', async () => {
    await stage.boot([...small, 'apt_proxy=http://proxy.cluster.internal:3142'])
    expect(await stage.says(/^waiting$/m)).toMatch(/the name proxy\.cluster\.internal cannot be resolved/)
    await stage.node.ask('echo 10.0.0.1 proxy.cluster.internal >>/etc/hosts')
    await stage.retry()
    await stage.ready()
  })

  it('a mirror that is not reachable says so', async () => {
    await stage.boot([...small, 'apt_proxy=http://10.0.0.1:9'])
    expect(await stage.says(/^waiting$/m)).toMatch(/the mirror is not reachable/)
  })

  it('a package whose unpacking was cut off reinstalls it', async () => {
    const cutOff = `
    sed -i '/^Package: netbase$/,/^Status/s/^Status: .*/Status: install reinstreq unpacked/' var/lib/dpkg/status`
    await stage.boot(small, cutOff)
    await stage.ready()
    expect(await stage.log()).toContain('reinstall it before attempting configuration')
    expect(await stage.node.ask('dpkg --audit; dpkg-query --show --showformat "\\${Status}" netbase')).toBe(
      'install ok installed',
    )
  })

  it('a package that does not exist stops, and says which', async () => {
    await stage.boot(['packages=tcpdump no-such-package-1'])
    const text = await stage.says(/^failed$/m)
    expect(text).toMatch(/there is no package no-such-package-1/)
    await stage.node.ask('sed -i /no-such/d /etc/piimg/packages')
    await stage.retry()
    await stage.ready()
  })

  it('packages that conflict with each other stops, and says so', async () => {
    stage.mirror.behave(smallRepository('picky', 'exit 0', undefined, 'not-there (>= 1)'))
    await stage.boot(['packages=picky'], smallSource)
    const text = await stage.says(/^failed$/m)
    expect(text).toMatch(
      /these packages conflict with each other\nsee the log; fewer or other "packages" may help/,
    )
  })

  it('a repository with a compressed list only gets ready', async () => {
    stage.mirror.behave(zippedRepository('zipped'))
    const noLanguages = `\n  echo 'Acquire::Languages "none";' >etc/apt/apt.conf.d/99languages\n`
    await stage.boot(['packages=zipped'], smallSource + noLanguages)
    await stage.ready()
    expect(await stage.log()).toMatch(/^Err:\d/m)
  })

  it('another program that installs packages waits for it', async () => {
    const hold =
      'python3 -c \'import fcntl, time; f = open("/var/lib/dpkg/lock-frontend", "w"); fcntl.lockf(f, fcntl.LOCK_EX); time.sleep(1000)\''
    await stage.boot(
      small,
      `
      cat >etc/systemd/system/hold.service <<'UNIT'
[Unit]
Before=piimg-first-boot.service
[Service]
ExecStart=/usr/bin/${hold.replaceAll('"', '\\"')}
[Install]
WantedBy=multi-user.target
UNIT
      ln -s /etc/systemd/system/hold.service etc/systemd/system/multi-user.target.wants/`,
    )
    expect(await stage.says(/^waiting$/m)).toMatch(/another program is installing packages/)
    await stage.node.ask('systemctl stop hold')
    await stage.retry()
    await stage.ready()
  })

  it('a full card stops before it begins, and says how much is missing', async () => {
    await stage.boot(small, '', '190m')
    expect(await stage.says(/^failed$/m)).toMatch(
      /the card is too small: \d+ MiB are needed, \d+ MiB are free|the card is full/,
    )
    await stage.inLab('mount', '-o', 'remount,size=2g', '/run/nodes/node3/layer')
    await stage.retry()
    await stage.ready()
  })

  it('a package whose script fails once waits, and sets it up the next time', async () => {
    const fails = '[ -e /var/lib/once ] || { touch /var/lib/once; echo "no, not now" >&2; exit 1; }'
    stage.mirror.behave(smallRepository('flaky', fails))
    await stage.boot(['packages=flaky'], smallSource)
    expect(await stage.says(/^waiting$/m)).toMatch(/a package could not be set up/)
    await stage.retry()
    await stage.ready()
    expect(await stage.log()).toContain('finishing an interrupted installation')
  })

  it('a package whose script always fails gives up in the end, and says so', async () => {
    stage.mirror.behave(smallRepository('broken', 'exit 1'))
    await stage.boot(
      ['packages=broken'],
      `${smallSource}\n  sed -i 's/^pause=5/pause=0/' usr/lib/piimg/first-boot`,
    )
    expect(await stage.says(/^failed$/m)).toMatch(/a package could not be set up/)
    await stage.node.ask('dpkg --purge --force-all broken; : >/etc/piimg/packages')
    await stage.retry()
    await stage.ready()
  })

  it('lists of tomorrow waits, as its clock is behind', async () => {
    let ahead = 24 * 3600 * 1000
    stage.mirror.behave(smallRepository('early', 'exit 0', () => new Date(Date.now() + ahead)))
    await stage.boot(['packages=early'], smallSource)
    expect(await stage.says(/^waiting$/m)).toMatch(/the clock is behind the package lists/)
    ahead = -1000
    await stage.retry()
    await stage.ready()
  })

  it('a cable that is out waits, and gets ready by itself once it is in', async () => {
    // Only a cable that is out keeps the node from its packages; on a busy computer it is pulled out late.
    let isOut = false
    stage.mirror.behave((_, __, forward) => {
      if (isOut) forward()
    })
    await stage.start(small)
    const unplugged = () => stage.inLab('ip', 'link', 'set', 'node3', 'down')
    await expect.poll(unplugged, { timeout: 600_000, interval: 20 }).toBe(true)
    await stage.node.waitUntilRunning()
    // The lab plugs the cable in when it has made the node, which can be after it was pulled out here.
    await expect.poll(unplugged, { timeout: 600_000 }).toBe(true)
    isOut = true
    const text = await stage.says(/nothing is plugged into eth0/)
    expect(text).toMatch(/^waiting$/m)
    if (isFull) await delay(120_000)
    await expect.poll(stage.log, { timeout: 600_000 }).toMatch(/ waiting: [^]* waiting: /)
    expect(await stage.status()).toMatch(/^waiting$/m)
    await stage.inLab('ip', 'link', 'set', 'node3', 'up')
    await stage.ready()
  })

  it('a mirror that is slow gets ready by itself', async () => {
    stage.mirror.behave((_, __, forward) => void setTimeout(forward, 2000))
    await stage.boot(small)
    await stage.ready()
    expect(await stage.log()).not.toMatch(/ (waiting|failed): /)
  })

  it('a card that fills up in the middle of unpacking stops, and goes on', async () => {
    const fill =
      "[ -e /fill ] || fallocate -l $(($(stat --file-system --format='%a * %S' /) - 1000000)) /fill"
    stage.mirror.behave((url, _, forward) => {
      if (isDeb(url)) void stage.node.ask(fill).then(forward)
      else forward()
    })
    await stage.boot(small, '', '700m')
    expect(await stage.says(/^failed$/m)).toMatch(/the card is full/)
    expect(await stage.log()).toMatch(/unpack|dpkg/)
    await stage.node.ask('rm /fill')
    await stage.retry()
    await stage.ready()
  })
})

describe(`a power cut in the first boot (PIIMG_SEED=${seed})`, () => {
  const stage = new Stage(bases[0])
  const cuts = isFull ? 25 : 5
  const packages = ['packages=tcpdump fabric']
  beforeAll(() => stage.open(plain))
  afterAll(() => stage.close())
  beforeEach((context) => stage.begin(context))
  let undisturbed = 0

  it('not at all', async () => {
    await stage.start(packages)
    const started = performance.now()
    await stage.ready()
    undisturbed = performance.now() - started
    await stage.node.stop()
  })

  const numbers = random(seed)
  const moments = Array.from({ length: cuts }, () => numbers.next().value)
  it.each(moments)('after %f of it, gets ready at the next boot', async (share) => {
    await stage.start(packages)
    await delay(share * undisturbed)
    // The layer goes on to the next boot: as when the plug is pulled.
    await stage.node.powerCycle()
    await stage.node.waitUntilRunning()
    await stage.ready()
    expect(await stage.node.ask('ls -A /var/lib/piimg /boot/firmware | grep new || :')).toBe('')
    expect(await stage.node.ask('cat /boot/firmware/piimg.txt')).toMatch(/^State: {3}ready$/m)
    expect(await stage.node.ask('fab --version')).toMatch(/Fabric/)
    await stage.node.stop()
  })
})
