/** A character device. */
export interface DeviceFile {
  readonly path: string
  readonly major: number
  readonly minor: number
  readonly mode: number
}

/** Every image has these, put there when its packages were unpacked. */
export const deviceFiles: readonly DeviceFile[] = [
  { path: '/dev/console', major: 5, minor: 1, mode: 0o600 },
  { path: '/dev/null', major: 1, minor: 3, mode: 0o666 },
  { path: '/dev/tty', major: 5, minor: 0, mode: 0o666 },
  { path: '/dev/zero', major: 1, minor: 5, mode: 0o666 },
]
