/** A format of keys that authorized_keys(5) does not take. */
export interface ForeignKey {
  readonly what: string
  readonly hint: string
}

interface Format {
  readonly begins: RegExp
  readonly what: string
  readonly hint: (file: string) => string
}

const formats: readonly Format[] = [
  {
    begins: /^PuTTY-User-Key-File-/m,
    what: "a private key in PuTTY's format",
    hint: (file) => `make its public half: puttygen ${file} -O public-openssh -o key.pub`,
  },
  {
    begins: /PRIVATE KEY/,
    what: 'a private key',
    hint: () => 'give the public half, the file that ends in .pub',
  },
  {
    begins: /^---- BEGIN SSH2 PUBLIC KEY/m,
    what: 'a public key in the format of RFC 4716',
    hint: (file) => `convert it: ssh-keygen -i -f ${file} > key.pub`,
  },
  {
    begins: /^-----BEGIN PUBLIC KEY/m,
    what: 'a public key in the format PKCS8',
    hint: (file) => `convert it: ssh-keygen -i -m PKCS8 -f ${file} > key.pub`,
  },
  {
    begins: /^-----BEGIN RSA PUBLIC KEY/m,
    what: 'a public key in the format PEM',
    hint: (file) => `convert it: ssh-keygen -i -m PEM -f ${file} > key.pub`,
  },
  {
    // Windows PowerShell writes it. Read as UTF-8, every second character is a zero byte.
    begins: /^(\uFEFF|\uFFFD\uFFFD)?[^\n]?\0/,
    what: 'a text in UTF-16',
    hint: (file) => `convert it: iconv -f UTF-16 -t UTF-8 ${file} > key.pub`,
  },
]

/**
 * Which other format a text is in, and the command that converts it; undefined if it is in none. Never repeats the text,
 * which may be a secret.
 * @param file the name of its file
 */
export function foreignKey(text: string, file = 'FILE'): ForeignKey | undefined {
  const found = formats.find(({ begins }) => begins.test(text))
  if (found === undefined) return undefined
  return { what: found.what, hint: found.hint(/^[\w./~+-]+$/.test(file) ? file : `'${file}'`) }
}
