const controlC = 3

/**
 * Runs `work` while every key of the terminal is passed to `input`; Ctrl-C still interrupts piimg. Without a terminal
 * nothing is read.
 */
export async function withKeys<T>(input: (keys: Buffer) => void, work: () => Promise<T>): Promise<T> {
  const { stdin } = process
  if (!stdin.isTTY) return await work()
  const onKeys = (keys: Buffer): void => {
    if (keys.includes(controlC)) process.kill(process.pid, 'SIGINT')
    else input(keys)
  }
  stdin.setRawMode(true)
  stdin.on('data', onKeys)
  try {
    return await work()
  } finally {
    stdin.off('data', onKeys)
    stdin.setRawMode(false)
    stdin.pause()
  }
}

/** A free TCP port of this computer. */
export async function freePort(): Promise<number> {
  // Loaded when it is needed; V8 forgets how to import() in what it has compiled before.
  const { createServer } = process.getBuiltinModule('node:net')
  return await new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
    })
  })
}
