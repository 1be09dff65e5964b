import { execFile } from 'node:child_process'

/** Where an ordinary user's PATH may not lead; the last two are Homebrew's. */
const furtherPaths = [
  '/usr/sbin',
  '/sbin',
  '/opt/homebrew/opt/e2fsprogs/sbin',
  '/usr/local/opt/e2fsprogs/sbin',
]

interface Output {
  readonly stdout: string
  readonly stderr: string
}

/** Runs a tool as it would run at `time` (seconds since 1970), whatever the clock, time zone and locale are. */
export async function runAt(
  time: number,
  command: string,
  args: readonly string[],
  allowedExitCodes: readonly number[] = [0],
): Promise<Output> {
  const env = {
    PATH: [process.env['PATH'] ?? '', ...furtherPaths].join(':'),
    HOME: '/nonexistent',
    LC_ALL: 'C',
    TZ: 'UTC',
    SOURCE_DATE_EPOCH: String(time),
    E2FSPROGS_FAKE_TIME: String(time),
    E2FSCK_TIME: String(time),
  }
  return new Promise((resolve, reject) => {
    execFile(command, args, { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null || allowedExitCodes.includes(Number(error.code))) resolve({ stdout, stderr })
      else reject(new Error(`${command} failed: ${stderr.trim() || error.message}`, { cause: error }))
    })
  })
}
