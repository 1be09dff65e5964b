#!/bin/bash
# tar-stream changes the bytes of a binary value in a PAX header.
#
# Expected: the value of a PAX record comes out as it is in the archive.
# Seen with tar-stream 3.2.2: records are strings, decoded as UTF-8. The bytes 61 ff 62 of an extended attribute come out as
# 61 ef bf bd 62, without an error. Each access control list of Linux has such bytes (the id ff ff ff ff).
# Source: pax in POSIX.1 (Extended Header): values are UTF-8 unless "hdrcharset=BINARY"; GNU tar and libarchive store
# attributes as raw bytes under SCHILY.xattr. all the same, as star did first.
. "$(dirname "$0")/lib/setup.sh"
registry tar-stream@3.2.2

cat > "$tmp/read.cjs" << 'END'
const tar = require('tar-stream')
const { version } = JSON.parse(require('node:fs').readFileSync(`${__dirname}/node_modules/tar-stream/package.json`))

// A ustar header: name, mode, owner, group, size, time, checksum, type, magic; pax(1), "ustar Interchange Format".
function header(name, size, type) {
  const block = Buffer.alloc(512)
  block.write(name, 0)
  block.write('0000644\0' + '0000000\0' + '0000000\0' + size.toString(8).padStart(11, '0') + '\0' + '00000000000\0', 100)
  block.write('        ' + type, 148)
  block.write('ustar\x0000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(sum.toString(8).padStart(6, '0') + '\0 ', 148)
  return block
}

const value = Buffer.from([0x61, 0xff, 0x62])
const record = Buffer.concat([Buffer.from('29 SCHILY.xattr.user.note='), value, Buffer.from('\n')])
if (record.length !== 30) throw new Error(`the record has ${record.length} bytes`)
record.write('30')
const content = Buffer.alloc(512)
record.copy(content)

const archive = Buffer.concat([header('pax', 30, 'x'), content, header('file', 0, '0'), Buffer.alloc(1024)])
const extract = tar.extract()
extract.on('entry', ({ name, pax }, stream, next) => {
  const read = Buffer.from(pax['SCHILY.xattr.user.note'])
  console.log(`tar-stream ${version}, ${name}: ${value.toString('hex')} is read as ${read.toString('hex')}`)
  process.exitCode = read.toString('hex') === '61efbfbd62' ? 0 : 3
  stream.resume()
  next()
})
extract.end(archive)
END
node "$tmp/read.cjs" || changed 'the value comes out otherwise'
