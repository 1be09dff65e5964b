import type { Computer, Result } from './lab.js'

/** From another computer into a node; says what ssh says, but not that it sees the node for the first time. */
export async function ssh(
  from: Computer,
  to: string,
  key: string | undefined,
  command: string,
  settings: readonly string[] = [],
): Promise<Result> {
  const usual = [
    'BatchMode=yes',
    'ConnectTimeout=10',
    'ServerAliveInterval=5',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
  ]
  const options = [...settings, ...usual].flatMap((option) => ['-o', option])
  const identity = key === undefined ? [] : ['-i', key]
  const result = await from.run('ssh', '-F', 'none', ...options, ...identity, to, command)
  return { ...result, stderr: result.stderr.replace(/^Warning: Permanently added .*\r?\n/m, '') }
}
