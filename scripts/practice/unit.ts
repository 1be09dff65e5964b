/** One systemd unit as a package ships it. */
export interface Unit {
  readonly name: string
  readonly description: string
  /** Further lines of `[Unit]`. */
  readonly unit?: readonly string[]
  /** The lines of `[Service]`, or of what else the name's suffix says. */
  readonly service?: readonly string[]
  readonly wantedBy?: string
  readonly alias?: string
  readonly enabled?: boolean
}
