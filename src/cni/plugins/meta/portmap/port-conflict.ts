/** A port that another container has. */
export interface PortConflict {
  readonly containerId: string;
  /** `tcp port 8080` */
  readonly port: string;
}
