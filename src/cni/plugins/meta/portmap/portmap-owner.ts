import type { Attachment } from "../../../conf/plugin-conf.ts";

/** The attachment that ports lead to. */
export interface PortmapOwner extends Attachment {
  readonly network: string;
}

/** A port that another container has. */
export interface PortConflict {
  readonly containerId: string;
  /** `tcp port 8080` */
  readonly port: string;
}
