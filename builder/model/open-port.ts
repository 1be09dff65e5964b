/** A port that others than the cluster can reach. */
export interface OpenPort {
  /** Such as `tcp/80`. */
  readonly port: string
  /** The variable of the overlay that opens it, such as `uplink_ports`. */
  readonly variable: string
  /** The overlays that ask for it; empty where only a value of the user does. */
  readonly overlays: readonly string[]
}
