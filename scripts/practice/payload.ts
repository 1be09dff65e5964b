import { file, type PracticeEntry, symlink } from './entries.js'
import { type ReleaseFacts, usr } from './releases.js'

/** Files that are there for their form: binaries, capabilities, setuid, hard links, many, large. */
export function payload(facts: ReleaseFacts): readonly PracticeEntry[] {
  const program = elfHeader(facts)
  const executable = { mode: 0o755 }
  const bin = usr(facts, 'bin')
  return [
    file(`${bin}/bash`, program, executable),
    file(`${bin}/dash`, program, executable),
    symlink(`${bin}/sh`, 'dash'),
    file('/usr/bin/dpkg', program, executable),
    file('/usr/bin/passwd', program, { mode: 0o4755 }),
    file('/usr/bin/sudo', program, { mode: 0o4755 }),
    file('/usr/bin/write', program, { mode: 0o2755, gid: 5 }),
    file(`${bin}/ping`, program, { ...executable, xattrs: { 'security.capability': netRaw } }),
    file('/usr/bin/perl', program, executable),
    { ...file('/usr/bin/perl5', program, executable), hardLinkTo: '/usr/bin/perl' },
    file('/usr/bin/nano', program, executable),
    symlink('/usr/bin/editor', '/etc/alternatives/editor'),
    symlink('/etc/alternatives/editor', '/usr/bin/nano'),
    ...Array.from({ length: 300 }, (_, index) => certificate(index)),
    symlink('/etc/ssl/certs/practice.pem', certificate(0).path),
    file('/usr/lib/locale/locale-archive', archive()),
  ]
}

/** The first 64 bytes of a program, which contain its machine type. */
function elfHeader({ architecture }: ReleaseFacts): Buffer {
  const wide = architecture === 'arm64'
  const header = Buffer.alloc(64)
  header.write('\x7fELF', 'latin1')
  header.set([wide ? 2 : 1, 1, 1], 4)
  header.writeUInt16LE(3, 16)
  header.writeUInt16LE(wide ? 183 : 40, 18)
  header.writeUInt32LE(1, 20)
  return header
}

/** CAP_NET_RAW, permitted and effective, as struct vfs_cap_data of revision 2. */
const netRaw = Buffer.from('0100000200200000000000000000000000000000', 'hex').toString('latin1')

/** Enough of these, with names this long, fill several directory blocks; a link to one does not fit an inode. */
function certificate(index: number): PracticeEntry {
  const name = `Practice_Certification_Authority_${String(index).padStart(3, '0')}`
  return file(`/usr/share/ca-certificates/mozilla/${name}.crt`, `certificate ${index}\n`)
}

/** 3 MB with a hole after every 64 KiB: more extents than an inode holds. */
function archive(): Buffer {
  const piece = 64 * 1024
  const content = Buffer.alloc(48 * piece)
  for (let start = 0; start < content.length; start += 2 * piece) {
    content.fill(`locale ${start} `, start, start + piece)
  }
  return content
}
