import type { IncomingMessage } from "node:http";
import type { UserInfo } from "../../auth/request/mod.ts";
/** One request on its way. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly user: UserInfo;
  readonly signal: AbortSignal;
  readonly warnings: string[];
}
